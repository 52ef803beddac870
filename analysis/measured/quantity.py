"""Define what a measurement is: cases with a number each, for one seed and perhaps one signal."""

from collections.abc import Callable, Mapping
from typing import NamedTuple

from studies.engine.signals.signal import Signal

Numbers = Mapping[str, float]
"""A number for each case."""


class Quantity(NamedTuple):
    """Names a measurement, and says how it is made.

    Attributes:
        name: The name in the column `quantity`.
        scale: The sizes, in a few words that a reader of the ledger understands.
        measure: Returns the numbers of one signal and seed. A quantity of untrained networks
            ignores the signal.
        signals: The names of the signals that it needs, () if it needs none.
        max_samples: The length of a signal's crop.
        num_seeds: How many seeds are drawn.
    """

    name: str
    scale: str
    measure: Callable[[Signal | None, int], Numbers]
    signals: tuple[str, ...] = ()
    max_samples: int = 0
    num_seeds: int = 5
