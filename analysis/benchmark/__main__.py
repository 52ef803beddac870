"""Run `python -m analysis.benchmark`."""

from analysis.benchmark.export import main

if __name__ == "__main__":
    raise SystemExit(main())
