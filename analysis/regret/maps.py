"""Draw the map of a search or a rule check over (s0, s1)."""

from collections.abc import Mapping, Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.cm import ScalarMappable
from matplotlib.colors import Normalize
from matplotlib.ticker import LogLocator, MaxNLocator, ScalarFormatter
from matplotlib.tri import Triangulation
from numpy.typing import NDArray

from analysis.grid.maps import COLORS, color_scale
from analysis.reporting.drawing import Drawing, Hint, drawing_of
from analysis.reporting.marks import Mark, draw_marks, legend_of_marks
from analysis.reporting.style import one_panel, styled
from search_spaces.rules import NoiseScales
from studies.engine.planning.points import Point

MARKERS = {"grid": "s", "search": "o", "rule": "o"}


@styled
def surface(
    values: Mapping[Point, float], rules: Sequence[Mark], optimum: NoiseScales | None
) -> Drawing:
    """Draw the mean PSNR at every known point over (s0, s1), interpolated linearly between them.

    Small dots are a search's points, squares a grid's cells. Dots with numbers are the rules, and
    the ring is the optimum.
    """
    # The axis of s0 is logarithmic, so a point at s0 = 0 has no place.
    points = [(p.scales, p.kind, v) for p, v in values.items() if p.scales and p.scales.s0 > 0]
    rules = [mark for mark in rules if mark.scales.s0 > 0]
    legend = 0.16 * len(rules)
    figure, axes = one_panel(5.4, 3.6 + legend)
    s0 = np.array([at.s0 for at, _, _ in points])
    s1 = np.array([at.s1 for at, _, _ in points])
    psnr = np.array([value for *_, value in points])
    scale = color_scale(psnr)
    levels = np.asarray(MaxNLocator(12).tick_values(scale.low, scale.high))
    norm = Normalize(levels[0], levels[-1])
    _fill(axes, s0, s1, psnr, levels)
    for kind, marker in MARKERS.items():
        chosen = [i for i, (_, its_kind, _) in enumerate(points) if its_kind == kind]
        axes.scatter(
            s1[chosen], s0[chosen], c=psnr[chosen], s=25, marker=marker, cmap=COLORS,
            norm=norm, edgecolors="white", linewidths=0.8, zorder=3, clip_on=False,
        )  # fmt: skip
    if optimum:
        for size, width, color in ((15, 4, "white"), (15, 1.8, "black")):
            axes.plot(
                optimum.s1, optimum.s0, "o", ms=size, mew=width, mfc="none", mec=color,
                zorder=4, clip_on=False,
            )  # fmt: skip
    places = [(mark.scales.s1, mark.scales.s0) for mark in rules]
    _set_axes(axes, [*places, *zip(s1, s0, strict=True)])
    bar = figure.colorbar(ScalarMappable(norm, COLORS), ax=axes, pad=0.02, extend=scale.extend)
    bar.outline.set_visible(False)  # type: ignore[operator]
    bar.set_label("mean peak PSNR (dB)")
    legend_of_marks(figure, rules)
    figure.draw_without_rendering()  # the layout is final, so numbers find free places
    hints = [
        Hint(axes, at.s1, at.s0, f"s0 {at.s0:.4g}, s1 {at.s1:.3g}: {value:.2f} dB")
        for at, _, value in points
    ]
    hints += draw_marks(axes, rules, places, [])
    return drawing_of(figure, hints)


def _fill(
    axes: Axes,
    s0: NDArray[np.float64],
    s1: NDArray[np.float64],
    psnr: NDArray[np.float64],
    levels: NDArray[np.float64],
) -> None:
    """Fill the plane between the points, if they span one."""
    if len(psnr) < 4 or np.ptp(s1) == 0 or np.ptp(s0) == 0:
        return
    # The triangles join neighbours on the page, where s0 is logarithmic.
    triangles = Triangulation(s1 / np.ptp(s1), np.log(s0) / np.ptp(np.log(s0))).triangles
    axes.tricontourf(
        Triangulation(s1, s0, triangles), psnr, levels=levels, cmap=COLORS, extend="min",
        norm=Normalize(levels[0], levels[-1]), alpha=0.85,
    )  # fmt: skip


def _set_axes(axes: Axes, places: Sequence[tuple[float, float]]) -> None:
    """Set round ticks, and limits that hold all places [s1, s0]."""
    axes.update_datalim(places)
    axes.set_yscale("log")
    axes.autoscale_view()
    axes.set(xlim=axes.get_xlim(), ylim=axes.get_ylim())  # marks must not move them
    axes.yaxis.set_major_locator(LogLocator(subs=(1, 2, 5)))
    axes.yaxis.set_major_formatter(ScalarFormatter())
    axes.yaxis.set_minor_formatter("")
    axes.set_xlabel("s1, noise on layer 2")
    axes.set_ylabel("s0, noise on layer 1 (rad/unit)")
