"""Draw the figures of a grid beside its maps, from what `summary` computed."""

import math
from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd
from matplotlib.figure import Figure

from analysis.grid.summary import Summary
from analysis.reporting.drawing import Drawing, Hint, drawing_of
from analysis.reporting.style import (
    BAND,
    BEST,
    INK,
    MUTED,
    RULE,
    SIREN,
    label,
    name_rows,
    one_panel,
    styled,
)


@styled
def curves(lines: Mapping[str, tuple[Sequence[int], Sequence[float]]], zero: float) -> Drawing:
    """Draw PSNR over epochs, a line for each name.

    Args:
        lines: The epochs, and PSNR in dB after each, by name.
        zero: The PSNR in dB of an all-zero output.
    """
    colors = {"SIREN": SIREN, "Eqn. 11": RULE, "best cell": BEST}
    figure, axes = one_panel(5.4, 3.38)
    axes.axhline(zero, color=MUTED, lw=1, ls=(0, (2, 2)))
    axes.annotate(
        "zero output", (0.015, zero), xycoords=("axes fraction", "data"),
        xytext=(0, -2), textcoords="offset points", va="top", color=MUTED, fontsize=8,
    )  # fmt: skip
    axes.margins(y=0.1)  # curves begin at zero output, and its label lies below them
    ends = []
    for name, (epochs, psnr) in lines.items():
        axes.plot(np.maximum(epochs, 0.8), psnr, color=colors.get(name, MUTED), lw=2)
        ends.append((psnr[-1], epochs[-1], name))
    axes.set_xscale("log")
    span = np.ptp(axes.get_ylim())
    previous = -math.inf
    for end, epoch, name in sorted(ends):
        previous = max(end, previous + 0.07 * span)  # labels stay apart
        axes.annotate(
            name, (epoch, previous), xytext=(5, 0), textcoords="offset points",
            va="center", color=colors.get(name, MUTED), annotation_clip=False,
        )  # fmt: skip
    axes.set_xlabel("epoch (log)")
    axes.set_ylabel("PSNR (dB)")
    return drawing_of(figure)


@styled
def gains(summaries: Sequence[Summary]) -> Drawing:
    """Draw best cell minus Eqn. 11 for every signal: a dot a seed, a bar at the mean."""
    shown = [s for s in summaries if math.isfinite(s.difference)]
    shown.sort(key=lambda s: s.difference)
    figure, axes = one_panel(7, 1.1 + 0.3 * len(shown))
    axes.axvline(0, color=RULE, lw=1.5)
    hints = []
    for y, s in enumerate(shown):
        axes.plot([0, s.difference], [y, y], color=BAND, lw=5, solid_capstyle="butt", zorder=1)
        axes.plot(s.differences, [y] * len(s.differences), "o", ms=5, color=INK, alpha=0.75)
        hints += [
            Hint(axes, gain, y, f"{s.signal.name}: {gain:+.2f} dB on seed {seed}")
            for seed, gain in s.by_seed.items()
        ]
    name_rows(axes, [label(s.signal.name) for s in shown])
    axes.set_ylim(-0.6, len(shown) - 0.4)
    axes.set_xlabel("best cell minus Eqn. 11 (dB), a dot for each seed")
    return drawing_of(figure, hints)


@styled
def filled(series: pd.DataFrame) -> Drawing:
    """Draw a series, and what the best cell puts into its gaps.

    Each gap is shaded. A second row zooms into the longest one.

    Args:
        series: The columns `value` and `is_filled`, a row for each sample.
    """
    values = series["value"].to_numpy()
    is_gap = series["is_filled"].to_numpy()
    edges = np.flatnonzero(np.diff(np.concatenate([[0], is_gap.astype(int), [0]])))
    gaps = edges.reshape(-1, 2)  # the first sample of each gap, and the first one behind it
    start, stop = gaps[np.argmax(gaps[:, 1] - gaps[:, 0])]
    margin = max(stop - start, 20)
    figure = Figure(figsize=(7.6, 3.6), layout="constrained")
    whole, part = figure.subplots(2, 1)
    for axes in (whole, part):
        axes.plot(np.where(is_gap, np.nan, values), color=INK, lw=0.8)
        axes.plot(np.where(is_gap, values, np.nan), color=RULE, lw=1.2)
        for first, behind in gaps:
            axes.axvspan(first - 0.5, behind - 0.5, color=RULE, alpha=0.08, lw=0)
    part.set_xlim(start - margin, stop + margin)
    part.set_xlabel("sample of the crop")
    return drawing_of(figure)
