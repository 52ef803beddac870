"""Run `python -m analysis.diagnose`."""

from analysis.theory.diagnosis_report import main

if __name__ == "__main__":
    raise SystemExit(main())
