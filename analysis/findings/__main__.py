"""Run `python -m analysis.findings`."""

from analysis.findings.page import main

raise SystemExit(main())
