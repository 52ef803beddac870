"""List the sounds that are computed and have no file. A new one is a function and a line here."""

from collections.abc import Callable
from functools import partial

import numpy as np
from numpy.typing import NDArray

from studies.engine.signals.broadband import CUTOFFS, broadband
from studies.engine.signals.tones import TONES, tones

GENERATED: dict[str, Callable[[int], NDArray[np.float64]]] = {
    **{name: partial(broadband, name) for name in CUTOFFS},
    **{name: partial(tones, name) for name in TONES},
}
"""The name that users give -> a function that returns so many samples [n]."""
