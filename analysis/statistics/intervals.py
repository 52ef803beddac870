"""Compute 95 % intervals and tests: over a few seeds, and over recordings and seeds together.

`scipy.special` has what `scipy.stats` computes them with, and is imported in a third of the time.
"""

import math
import statistics
from collections import defaultdict
from collections.abc import Hashable, Mapping, Sequence
from typing import NamedTuple

import numpy as np
from scipy.special import ndtr, ndtri, stdtr, stdtrit

from analysis.statistics.seed_effect import seeds_error, two_way

LEVEL = 0.95

SURE = 0.05
"""The p-value below which a result is called sure."""

RESAMPLES = 10_000
MIN_TO_RESAMPLE = 6

ENOUGH_SEEDS = 5
"""An interval over fewer shared seeds shows a direction only: it is wide, or nothing is known of
the seeds' effect."""


class Interval(NamedTuple):
    """Hold a mean and its interval. The bounds are NaN where there are too few values for them.

    Args:
        mean: The mean.
        low: Lower bound.
        high: Upper bound.
        num_seeds: Number of shared seeds that the seeds' effect was estimated from, 1 if none could
            be. 0 if every signal has seeds of its own, which average out.
        degrees: Degrees of freedom of the variances behind the interval, the fewest of them.
    """

    mean: float
    low: float
    high: float
    num_seeds: int = 0
    degrees: float = math.inf

    @property
    def is_direction_only(self) -> bool:
        """Whether the values share so few seeds that the interval only shows a direction."""
        return 0 < self.num_seeds < ENOUGH_SEEDS

    @property
    def sign(self) -> int:
        """1 if the interval lies above 0, -1 if it lies below, and 0 if it holds 0 or is unknown.

        A claim about a direction needs a sign that is not 0.
        """
        if self.low > 0:
            return 1
        return -1 if self.high < 0 else 0

    def shifted(self, by: float) -> "Interval":
        """Return the interval of the values plus a number."""
        return self._replace(mean=self.mean + by, low=self.low + by, high=self.high + by)

    def exp(self) -> "Interval":
        """Return the interval of a geometric mean from that of the mean of the logarithms."""
        mean, low, high = map(math.exp, self[:3])
        return self._replace(mean=mean, low=low, high=high)

    def __neg__(self) -> "Interval":
        return self._replace(mean=-self.mean, low=-self.high, high=-self.low)


MARK = "‡"
DIRECTION_ONLY = f"{MARK} a direction only: all signals share fewer than {ENOUGH_SEEDS} seeds."


def mark(interval: Interval) -> str:
    """Return the mark of an interval that shows a direction only, otherwise nothing.

    Example:
        >>> mark(Interval(1.0, 0.0, 2.0, num_seeds=2))
        '‡'
    """
    return MARK if interval.is_direction_only else ""


UNKNOWN = Interval(math.nan, math.nan, math.nan)
"""The interval of no values."""


def paired_interval(differences: Sequence[float]) -> Interval:
    """Return Student's t interval of the mean difference of one signal over its seeds.

    It needs two pairs or more.

    Example:
        >>> paired_interval([1.0, 2.0, 3.0])[:3]
        (2.0, -0.48..., 4.48...)
    """
    mean = statistics.fmean(differences)
    half = _t_half(differences)
    return Interval(mean, mean - half, mean + half, degrees=len(differences) - 1)


def mean_interval(
    values: Sequence[Mapping[int, float]], recordings: Sequence[Hashable]
) -> Interval:
    """Return the interval of the mean over signals, where recordings and seeds are random samples.

    A seed draws the same numbers for all signals, so its effect does not average out over them. The
    half-widths of an interval over recordings and of one over shared seeds are joined as the root
    of the sum of their squares (Howe 1974, doi 10.1080/01621459.1974.10482977). The seeds' part is
    a random effect of a two-way table of recordings and seeds, with Student's t. If every signal
    has seeds of its own, there is no such part.

    Signals that were cut from one recording stay together. With `MIN_TO_RESAMPLE` recordings or
    more, the recordings' part is a bootstrap. Its percentiles are widened for Student's t and for
    the n - 1 of the variance (Hesterberg 2015, Sec. 3.2.4, doi 10.1080/00031305.2015.1089789).
    With fewer recordings no resampling covers 95 %, because its means never leave the range of
    the values, so it is Student's t interval over the recordings' means.

    Args:
        values: The values of each signal by seed. A signal counts by its mean.
        recordings: The recording of each signal.

    Returns:
        The interval. If no two recordings have the same two seeds, nothing is known of the seeds'
        effect, and the interval is that over recordings: `is_direction_only` says so.

    Example:
        >>> rng = np.random.default_rng(0)
        >>> values = [{seed: rng.normal(2) for seed in range(5)} for _ in range(40)]
        >>> mean_interval(values, range(40)).num_seeds
        5
    """
    means = [statistics.fmean(by_seed.values()) for by_seed in values]
    over_recordings = _over_recordings(means, recordings)
    recordings_of = defaultdict(set)
    for by_seed, recording in zip(values, recordings, strict=True):
        for seed in by_seed:
            recordings_of[seed].add(recording)
    shared = {seed for seed, having in recordings_of.items() if len(having) > 1}
    if not shared:
        return over_recordings
    table = two_way(values, recordings)
    if table is None:
        return over_recordings._replace(num_seeds=1)
    num_seeds, degrees = table.shape[1], over_recordings.degrees
    half = _t(num_seeds - 1) * seeds_error(values, table)
    mean, low, high = over_recordings[:3]
    low, high = mean - math.hypot(mean - low, half), mean + math.hypot(high - mean, half)
    if half > 0:
        degrees = min(degrees, num_seeds - 1)
    return Interval(mean, low, high, num_seeds, degrees)


def mapped_interval(values: Sequence[float], recordings: Sequence[Hashable]) -> Interval:
    """Return the interval of the mean over signals whose maps are all of one seed.

    It shows a direction only, since nothing is known of the seed's effect.

    Args:
        values: The value of each signal.
        recordings: The recording of each signal.

    Example:
        >>> mapped_interval([1.0, 2.0, 3.0], ["a", "b", "c"]).is_direction_only
        True
    """
    return mean_interval([{0: value} for value in values], recordings)


def p_value(interval: Interval) -> float:
    """Return the two-sided p-value of a mean of 0, from an interval and its degrees of freedom.

    It is below 1 - LEVEL exactly if the interval does not hold 0.

    Example:
        >>> round(p_value(Interval(1.0, 0.0, 2.0)), 3)
        0.05
    """
    half = interval.mean - interval.low if interval.mean > 0 else interval.high - interval.mean
    if half == 0 and interval.mean:
        return 0.0
    if not half > 0:
        return math.nan
    errors = abs(interval.mean) / half
    # scipy's t has no infinite degrees of freedom.
    if math.isfinite(interval.degrees):
        beyond = stdtr(interval.degrees, -errors * _t(interval.degrees))
    else:
        beyond = ndtr(-errors * ndtri(0.5 + LEVEL / 2))
    return float(2 * beyond)


def holm(p_values: Sequence[float]) -> list[float]:
    """Return p-values that pay for their number, as Holm's do (1979, jstor.org/stable/4615733).

    The chance that any of them falls below a level by chance alone is at most that level. A NaN
    stays, and does not count.

    Example:
        >>> holm([0.01, 0.04, 0.03])
        [0.03, 0.06, 0.06]
    """
    # statsmodels has this, but is no dependency. scipy has only corrections for the share of false
    # discoveries.
    adjusted = list(p_values)
    known = sorted((p, place) for place, p in enumerate(p_values) if not math.isnan(p))
    largest = 0.0
    for rank, (p, place) in enumerate(known):
        largest = max(largest, min(1.0, (len(known) - rank) * p))
        adjusted[place] = largest
    return adjusted


def _over_recordings(means: Sequence[float], recordings: Sequence[Hashable]) -> Interval:
    """Return the interval of the mean of `means`, where only recordings are a random sample."""
    groups: dict[Hashable, list[float]] = defaultdict(list)
    for value, recording in zip(means, recordings, strict=True):
        groups[recording].append(value)
    mean, num = statistics.fmean(means), len(groups)
    if num < MIN_TO_RESAMPLE:
        half = _t_half([statistics.fmean(group) for group in groups.values()])
        return Interval(mean, mean - half, mean + half, degrees=num - 1)
    sums = np.array([sum(group) for group in groups.values()])
    counts = np.array([len(group) for group in groups.values()])
    drawn = np.random.default_rng(0).integers(num, size=(RESAMPLES, num))
    resampled = sums[drawn].sum(axis=1) / counts[drawn].sum(axis=1)
    widened = math.sqrt(num / (num - 1)) * stdtrit(num - 1, 0.5 - LEVEL / 2)
    tail = float(ndtr(widened))
    low, high = np.quantile(resampled, [tail, 1 - tail])
    return Interval(mean, float(low), float(high), degrees=num - 1)


def _t_half(values: Sequence[float]) -> float:
    """Return half of Student's t interval of a mean, NaN for fewer than two values."""
    if len(values) < 2:
        return math.nan
    # scipy's ttest_1samp has the same interval, but warns of lost precision where all values are
    # equal, which planted data and dead fits have.
    error = statistics.stdev(values) / math.sqrt(len(values))
    return _t(len(values) - 1) * error


def _t(degrees: float) -> float:
    """Return Student's t that the bounds of an interval lie away, in standard errors."""
    return float(stdtrit(degrees, 0.5 + LEVEL / 2))
