"""Estimate what a run costs besides its fits: imports, the start of Ray and its workers, reports.

Nothing of it is known before it happens, and machines differ. So the first part, which a plan does
itself, is timed, and the rest is taken to last a multiple of its longest step.
"""

import time

STARTED = time.monotonic()
"""When this module was imported, a moment after the process began."""

REST_PER_IMPORT = 6.5
"""What follows an estimate (Ray and its workers, MLflow, the report), without the fits, as a
multiple of the time in which torch and Ray are imported. Three runs of 29 tiny fits on a busy
machine gave 5.6, 5.9 and 6.3, and one that others could not disturb 7.1."""


def start_up_seconds(import_seconds: float) -> float:
    """Return the expected seconds of a whole command without its fits.

    Args:
        import_seconds: The seconds in which torch and Ray were imported.
    """
    return time.monotonic() - STARTED + REST_PER_IMPORT * import_seconds
