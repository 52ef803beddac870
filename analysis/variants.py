"""Run `python -m analysis.variants`."""

from analysis.experiments.variants import main

if __name__ == "__main__":
    raise SystemExit(main())
