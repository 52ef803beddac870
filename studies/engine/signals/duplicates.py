"""Find signals that are copies of each other, apart from rounding and gain."""

from collections.abc import Sequence
from itertools import combinations

import numpy as np
from numpy.typing import NDArray

from studies.engine.signals.signal import Signal

ALIKE = 0.999
"""Signals whose samples correlate more, in either sign, are copies of one recording."""

PSI_APART = 0.05
"""Copies hardly differ in psi, so pairs that do are not compared."""


def near_duplicates(signals: Sequence[Signal]) -> list[str]:
    """Return a sentence for each pair of signals that are copies of each other.

    A validation that leaves out one of them would still know the other.

    Args:
        signals: with their values.
    """
    unit = {}
    for signal in signals:
        if signal.values is not None:
            values = signal.values.astype(np.float64).ravel()
            # A gap counts as the mean.
            unit[signal.sha256] = _normalized(np.nan_to_num(values - np.nanmean(values)))
    sentences = []
    for one, other in combinations(signals, 2):
        if one.shape != other.shape or one.channels != other.channels:
            continue
        if abs(one.descriptors["psi"] - other.descriptors["psi"]) > PSI_APART:
            continue
        alike = abs(float(unit[one.sha256] @ unit[other.sha256]))
        if alike > ALIKE:
            sentences.append(
                f"{one.name} and {other.name}: copies of one recording (correlation {alike:.5f}). "
                "They count as two, unless _recordings.csv in the results names one for both."
            )
    return sentences


def _normalized(values: NDArray[np.float64]) -> NDArray[np.float64]:
    length = np.linalg.norm(values)
    return values / length if length else values
