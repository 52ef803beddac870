"""Run `python -m analysis.noise_scales`."""

from analysis.rules.noise_scales import main

if __name__ == "__main__":
    raise SystemExit(main())
