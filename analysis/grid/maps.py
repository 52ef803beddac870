"""Draw the map of a grid over (s0, s1)."""

import math
from collections.abc import Sequence
from typing import Literal, NamedTuple

import matplotlib
import numpy as np
from matplotlib.axes import Axes
from matplotlib.cm import ScalarMappable
from matplotlib.colors import Normalize
from matplotlib.patches import Rectangle
from matplotlib.patheffects import withStroke
from matplotlib.text import Text
from matplotlib.ticker import MaxNLocator
from numpy.typing import NDArray

from analysis.reporting.drawing import Drawing, Hint, drawing_of
from analysis.reporting.marks import Mark, draw_marks, legend_of_marks
from analysis.reporting.style import PANEL, RANGE_DB, one_panel, styled
from studies.engine.outcomes.landscape import Landscape

COLORS = matplotlib.colormaps["viridis"]

MOST_TICKS = 8
"""An axis of a map has at most so many ticks."""

MOST_NUMBERS = 60
"""A map of more cells has no numbers in them. Its hints and its table have them."""


class Scale(NamedTuple):
    """The colours of a map.

    Args:
        low: The score in dB of the first colour.
        high: That of the last colour.
        extend: "min" where scores are below the first colour, which they get as well, else
            "neither".
    """

    low: float
    high: float
    extend: Literal["neither", "min"]

    @property
    def norm(self) -> Normalize:
        """Turns scores into shares of the colours."""
        return Normalize(self.low, self.high)


def color_scale(scores: NDArray[np.float64]) -> Scale:
    """Return the colours of PSNR in dB: from the lowest score, at most `RANGE_DB` below the best.

    A few dead points would otherwise take most of the colours. NaN is no score.

    Example:
        >>> color_scale(np.array([0.0, 30.0, 41.5])).low
        29.5
    """
    finite = scores[np.isfinite(scores)]
    if not len(finite):
        return Scale(0.0, 1.0, "neither")
    lowest, high = float(finite.min()), float(finite.max())
    low = max(lowest, high - RANGE_DB)
    return Scale(low, max(high, low + 0.1), "min" if lowest < low else "neither")


@styled
def heatmap(relief: Landscape, rules: Sequence[Mark], label: str = "peak PSNR (dB)") -> Drawing:
    """Draw PSNR over (s0, s1), in the manner of the paper's Fig. 6.

    A frame marks the best cell, and a dot with a number each rule. All cells have the same size, so
    a point between grid values lies between their cells.

    Args:
        relief: The mean PSNR in dB of each cell.
        rules: The rules' points.
        label: What the colors show.
    """
    mean = relief.mean
    scale = color_scale(mean)
    legend = 0.16 * len(rules)
    size = (5.4, 1.3 + legend + 0.52 * min(len(mean), 8))
    figure, axes = one_panel(*size)
    axes.set(xlim=(-0.5, mean.shape[1] - 0.5), ylim=(-0.5, mean.shape[0] - 0.5))
    places = [(place(m.scales.s1, relief.s1), place(m.scales.s0, relief.s0)) for m in rules]
    texts = _draw_cells(axes, relief, mean, scale, places)
    _ticks(axes, relief)
    if relief.best and relief.best.cell:
        i, j = relief.best.cell
        for width, color in ((4.5, "white"), (1.8, "black")):
            axes.add_patch(
                Rectangle(
                    (j - 0.47, i - 0.47), 0.94, 0.94, fc="none", ec=color, lw=width,
                    zorder=5, clip_on=False,
                )
            )  # fmt: skip
    bar = figure.colorbar(
        ScalarMappable(scale.norm, COLORS), ax=axes, pad=0.02, extend=scale.extend
    )
    bar.outline.set_visible(False)  # type: ignore[operator]
    bar.set_label(label)
    legend_of_marks(figure, rules)
    figure.draw_without_rendering()  # the layout is final, so numbers find free places
    boxes = [text.get_window_extent() for text in texts]
    hints = [*_hints(axes, relief, mean), *draw_marks(axes, rules, places, boxes)]
    return drawing_of(figure, hints)


def _draw_cells(
    axes: Axes,
    relief: Landscape,
    mean: NDArray[np.float64],
    scale: Scale,
    marked: Sequence[tuple[float, float]],
) -> list[Text]:
    """Draw the cells and what stands in them, away from marked places, and return the texts."""
    texts = []
    for (i, j), value in np.ndenumerate(mean):
        color = COLORS(scale.norm(value)) if math.isfinite(value) else PANEL
        axes.add_patch(Rectangle((j - 0.49, i - 0.49), 0.98, 0.98, fc=color, ec="none"))
        if not (text := _cell_text(relief, mean, i, j)):
            continue
        near = [(x, y) for x, y in marked if abs(x - j) < 0.5 and abs(y - i) <= 0.5]
        # The middle, or where it is taken above or below it.
        rows = [i + up for up in (0, 0.28, -0.28)]
        row = max(rows, key=lambda y: min((abs(y - at) for _, at in near), default=1) > 0.2)
        is_dark = math.isfinite(value) and scale.norm(value) < 0.6
        ink, edge = ("white", "#222") if is_dark else ("black", "white")
        texts.append(
            axes.text(
                j, row, text, ha="center", va="center", fontsize=8, color=ink, zorder=8,
                path_effects=[withStroke(linewidth=1.2, foreground=edge, alpha=0.5)],
            )
        )  # fmt: skip
    return texts


def _cell_text(relief: Landscape, mean: NDArray[np.float64], i: int, j: int) -> str:
    """Return what stands in a cell: its mean, or what went wrong."""
    statuses = set(relief.status[i, j])
    if "diverged" in statuses:
        return "div."
    if "failed" in statuses:
        return "fail"
    if statuses in ({"dead"}, {"empty"}):
        return statuses.pop()
    if mean.size <= MOST_NUMBERS and math.isfinite(mean[i, j]):
        return f"{mean[i, j]:.1f}"
    return ""


def _hints(axes: Axes, relief: Landscape, mean: NDArray[np.float64]) -> list[Hint]:
    hints = []
    for (i, j), value in np.ndenumerate(mean):
        score = f"{value:.2f} dB" if math.isfinite(value) else "no score"
        statuses = ", ".join(sorted({*relief.status[i, j]} - {"", "ok"}))
        text = f"s0 {relief.s0[i]:.4g}, s1 {relief.s1[j]:.3g}: {score}"
        hints.append(Hint(axes, j, i, f"{text} ({statuses})" if statuses else text, (1, 1)))
    return hints


def _ticks(axes: Axes, relief: Landscape) -> None:
    for axis, values in ((axes.xaxis, relief.s1), (axes.yaxis, relief.s0)):
        ticks = round_ticks(values)
        axis.set_ticks([place(tick, values) for tick in ticks], [f"{tick:,g}" for tick in ticks])
        axis.set_tick_params(length=3)
    axes.set_xlabel("s1, noise on layer 2")
    axes.set_ylabel("s0, noise on layer 1 (rad/unit)")
    axes.spines[:].set_visible(False)


def round_ticks(values: Sequence[float]) -> list[float]:
    """Return round numbers among the values of an axis, at most `MOST_TICKS`.

    Example:
        >>> round_ticks((450.0, 1800.0, 7200.0, 28800.0))
        [500.0, 1000.0, 2000.0, 5000.0, 10000.0, 20000.0]
        >>> round_ticks((0.0, 0.3, 0.8, 1.6, 3.0))
        [0.0, 0.5, 1.0, 1.5, 2.0, 2.5, 3.0]
    """
    low, high = min(values), max(values)
    if low <= 0 or high / low < 10:
        ticks = [
            float(f"{t:.6g}") for t in MaxNLocator(6, steps=[1, 2, 5, 10]).tick_values(low, high)
        ]
    else:
        decades = range(math.floor(math.log10(low)), math.ceil(math.log10(high)) + 1)
        ticks = [float(f"{digit}e{power}") for power in decades for digit in (1, 2, 5)]
    ticks = [tick for tick in ticks if low * (1 - 1e-9) <= tick <= high * (1 + 1e-9)]
    if len(ticks) > MOST_TICKS:
        ticks = [tick for tick in ticks if f"{tick:e}"[0] == "1"]
    return ticks if len(ticks) > 1 else [float(f"{value:.3g}") for value in values]


def place(value: float, axis: Sequence[float]) -> float:
    """Return where a value lies among the points of an axis, in cells.

    It is at most half a cell outside. Between points it is logarithmic where the axis has no zero.

    Args:
        value: The value, in the unit of the axis.
        axis: The points of the axis, in ascending order.

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
