"""Declare the values at which a study tries a field of a network.

A network lists these in `NetworkConfig.space`. `search_spaces.networks.space_of` combines them.
"""

from typing import Literal, NamedTuple

import numpy as np


class Varied(NamedTuple):
    """The values at which a study tries one field.

    Args:
        values: the values, in increasing order.
        by: how a value changes the published one. "value" replaces it, "factor" multiplies it, and
            "step" is added to it (the sum is at least 1).
    """

    values: tuple[float, ...]
    by: Literal["value", "factor", "step"] = "value"


def log_spaced(low: float, high: float, num: int) -> tuple[float, ...]:
    """Return `num` values from `low` to `high`, both included, at equal ratios.

    >>> log_spaced(0.1, 10, 3)
    (0.1, 1.0, 10.0)
    """
    return tuple(np.geomspace(low, high, num).tolist())
