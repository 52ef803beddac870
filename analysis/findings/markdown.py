"""Numbers and tables as the page of findings writes them."""

import math
from collections.abc import Sequence

import numpy as np

from analysis.regret.stored import RuleRegret
from analysis.statistics.intervals import Interval, recordings_interval


def mean_of(each: RuleRegret, inside: np.ndarray | None = None) -> Interval:
    """Mean regret, over recordings; of the signals [s] inside."""
    kept = np.arange(len(each.regret)) if inside is None else np.flatnonzero(inside)
    if not len(kept):
        return Interval(math.nan, math.nan, math.nan)
    return recordings_interval(each.regret[kept].tolist(), [each.recordings[i] for i in kept])


def db(interval: Interval) -> str:
    """In dB, with its interval where there is one."""
    if math.isnan(interval.mean):
        return "-"
    if math.isnan(interval.low):
        return f"{interval.mean:.2f} dB"
    return f"{interval.mean:.2f} dB [{interval.low:.2f}, {interval.high:.2f}]"


def table(header: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """In Markdown, numbers to the right."""
    lines = [header, ["---", *["---:"] * (len(header) - 1)], *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)
