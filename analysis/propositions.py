"""Run `python -m analysis.propositions`."""

from analysis.theory.propositions_report import main

if __name__ == "__main__":
    raise SystemExit(main())
