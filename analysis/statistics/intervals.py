"""95 % intervals: of paired differences on few seeds, and of means over recordings."""

import math
import statistics
from collections import defaultdict
from collections.abc import Hashable, Sequence
from typing import NamedTuple

import numpy as np
from scipy import stats

LEVEL = 0.95
RESAMPLES = 10_000
MIN_TO_RESAMPLE = 6


class Interval(NamedTuple):
    """A mean and its interval; NaN bounds where there is too little to have one."""

    mean: float
    low: float
    high: float


def paired_interval(differences: Sequence[float]) -> Interval:
    """Student's t interval of the mean difference; two pairs or more."""
    mean = statistics.fmean(differences)
    if len(differences) < 2 or math.isnan(mean):
        return Interval(mean, math.nan, math.nan)
    error = statistics.stdev(differences) / math.sqrt(len(differences))
    half = float(stats.t.ppf(0.5 + LEVEL / 2, len(differences) - 1)) * error
    return Interval(mean, mean - half, mean + half)


def recordings_interval(values: Sequence[float], recordings: Sequence[Hashable]) -> Interval:
    """Interval of the mean over clips, where recordings alone are a sample: what was cut from
    one recording stays together.

    From `MIN_TO_RESAMPLE` recordings on it is a bootstrap over them, its percentiles widened for
    Student's t and for the n - 1 of the variance (Hesterberg 2015, Sec. 3.2.4,
    doi 10.1080/00031305.2015.1089789). Of fewer no resampling has 95 %, since its means never
    leave the range of the values: there it is Student's t over the recordings' means.
    """
    groups: dict[Hashable, list[float]] = defaultdict(list)
    for value, recording in zip(values, recordings, strict=True):
        groups[recording].append(value)
    mean, num = statistics.fmean(values), len(groups)
    if num < MIN_TO_RESAMPLE:
        of_recordings = paired_interval([statistics.fmean(group) for group in groups.values()])
        shift = mean - of_recordings.mean
        return Interval(mean, of_recordings.low + shift, of_recordings.high + shift)
    sums = np.array([sum(group) for group in groups.values()])
    counts = np.array([len(group) for group in groups.values()])
    drawn = np.random.default_rng(0).integers(num, size=(RESAMPLES, num))
    means = sums[drawn].sum(axis=1) / counts[drawn].sum(axis=1)
    widened = math.sqrt(num / (num - 1)) * stats.t.ppf(0.5 - LEVEL / 2, num - 1)
    tail = float(stats.norm.cdf(widened))
    low, high = np.quantile(means, [tail, 1 - tail])
    return Interval(mean, float(low), float(high))


def paired_p_value(regrets: Sequence[float]) -> float:
    """Two-sided Wilcoxon signed-rank test that regret is symmetric about 0 over signals."""
    if len(regrets) < 2 or not any(regrets):
        return math.nan
    return float(np.asarray(stats.wilcoxon(regrets, zero_method="zsplit"))[1])
