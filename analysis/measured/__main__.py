"""Run `python -m analysis.measured`."""

from analysis.measured.command import main

if __name__ == "__main__":
    raise SystemExit(main())
