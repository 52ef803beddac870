"""Make tables for the terminal, at most 80 columns wide."""

import math

from rich import box
from rich.table import Table


def wide_table(caption: str, title: str | None = None) -> Table:
    """Return an empty table of at least 80 columns, which grows with its content and the window."""
    return Table(
        title=title,
        title_justify="left",
        box=box.SIMPLE_HEAD,
        pad_edge=False,
        padding=(0, 0, 0, 1),
        min_width=80,
        caption=caption,
        caption_justify="left",
    )


def number(value: float, form: str = ".1f") -> str:
    """Format decibels with one digit, NaN as a dash."""
    if math.isnan(value):
        return "-"
    return format(round(value, 1) + 0.0, form)  # adding 0.0 turns -0.0 into 0.0


def short(value: float) -> str:
    """Format a scale with about three digits."""
    return f"{value:.0f}" if value >= 100 else f"{value:.3g}"
