"""Run `python -m analysis.sufficiency`."""

from analysis.rules.sufficiency import main

if __name__ == "__main__":
    raise SystemExit(main())
