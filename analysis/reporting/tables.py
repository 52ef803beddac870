"""Make tables for the terminal, at most 80 columns wide."""

import math
from collections.abc import Iterable

from rich import box
from rich.table import Table


def wide_table(
    caption: str,
    title: str | None = None,
    *,
    named: str | None = None,
    numbers: Iterable[str] = (),
) -> Table:
    """Return a table without rows, at least 80 columns wide. It grows with content and window.

    Args:
        caption: The text below the table.
        title: The text above it.
        named: The head of a first column of names, which are cut where room is short. None leaves
            the column out.
        numbers: The heads of columns of numbers, set to the right.

    Example:
        >>> [column.header for column in wide_table("", named="signal", numbers=["psi"]).columns]
        ['signal', 'psi']
    """
    table = Table(
        title=title,
        title_justify="left",
        box=box.SIMPLE_HEAD,
        pad_edge=False,
        padding=(0, 0, 0, 1),
        min_width=80,
        caption=caption,
        caption_justify="left",
    )
    if named is not None:
        # Rich takes the room that is missing from columns that may wrap, so never from numbers.
        table.add_column(named, ratio=1, overflow="ellipsis")
    add_numbers(table, *numbers)
    return table


def add_numbers(table: Table, *heads: str) -> None:
    """Add columns of numbers with these heads to a table, set to the right.

    >>> table = wide_table("")
    >>> add_numbers(table, "psi", "K")
    >>> len(table.columns)
    2
    """
    for head in heads:
        table.add_column(head, justify="right", no_wrap=True)


def number(value: float, form: str = ".1f") -> str:
    """Format decibels with one digit, NaN as a dash.

    Args:
        value: The number in dB.
        form: How it is formatted after rounding.

    Example:
        >>> number(-0.01), number(float('nan'))
        ('0.0', '-')
    """
    if math.isnan(value):
        return "-"
    return format(round(value, 1) + 0.0, form)  # adding 0.0 turns -0.0 into 0.0


def short(value: float) -> str:
    """Format a scale with about three digits.

    Example:
        >>> short(123.4), short(0.12345)
        ('123', '0.123')
    """
    return f"{value:.0f}" if value >= 100 else f"{value:.3g}"
