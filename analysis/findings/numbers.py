"""Numbers as the page of findings writes them."""

import math
from collections.abc import Sequence

import numpy as np

from analysis.regret.stored import RuleRegret
from analysis.statistics.intervals import UNKNOWN, Interval, recordings_interval


def mean_of(regret: RuleRegret, inside: np.ndarray | None = None) -> Interval:
    """Return the mean regret over recordings, of all signals or of those inside a mask [s]."""
    kept = np.arange(len(regret.regret)) if inside is None else np.flatnonzero(inside)
    if not len(kept):
        return UNKNOWN
    return recordings_interval(regret.regret[kept].tolist(), [regret.recordings[i] for i in kept])


def saving(one: RuleRegret, other: RuleRegret) -> Interval:
    """Return how many dB of regret one rule saves against another on the same signals."""
    return recordings_interval((other.regret - one.regret).tolist(), one.recordings)


def db(interval: Interval) -> str:
    """Format an interval in dB, without bounds if these are unknown."""
    if math.isnan(interval.mean):
        return "-"
    if math.isnan(interval.low):
        return f"{interval.mean:.2f} dB"
    return f"{interval.mean:.2f} dB [{interval.low:.2f}, {interval.high:.2f}]"


def bounded(interval: Interval) -> str:
    """Format an interval of a ratio, without bounds if these are unknown."""
    if math.isnan(interval.low):
        return f"{interval.mean:.2f}"
    return f"{interval.mean:.2f} [{interval.low:.2f}, {interval.high:.2f}]"


def table(header: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """Return a Markdown table with all columns but the first aligned to the right."""
    # DataFrame.to_markdown would need tabulate.
    lines = [header, ["---", *["---:"] * (len(header) - 1)], *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)
