"""Compare two rules on the signals and seeds that both were scored on."""

from collections.abc import Mapping

from analysis.regret.stored import RuleRegret
from analysis.statistics.intervals import UNKNOWN, Interval, mean_interval
from analysis.statistics.ratios import ratio_interval

BySeed = Mapping[int, float]


def saving(one: RuleRegret, other: RuleRegret) -> Interval:
    """Return how many dB of regret one rule saves against another on the same signals."""
    saved, recordings = [], []
    for of_one, of_other, recording in _pairs(one, other):
        # Both were scored on the same seeds, unless one of them was scored in an earlier run.
        common = sorted(of_one.keys() & of_other.keys())
        if common:
            saved.append({seed: of_other[seed] - of_one[seed] for seed in common})
            recordings.append(recording)
    return mean_interval(saved, recordings) if saved else UNKNOWN


def share(one: RuleRegret, other: RuleRegret) -> Interval:
    """Return the mean regret of one rule over another's on the same signals."""
    pairs = _pairs(one, other)
    if not pairs:
        return UNKNOWN
    return ratio_interval(*zip(*pairs, strict=True))


def _pairs(one: RuleRegret, other: RuleRegret) -> list[tuple[BySeed, BySeed, str]]:
    """Return the regrets of two rules and the recording, for each signal that both have."""
    of_other = dict(zip(other.signals, other.by_seed, strict=True))
    pairs = []
    for signal, by_seed, recording in zip(one.signals, one.by_seed, one.recordings, strict=True):
        if signal in of_other:
            pairs.append((by_seed, of_other[signal], recording))
    return pairs
