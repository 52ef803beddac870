"""Run `python -m analysis.variants_report`."""

from analysis.experiments.variants_report import main

if __name__ == "__main__":
    raise SystemExit(main())
