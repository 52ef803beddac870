"""Set how all figures look, and turn a figure into SVG text."""

import io
from collections.abc import Sequence
from typing import Any

import matplotlib
import numpy as np
from matplotlib import patheffects
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import ScalarFormatter, SymmetricalLogLocator
from numpy.typing import NDArray

INK, MUTED = "#1d2733", "#6b7785"
RULE, BEST, SIREN, RECOMMENDED_COLOR = "#d1495b", INK, "#8d99ae", "#1f7a8c"
BAND, PANEL = "#d5dbe3", "#eef1f5"
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
    # Text that a drawing program can edit, and that publishers accept.
    "pdf.fonttype": 42,
}

styled = matplotlib.rc_context(STYLE)
"""Decorates a function that draws a figure."""

RANGE_DB = 12.0
"""The colours of a map end so many dB below its best point. Points below have the last colour."""


def line_colors(num: int) -> NDArray[np.float64]:
    """Return the colours RGBA [num, 4] of lines that have an order, dark to light.

    Example:
        >>> line_colors(3).shape
        (3, 4)
    """
    return matplotlib.colormaps["viridis"](np.linspace(0.1, 0.8, num))


def one_panel(width: float, height: float) -> tuple[Figure, Axes]:
    """Return a figure of some inches with one panel.

    Example:
        >>> figure, axes = one_panel(7, 3)
        >>> figure.axes == [axes]
        True
    """
    figure = Figure(figsize=(width, height), layout="constrained")
    return figure, figure.add_subplot()


def set_title(axes: Axes, text: str) -> None:
    """Write a panel's title above its left edge. A dollar sign in it starts no formula.

    Args:
        axes: The panel.
        text: The title.
    """
    axes.set_title(text, loc="left", fontsize=9, color=INK, parse_math=False)


def name_rows(axes: Axes, names: Sequence[str]) -> None:
    """Write a name beside each row of a panel, from below, in place of the axis.

    Args:
        axes: The panel, whose rows lie at y = 0, 1, 2 ..
        names: The names, in which a dollar sign starts no formula.

    Example:
        >>> figure, axes = one_panel(3, 2)
        >>> name_rows(axes, ["first", "second"])
        >>> [text.get_text() for text in axes.get_yticklabels()]
        ['first', 'second']
    """
    axes.set_yticks(range(len(names)), names, parse_math=False)
    axes.tick_params(axis="y", length=0, labelcolor=INK)
    axes.spines["left"].set_visible(False)


def scale_regrets(axes: Axes) -> None:
    """Scale the x axis for regrets in dB: rules differ near 0, and dead fits lie tens of dB away.

    Args:
        axes: The panel.
    """
    axes.set_xscale("symlog", linthresh=4, subs=(2, 3, 4, 5, 6, 7, 8, 9))
    axes.xaxis.set_major_locator(SymmetricalLogLocator(base=10, linthresh=4, subs=(1, 2, 5)))
    axes.xaxis.set_major_formatter(ScalarFormatter())
    axes.xaxis.set_minor_formatter("")


def to_svg(figure: Figure) -> str:
    """Return a figure as SVG text. The same figure gives the same text.

    Example:
        >>> figure, axes = one_panel(3, 2)
        >>> to_svg(figure).startswith("<?xml")
        True
    """
    buffer = io.StringIO()
    figure.savefig(buffer, format="svg", metadata={"Date": None})
    return buffer.getvalue()


def label(name: str) -> str:
    """Return a signal's name, shortened so that the figure has room beside it.

    Example:
        >>> len(label("x" * 100))
        32
    """
    return name if len(name) <= 32 else f"{name[:31]}…"


def plain(name: str) -> str:
    r"""Return a name as text of a legend, where a dollar sign would start a formula.

    Example:
        >>> plain("a$b")
        'a\\$b'
    """
    return name.replace("$", r"\$")
