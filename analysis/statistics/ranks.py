"""Compare the order of two sequences of values."""

import numpy as np
from numpy.typing import ArrayLike


def rank_correlation(one: ArrayLike, other: ArrayLike) -> float:
    """Return Spearman's rank correlation. NaN if all values of one sequence are equal.

    Example:
        >>> round(rank_correlation([1.0, 2.0, 3.0], [10.0, 30.0, 50.0]), 9)
        1.0
    """
    from scipy.stats import spearmanr  # importing it takes a second

    if np.ptp(one) == 0 or np.ptp(other) == 0:
        return float("nan")
    return float(np.asarray(spearmanr(one, other))[0])
