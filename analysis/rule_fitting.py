"""Run `python -m analysis.rule_fitting`."""

from analysis.rules.fitting import main

if __name__ == "__main__":
    raise SystemExit(main())
