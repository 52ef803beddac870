"""The terminal's tables, at most 80 columns wide."""

import math

from rich import box
from rich.table import Table


def wide_table(caption: str, title: str | None = None) -> Table:
    """A table as wide as a terminal is at least."""
    return Table(
        title=title,
        title_justify="left",
        box=box.SIMPLE_HEAD,
        pad_edge=False,
        padding=(0, 0, 0, 1),
        width=80,
        caption=caption,
        caption_justify="left",
    )


def number(value: float, form: str = ".1f") -> str:
    """Decibels to one digit, a dash for NaN."""
    return "-" if math.isnan(value) else format(round(value, 1) + 0.0, form)  # no "-0.0"


def short(value: float) -> str:
    """A scale in three digits or so."""
    return f"{value:.0f}" if value >= 100 else f"{value:.3g}"
