"""Numbers as the page of findings writes them."""

import math
from collections.abc import Mapping, Sequence

import numpy as np

from analysis.regret.stored import RuleRegret
from analysis.statistics.intervals import UNKNOWN, Interval, mark, mean_interval
from analysis.statistics.ratios import ratio_interval

BySeed = Mapping[int, float]


def mean_of(regret: RuleRegret, inside: np.ndarray | None = None) -> Interval:
    """Return the mean regret, of all signals or of those inside a mask [s]."""
    num = len(regret.by_seed)
    kept = list(range(num)) if inside is None else np.flatnonzero(inside).tolist()
    if not kept:
        return UNKNOWN
    return mean_interval([regret.by_seed[i] for i in kept], [regret.recordings[i] for i in kept])


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


def db(interval: Interval) -> str:
    """Format an interval in dB, without bounds if these are unknown."""
    if math.isnan(interval.mean):
        return "-"
    if math.isnan(interval.low):
        return f"{interval.mean:.2f} dB"
    return f"{interval.mean:.2f} dB [{interval.low:.2f}, {interval.high:.2f}]{mark(interval)}"


def bounded(interval: Interval) -> str:
    """Format an interval of a ratio, without bounds if these are unknown."""
    if math.isnan(interval.low):
        return f"{interval.mean:.2f}"
    return f"{interval.mean:.2f} [{interval.low:.2f}, {interval.high:.2f}]{mark(interval)}"


def table(header: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """Return a Markdown table with all columns but the first aligned to the right."""
    # DataFrame.to_markdown would need tabulate.
    lines = [header, ["---", *["---:"] * (len(header) - 1)], *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)
