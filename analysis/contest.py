"""Run `python -m analysis.contest`."""

from analysis.predictors.report import main

if __name__ == "__main__":
    raise SystemExit(main())
