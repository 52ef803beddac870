"""Run `python -m analysis.activations`."""

from analysis.theory.activation_report import main

if __name__ == "__main__":
    raise SystemExit(main())
