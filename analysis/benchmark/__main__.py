"""Run `python -m analysis.benchmark`."""

from analysis.benchmark.export import main

raise SystemExit(main())
