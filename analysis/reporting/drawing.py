"""Draw a figure once for the page and for a paper: SVG with hints, and PDF."""

import hashlib
import html
import io
import re
from collections.abc import Sequence
from typing import NamedTuple

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from analysis.reporting import style

ON_PAGE = {
    style.INK: "ink",
    style.MUTED: "muted",
    style.RULE: "red",
    style.SIREN: "grey",
    style.RECOMMENDED_COLOR: "teal",
    style.BAND: "band",
    style.PANEL: "panel",
}
"""Colours that the page's style sheet replaces, so that figures suit its light and dark mode."""

RADIUS = 6.0
"""The reach of the hint of a dot, in points."""


class Hint(NamedTuple):
    """A text that a browser shows while the pointer is over a place of a figure.

    Args:
        axes: The axes.
        x: The place, in the units of the axes.
        y: The same along the other axis.
        text: What is shown.
        size: Width and height of the place in the same units. None for a dot.
    """

    axes: Axes
    x: float
    y: float
    text: str
    size: tuple[float, float] | None = None


class Drawing(NamedTuple):
    """A figure as SVG text and as the content of a PDF file."""

    svg: str
    pdf: bytes


def drawing_of(figure: Figure, hints: Sequence[Hint] = ()) -> Drawing:
    """Return a figure as SVG and PDF. The same figure gives the same content.

    Args:
        figure: The figure, within matplotlib's context of `style.STYLE`.
        hints: What the SVG shows under the pointer. It needs no script.
    """
    for axes in figure.axes:
        if axes.get_facecolor() == (1, 1, 1, 1):
            axes.patch.set_visible(False)  # the page has its own background
    svg = io.StringIO()
    figure.savefig(svg, format="svg", metadata={"Date": None}, facecolor="none")
    figure.set_layout_engine("none")  # it is final, and computing it takes longest
    pdf = io.BytesIO()
    figure.savefig(pdf, format="pdf", metadata={"CreationDate": None}, facecolor="none")
    text = svg.getvalue()
    if hints:
        shapes = "\n".join(_hint(figure, hint) for hint in hints)
        group = f'<g fill="none" pointer-events="all">\n{shapes}\n</g>\n'
        text = text.removesuffix("</svg>\n") + group + "</svg>\n"
    return Drawing(text, pdf.getvalue())


def _hint(figure: Figure, hint: Hint) -> str:
    """Return a hint as an invisible shape of the SVG, which has 72 points an inch."""
    wide, high = (72 * inches for inches in figure.get_size_inches())
    to_share = hint.axes.transData + figure.transFigure.inverted()

    def place(x: float, y: float) -> tuple[float, float]:
        across, up = to_share.transform((x, y))
        return across * wide, (1 - up) * high

    title = f"<title>{html.escape(hint.text)}</title>"
    if hint.size is None:
        x, y = place(hint.x, hint.y)
        return f'<circle cx="{x:.1f}" cy="{y:.1f}" r="{RADIUS}">{title}</circle>'
    half_wide, half_high = hint.size[0] / 2, hint.size[1] / 2
    left, top = place(hint.x - half_wide, hint.y + half_high)
    right, bottom = place(hint.x + half_wide, hint.y - half_high)
    return (
        f'<rect x="{left:.1f}" y="{top:.1f}" width="{right - left:.1f}" '
        f'height="{bottom - top:.1f}">{title}</rect>'
    )


def image(drawing: Drawing, text: str) -> str:
    """Return a figure as HTML.

    The SVG is a part of the page, so that hints show and colours follow the page's mode.

    Args:
        drawing: The figure.
        text: What it shows, for those who cannot see it.
    """
    svg = drawing.svg[drawing.svg.index("<svg") :]
    svg = re.sub(r"<metadata>.*?</metadata>", "", svg, flags=re.DOTALL)
    svg = re.sub(r"<!--.*?-->\s*", "", svg, flags=re.DOTALL)
    # A hundredth of a point cannot be seen, but the digits are a third of the page.
    svg = re.sub(r' d="[^"]*"', lambda path: re.sub(r"(\.\d\d)\d+", r"\1", path[0]), svg)
    # A page of HTML knows the names of SVG without these.
    svg = re.sub(r' xmlns(:xlink)?="[^"]*"', "", svg).replace("xlink:href=", "href=")
    for color, name in ON_PAGE.items():
        svg = svg.replace(f": {color}", f": var(--{name})")
    # Names must be unique on the page, and figures name their parts alike.
    prefix = f"f{hashlib.sha256(drawing.svg.encode()).hexdigest()[:8]}-"
    svg = re.sub(r'(\bid="|href="#|url\(#)', rf"\g<1>{prefix}", svg)
    return svg.replace("<svg ", f'<svg role="img" aria-label="{html.escape(text)}" ', 1)
