"""Run `python -m analysis.transfer_report`."""

from analysis.experiments.transfer_report import main

if __name__ == "__main__":
    raise SystemExit(main())
