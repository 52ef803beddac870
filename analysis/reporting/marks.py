"""Mark the points of rules on a map, so that many of them can be told apart."""

import itertools
import math
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.transforms import Bbox

from analysis.reporting.drawing import Hint
from analysis.reporting.style import INK, RECOMMENDED_COLOR, RULE, plain
from search_spaces.rules import RECOMMENDED, NoiseScales
from studies.engine.outcomes.signal_state import SignalState

TAG = 5.5
"""Radius of a tag in points."""

DISTANCES = (11, 16, 22, 30)
"""How far from its point a tag may be, in points: the nearest free place is taken."""

DIRECTIONS = [math.radians(degrees) for degrees in (45, 135, 315, 225, 0, 180, 90, 270)]


class Mark(NamedTuple):
    """The point of one rule or of several that agree.

    Args:
        number: What stands on the map.
        names: The rules.
        scales: The point.
    """

    number: int
    names: tuple[str, ...]
    scales: NoiseScales

    @property
    def is_recommended(self) -> bool:
        return RECOMMENDED in self.names

    @property
    def color(self) -> str:
        """The colour: red for the study's first rule, teal for the recommended one."""
        if self.number == 1:
            return RULE
        return RECOMMENDED_COLOR if self.is_recommended else INK

    @property
    def text(self) -> str:
        """The names, as the legend has them."""
        return " = ".join(self.names) + (" (recommended)" if self.is_recommended else "")


def marks(state: SignalState) -> list[Mark]:
    """Return the marks of a signal's rules, numbered in the order of the run.

    The study's first rule has number 1. Rules with one point share its number.
    """
    names: dict[NoiseScales, list[str]] = {}
    for point in state.points:
        if point.kind == "rule" and point.scales:
            names.setdefault(point.scales, []).append(point.name)
    return [
        Mark(number, tuple(of_point), scales)
        for number, (scales, of_point) in enumerate(names.items(), start=1)
    ]


def draw_marks(
    axes: Axes, rules: Sequence[Mark], places: Sequence[tuple[float, float]], avoid: Sequence[Bbox]
) -> list[Hint]:
    """Draw a dot at each rule's point, and its number beside it where nothing else stands.

    Args:
        axes: The map. Its limits and the layout of the figure are final.
        rules: The marks.
        places: The place of each, in the units of the axes.
        avoid: Boxes in pixels that the numbers should leave free.

    Returns:
        The hints of the dots.
    """
    figure = axes.figure
    assert isinstance(figure, Figure), "maps are no parts of other figures"
    points = [axes.transData.transform(place).tolist() for place in places]
    pixels = figure.dpi / 72
    taken = [*avoid, *(_box(point[0], point[1], 3 * pixels) for point in points)]
    hints = []
    for mark, place, point in zip(rules, places, points, strict=True):
        offset = _free_offset(point, taken, axes.bbox, pixels)
        center = [at + pixels * away for at, away in zip(point, offset, strict=True)]
        taken.append(_box(center[0], center[1], TAG * pixels))
        _draw_mark(axes, mark, place, offset)
        s0, s1 = mark.scales
        hints.append(Hint(axes, *place, f"{mark.number} {mark.text}: s0 {s0:.4g}, s1 {s1:.3g}"))
    return hints


def _draw_mark(
    axes: Axes, mark: Mark, place: tuple[float, float], offset: tuple[float, float]
) -> None:
    """Draw a dot at a place, and its number at an offset in points."""
    # On a map black stays black, whatever the page's mode is.
    fill, ink, edge = mark.color, "white", "white"
    if mark.color == INK:
        fill, ink, edge = "white", "black", "black"
    dot = "black" if mark.color == INK else mark.color
    axes.plot(*place, "o", ms=5, mew=1.2, mfc=dot, mec="white", zorder=6, clip_on=False)
    axes.annotate(
        str(mark.number), place, xytext=offset, textcoords="offset points", ha="center",
        va="center", fontsize=7, color=ink, zorder=7, annotation_clip=False, in_layout=False,
        bbox={"boxstyle": "circle,pad=0.2", "fc": fill, "ec": edge, "lw": 0.8},
        arrowprops={"arrowstyle": "-", "color": "white", "lw": 1.2, "shrinkA": 0, "shrinkB": 2},
    )  # fmt: skip


def legend_of_marks(figure: Figure, rules: Sequence[Mark]) -> None:
    """Add the names of the rules below the figure, a line each.

    Args:
        figure: The figure.
        rules: The marks of the rules.
    """
    if not rules:
        return
    legend = figure.legend(
        [figure.axes[0].plot([], [], " ")[0] for _ in rules],
        [plain(f"{mark.number}  {mark.text}") for mark in rules],
        loc="outside lower left", ncols=1 if max(len(m.text) for m in rules) > 34 else 2,
        fontsize=8, frameon=False, handlelength=0, handletextpad=0, columnspacing=1.5,
        borderaxespad=0,
    )  # fmt: skip
    for text, mark in zip(legend.get_texts(), rules, strict=True):
        text.set_color(mark.color)


def _free_offset(
    point: Sequence[float], taken: Sequence[Bbox], limits: Bbox, pixels: float
) -> tuple[float, float]:
    """Return where a tag covers least of what is there, in points from its own point."""

    def covered(offset: tuple[float, float]) -> float:
        box = _box(point[0] + offset[0] * pixels, point[1] + offset[1] * pixels, TAG * pixels)
        overlaps = [Bbox.intersection(box, other) for other in taken]
        area = sum(overlap.width * overlap.height for overlap in overlaps if overlap)
        inside = Bbox.intersection(box, limits)
        outside = box.width * box.height - (inside.width * inside.height if inside else 0)
        return area + outside

    return min(_offsets(), key=covered)  # the first of those that cover least


def _offsets() -> Iterator[tuple[float, float]]:
    for distance, angle in itertools.product(DISTANCES, DIRECTIONS):
        yield distance * math.cos(angle), distance * math.sin(angle)


def _box(x: float, y: float, radius: float) -> Bbox:
    return Bbox.from_extents(x - radius, y - radius, x + radius, y + radius)
