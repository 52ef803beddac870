"""Compute the interval of a ratio of two means over the same signals."""

from collections.abc import Callable, Hashable, Mapping, Sequence
from typing import Any

from analysis.statistics.intervals import UNKNOWN, Interval, mean_interval


def ratio_interval(
    tops: Sequence[Mapping[int, float]],
    bottoms: Sequence[Mapping[int, float]],
    recordings: Sequence[Hashable],
) -> Interval:
    """Return the interval of the ratio of two means over the same signals.

    It holds the ratios r for which the interval of the mean of top - r * bottom holds 0, as
    Fieller's does (1954, doi 10.1111/j.2517-6161.1954.tb00159.x).

    Args:
        tops: The values of each signal by seed.
        bottoms: Those that they are divided by, with some of the same seeds for each signal.
        recordings: The recording of each signal.

    Returns:
        The interval. It is unknown if that of the mean of `bottoms` holds 0 or is negative.

    Example:
        >>> tops, bottoms = [{i: 1 + i % 2} for i in range(9)], [{i: 2 + i % 2} for i in range(9)]
        >>> round(ratio_interval(tops, bottoms, range(9)).mean, 3)
        0.591
    """
    pairs = list(zip(tops, bottoms, strict=True))
    if not all(top.keys() & bottom.keys() for top, bottom in pairs):
        return UNKNOWN

    def left(ratio: float) -> Interval:
        by_seed = [{s: t[s] - ratio * b[s] for s in sorted(t.keys() & b.keys())} for t, b in pairs]
        return mean_interval(by_seed, recordings)

    top = mean_interval([{s: t[s] for s in t.keys() & b.keys()} for t, b in pairs], recordings)
    bottom = mean_interval([{s: b[s] for s in t.keys() & b.keys()} for t, b in pairs], recordings)
    if not bottom.low > 0:
        return UNKNOWN
    mean = top.mean / bottom.mean
    far = (abs(top.high - top.low) + abs(top.mean)) / bottom.low + abs(mean)
    # toms748 returns a float, where brentq may return more.
    low = _root(lambda ratio: left(ratio).low, mean, mean - far)
    high = _root(lambda ratio: left(ratio).high, mean, mean + far)
    return Interval(mean, low, high, bottom.num_seeds, bottom.degrees)


def _root(function: Callable[[float], float], inner: float, outer: float) -> float:
    """Return the root between two ratios, or `inner` if rounding has moved it past that."""
    from scipy.optimize import toms748  # only searches need it, and it takes a second

    if function(inner) * function(outer) >= 0:
        return inner
    root: Any = toms748(function, min(inner, outer), max(inner, outer))
    return float(root)
