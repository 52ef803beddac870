"""Run `python -m studies.engine.doctor`."""

import os
import sys

from studies.engine.doctor.command import main

exit_code = main()
sys.stdout.flush()
# Otherwise a thread that still waits for a server would keep the process alive.
os._exit(exit_code)
