"""Estimate what a run costs besides its fits: imports, the start of Ray and its workers, reports.

Nothing of it is known before it happens, and machines differ. So the first part, which a plan does
itself, is timed, and the rest is taken to last a multiple of it.
"""

import time

STARTED = time.monotonic()
"""When this module was imported, a moment after the process began."""

REST_PER_START = 1.7
"""What follows an estimate (Tune's workers, MLflow, the report), without the fits, as a multiple of
the time in which Ray is imported and started. Three runs of a few tiny fits on two busy cores gave
1.3, 1.7 and 2.0."""

LONGEST_START = 60.0
"""The start of Ray takes longer than these seconds only where machines have to be started first,
and what follows then does not take longer in proportion."""


def start_up_seconds(ray_seconds: float) -> float:
    """Return the expected seconds of a whole command without its fits.

    Args:
        ray_seconds: The seconds in which Ray was imported and started.
    """
    so_far = time.monotonic() - STARTED
    return so_far + REST_PER_START * min(ray_seconds, LONGEST_START)
