"""Draw the figures of a grid, as SVG text, from what `landscape` and `summary` computed."""

import io
import math
from collections.abc import Mapping, Sequence
from typing import Any

import matplotlib
import numpy as np
import pandas as pd
from matplotlib import patheffects
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from numpy.typing import NDArray

from analysis.grid.summary import Summary
from search_spaces.rules import NoiseScales
from studies.engine.outcomes.landscape import Landscape

INK, MUTED = "#1d2733", "#6b7785"
RULE, BEST, SIREN = "#d1495b", "#1d2733", "#8d99ae"
OUTLINE = [patheffects.withStroke(linewidth=3.5, foreground="white")]
STYLE: Any = {
    "font.size": 9,
    "font.family": "DejaVu Sans",
    "axes.edgecolor": MUTED,
    "axes.labelcolor": INK,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "xtick.color": MUTED,
    "ytick.color": MUTED,
    "svg.hashsalt": "noisescape",
}


def heatmap(relief: Landscape, rules: Sequence[NoiseScales], label: str = "peak PSNR (dB)") -> str:
    """Draw PSNR over (s0, s1), in the manner of the paper's Fig. 6.

    A red cross marks the first rule, small crosses the other rules, a circle the best cell. All
    cells have the same size, so a point between grid values lies between their cells.
    """
    mean = relief.mean
    rows = len(mean)
    with matplotlib.rc_context(STYLE):
        figure = Figure(figsize=(5.4, 1.3 + 0.52 * min(rows, 8)), layout="constrained")
        axes = figure.add_subplot()
        low = min(relief.signal.psnr_zero, float(np.nanmin(mean))) if relief.best else 0
        image = axes.imshow(mean, origin="lower", aspect="auto", cmap="viridis", vmin=low)
        _mark_cells(axes, relief, mean, low)
        _ticks(axes, relief)
        if relief.best and relief.best.cell:
            i, j = relief.best.cell
            axes.plot(j, i, "o", ms=25, mew=2, mfc="none", mec="white", clip_on=False)
            axes.plot(j, i, "o", ms=28, mew=1, mfc="none", mec=INK, clip_on=False)
        for number, (s0, s1) in reversed(list(enumerate(rules))):
            size, color = (11, RULE) if number == 0 else (7, MUTED)
            axes.plot(
                place(s1, relief.s1), place(s0, relief.s0), "x", ms=size, mew=2.6, color=color,
                path_effects=OUTLINE, clip_on=False,
            )  # fmt: skip
        bar = figure.colorbar(image, ax=axes, pad=0.02)
        bar.outline.set_visible(False)  # type: ignore[operator]
        bar.set_label(label)
        return to_svg(figure)


def _mark_cells(axes: Axes, relief: Landscape, mean: NDArray[np.float64], bottom: float) -> None:
    top = float(np.nanmax(mean)) if relief.best else bottom
    annotate = mean.size <= 60
    for (i, j), value in np.ndenumerate(mean):
        statuses = set(relief.status[i, j])
        if "diverged" in statuses or "failed" in statuses:
            text = "div." if "diverged" in statuses else "fail"
        elif statuses in ({"dead"}, {"empty"}):
            (text,) = statuses
        elif annotate and math.isfinite(value):
            text = f"{value:.1f}"
        else:
            continue
        # Text is dark on the bright upper part of the colours, and on white where there is none.
        light = not math.isfinite(value) or value - bottom > 0.6 * (top - bottom)
        axes.text(j, i, text, ha="center", va="center", fontsize=8, color=INK if light else "white")


def _ticks(axes: Axes, relief: Landscape) -> None:
    for axis, values in ((axes.xaxis, relief.s1), (axes.yaxis, relief.s0)):
        axis.set_ticks(range(len(values)), [_tick(value) for value in values])
        axis.set_tick_params(length=0)
    axes.set_xlabel("s1, noise on layer 2")
    axes.set_ylabel("s0, noise on layer 1 (rad/unit)")
    axes.spines[:].set_visible(False)


def place(value: float, axis: Sequence[float]) -> float:
    """Return where a value lies among the points of an axis, in cells.

    It is at most half a cell outside. Between points it is logarithmic where the axis has no zero.

    Example:
        >>> place(2.0, (0.0, 1.0, 3.0)), place(99.0, (0.0, 1.0, 3.0))
        (1.5, 2.5)
    """
    grid = np.asarray(axis, dtype=float)
    index = np.arange(len(grid))
    if grid[0] > 0 and value > 0:
        grid, value = np.log(grid), math.log(value)
    elif grid[0] > 0:
        return -0.5
    first, last = grid[1] - grid[0], grid[-1] - grid[-2]
    padded = np.concatenate([[grid[0] - first / 2], grid, [grid[-1] + last / 2]])
    return float(np.interp(value, padded, np.concatenate([[-0.5], index, [index[-1] + 0.5]])))


def curves(lines: Mapping[str, tuple[Sequence[int], Sequence[float]]], zero: float) -> str:
    """Draw PSNR over epochs, a line for each name.

    `zero` is the PSNR of zero output in dB.
    """
    colors = {"SIREN": SIREN, "Eqn. 11": RULE, "best cell": BEST}
    with matplotlib.rc_context(STYLE):
        figure = Figure(figsize=(5.4, 3.38), layout="constrained")
        axes = figure.add_subplot()
        axes.axhline(zero, color=MUTED, lw=1, ls=(0, (2, 2)))
        axes.annotate(
            "zero output", (0.015, zero), xycoords=("axes fraction", "data"),
            xytext=(0, 3), textcoords="offset points", color=MUTED, fontsize=8,
        )  # fmt: skip
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
        return to_svg(figure)


def gains(summaries: Sequence[Summary]) -> str:
    """Draw best cell minus Eqn. 11 for every signal: a dot a seed, a bar at the mean."""
    shown = [s for s in summaries if math.isfinite(s.difference)]
    shown.sort(key=lambda s: s.difference)
    with matplotlib.rc_context(STYLE):
        figure = Figure(figsize=(7, 1.1 + 0.3 * len(shown)), layout="constrained")
        axes = figure.add_subplot()
        axes.axvline(0, color=RULE, lw=1.5)
        for y, s in enumerate(shown):
            axes.plot(
                [0, s.difference], [y, y], color="#d5dbe3", lw=5, solid_capstyle="butt", zorder=1
            )
            axes.plot(s.differences, [y] * len(s.differences), "o", ms=5, color=INK, alpha=0.75)
        axes.set_yticks(range(len(shown)), [label(s.signal.name) for s in shown], parse_math=False)
        axes.tick_params(axis="y", length=0, labelcolor=INK)
        axes.set_ylim(-0.6, len(shown) - 0.4)
        axes.spines["left"].set_visible(False)
        axes.set_xlabel("best cell minus Eqn. 11 (dB), a dot for each seed")
        return to_svg(figure)


def _tick(value: float) -> str:
    return f"{value:,.0f}" if value >= 100 else f"{value:.3g}"


def label(name: str) -> str:
    """Return a signal's name, shortened so that the figure has room beside it."""
    return name if len(name) <= 32 else f"{name[:31]}…"


def filled(series: pd.DataFrame) -> str:
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
    with matplotlib.rc_context(STYLE):
        figure = Figure(figsize=(7.6, 3.6), layout="constrained")
        whole, part = figure.subplots(2, 1)
        for axes in (whole, part):
            axes.plot(np.where(is_gap, np.nan, values), color=INK, lw=0.8)
            axes.plot(np.where(is_gap, values, np.nan), color=RULE, lw=1.2)
            for first, behind in gaps:
                axes.axvspan(first - 0.5, behind - 0.5, color=RULE, alpha=0.08, lw=0)
        part.set_xlim(start - margin, stop + margin)
        part.set_xlabel("sample of the crop")
        return to_svg(figure)


def to_svg(figure: Figure) -> str:
    """Return a figure as SVG text. The same figure gives the same text."""
    buffer = io.StringIO()
    figure.savefig(buffer, format="svg", metadata={"Date": None})
    return buffer.getvalue()
