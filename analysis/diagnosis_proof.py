"""Run `python -m analysis.diagnosis_proof`."""

from analysis.theory.diagnosis_proof import main

if __name__ == "__main__":
    raise SystemExit(main())
