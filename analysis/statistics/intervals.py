"""95 % intervals: of paired differences on few seeds, and of means over recordings."""

import math
import statistics
from collections import defaultdict
from collections.abc import Hashable, Sequence
from typing import NamedTuple

import numpy as np
from scipy import stats

LEVEL = 0.95

SURE = 0.05
"""The p-value below which a result is called sure."""

RESAMPLES = 10_000
MIN_TO_RESAMPLE = 6


class Interval(NamedTuple):
    """A mean and its interval. The bounds are NaN where there are too few values for them."""

    mean: float
    low: float
    high: float

    @property
    def sign(self) -> int:
        """1 if the interval lies above 0, -1 if it lies below, and 0 if it holds 0 or is unknown.

        A claim about a direction needs a sign that is not 0.
        """
        if self.low > 0:
            return 1
        return -1 if self.high < 0 else 0

    def __neg__(self) -> "Interval":
        return Interval(-self.mean, -self.high, -self.low)


UNKNOWN = Interval(math.nan, math.nan, math.nan)
"""The interval of no values."""


def paired_interval(differences: Sequence[float]) -> Interval:
    """Return Student's t interval of the mean difference; it needs two pairs or more.

    Example:
        >>> paired_interval([1.0, 2.0, 3.0])
        Interval(mean=2.0, low=-0.48..., high=4.48...)
    """
    mean = statistics.fmean(differences)
    if len(differences) < 2 or math.isnan(mean):
        return Interval(mean, math.nan, math.nan)
    # scipy's ttest_1samp has the same interval, but warns of lost precision where all differences
    # are equal, which planted data and dead fits have.
    error = statistics.stdev(differences) / math.sqrt(len(differences))
    half = float(stats.t.ppf(0.5 + LEVEL / 2, len(differences) - 1)) * error
    return Interval(mean, mean - half, mean + half)


def recordings_interval(values: Sequence[float], recordings: Sequence[Hashable]) -> Interval:
    """Return the interval of the mean over clips, where only recordings are a random sample.

    Clips that were cut from one recording stay together. With `MIN_TO_RESAMPLE` recordings or
    more this is a bootstrap over recordings. Its percentiles are widened for Student's t and for
    the n - 1 of the variance (Hesterberg 2015, Sec. 3.2.4, doi 10.1080/00031305.2015.1089789).
    With fewer recordings no resampling covers 95 %, because its means never leave the range of
    the values, so this is Student's t interval over the recordings' means.

    Args:
        values: one for each clip.
        recordings: the recording of each clip.
    """
    groups: dict[Hashable, list[float]] = defaultdict(list)
    for value, recording in zip(values, recordings, strict=True):
        groups[recording].append(value)
    mean, num = statistics.fmean(values), len(groups)
    if num < MIN_TO_RESAMPLE:
        over_means = paired_interval([statistics.fmean(group) for group in groups.values()])
        shift = mean - over_means.mean
        return Interval(mean, over_means.low + shift, over_means.high + shift)
    sums = np.array([sum(group) for group in groups.values()])
    counts = np.array([len(group) for group in groups.values()])
    drawn = np.random.default_rng(0).integers(num, size=(RESAMPLES, num))
    means = sums[drawn].sum(axis=1) / counts[drawn].sum(axis=1)
    widened = math.sqrt(num / (num - 1)) * stats.t.ppf(0.5 - LEVEL / 2, num - 1)
    tail = float(stats.norm.cdf(widened))
    low, high = np.quantile(means, [tail, 1 - tail])
    return Interval(mean, float(low), float(high))


def paired_p_value(regrets: Sequence[float]) -> float:
    """Return the p-value of a two-sided Wilcoxon signed-rank test over signals.

    The hypothesis is that regret is symmetric about 0. NaN for fewer than two signals, and where
    all regrets are 0.
    """
    if len(regrets) < 2 or not any(regrets):
        return math.nan
    return float(np.asarray(stats.wilcoxon(regrets, zero_method="zsplit"))[1])
