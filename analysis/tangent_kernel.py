"""Run `python -m analysis.tangent_kernel`."""

from analysis.theory.kernel_report import main

if __name__ == "__main__":
    raise SystemExit(main())
