"""Run `python -m analysis.dynamics`."""

from analysis.theory.dynamics_report import main

if __name__ == "__main__":
    raise SystemExit(main())
