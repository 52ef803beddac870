"""Numbers as the page of findings writes them."""

import math
from collections.abc import Sequence

import numpy as np

from analysis.regret.stored import RuleRegret
from analysis.statistics.intervals import UNKNOWN, Interval, mark, mean_interval


def mean_of(regret: RuleRegret, inside: np.ndarray | None = None) -> Interval:
    """Return the mean regret, of all signals or of those inside a mask [s].

    Args:
        regret: A rule's regret on each signal.
        inside: Which signals count [s], None for all.
    """
    num = len(regret.by_seed)
    kept = list(range(num)) if inside is None else np.flatnonzero(inside).tolist()
    if not kept:
        return UNKNOWN
    return mean_interval([regret.by_seed[i] for i in kept], [regret.recordings[i] for i in kept])


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


def p_text(p: float) -> str:
    """Format a p-value, NaN as a dash.

    Example:
        >>> p_text(0.0001), p_text(0.02)
        ('< 0.001', '0.020')
    """
    if math.isnan(p):
        return "-"
    return "< 0.001" if p < 0.001 else f"{p:.3f}"


def table(header: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """Return a Markdown table with all columns but the first aligned to the right.

    Args:
        header: The heads of the columns.
        rows: The cells of each row.

    Example:
        >>> print(table(["rule", "dB"], [["spectrum", "1.0"]]))
        | rule | dB |
        | --- | ---: |
        | spectrum | 1.0 |
    """
    # DataFrame.to_markdown would need tabulate.
    lines = [header, ["---", *["---:"] * (len(header) - 1)], *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)
