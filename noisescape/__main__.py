"""Run the command `noisescape` as `python -m noisescape`."""

from noisescape.console import main

main()
