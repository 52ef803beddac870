"""Run `python -m analysis.contest`."""

from analysis.theory.contest_report import main

if __name__ == "__main__":
    raise SystemExit(main())
