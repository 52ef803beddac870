"""Hold a table of a report once: as HTML for the page, as CSV and as LaTeX for a paper."""

import io
import math
from collections.abc import Iterable, Sequence
from typing import NamedTuple

from markupsafe import Markup, escape

Cell = float | int | str | None
"""A number or a text. None and NaN are shown as a dash, and are empty in CSV."""


class Column(NamedTuple):
    """A column of a table.

    Args:
        head: Its name, with its unit.
        form: How its numbers are shown, such as ".1f" for dB. CSV has them unrounded.
        is_main: Whether it is what the table is about, and so is bold.
    """

    head: str
    form: str = ".1f"
    is_main: bool = False


SCALES = (Column("s0 (rad/unit)", ".4g"), Column("s1", ".3g"))


def point_columns(psnr: str) -> list[Column]:
    """Return the columns of a table of named points on a map.

    Args:
        psnr: The head of the column of PSNR.

    Example:
        >>> [column.head for column in point_columns("PSNR (dB)")][:3]
        ['point', 'on the map', 'PSNR (dB)']
    """
    named = Column("point"), Column("on the map"), Column(psnr, is_main=True)
    return [*named, *SCALES, Column("s0 / Nyquist", ".4f"), Column("K / Nyquist", ".3f")]


class PageTable(NamedTuple):
    """A table of a report.

    Args:
        columns: Its columns.
        rows: The cells of each row.
        num_grouped: The page shows so many of the first columns only where the first one changes.
    """

    columns: Sequence[Column]
    rows: Sequence[Sequence[Cell]]
    num_grouped: int = 0

    def html(self) -> Markup:
        """Return the table as HTML. It scrolls by itself where the window is narrow."""
        table = self._without_empty()
        classes = [table._class(number) for number in range(len(table.columns))]
        lines = ['<div class="scroll" tabindex="0" role="region" aria-label="table">']
        if len(table.columns) > 4:
            lines.append('<span class="hint">scroll sideways for all columns →</span>')
        heads = zip(classes, [column.head for column in table.columns], strict=True)
        lines += ["<table>", f"<thead>{_row('th', heads)}</thead>", "<tbody>"]
        before: Cell = None
        for row in table.rows:
            texts = table._texts(row)
            if self.num_grouped and before is not None and row[0] == before:
                texts[: self.num_grouped] = [""] * self.num_grouped
            before = row[0]
            lines.append(_row("td", zip(classes, texts, strict=True)))
        return Markup("\n".join([*lines, "</tbody>", "</table></div>"]))

    def csv(self) -> bytes:
        """Return the table as CSV with a line of names. Its numbers are not rounded."""
        return self._frame(self.rows).to_csv(index=False).encode()

    def latex(self) -> bytes:
        """Return the table as LaTeX, as the page shows it. It needs the package booktabs."""
        table = self._without_empty()
        places = range(len(table.columns))
        aligned = "".join("l" if table._is_text(number) else "r" for number in places)
        buffer = io.StringIO()
        table._frame([table._texts(row) for row in table.rows]).to_latex(
            buffer, index=False, escape=True, column_format=aligned
        )
        return buffer.getvalue().encode()

    def _without_empty(self) -> "PageTable":
        """Return the table without the columns that have no text in any row."""
        kept = [n for n in range(len(self.columns)) if any(row[n] != "" for row in self.rows)]
        columns = [self.columns[n] for n in kept]
        return self._replace(columns=columns, rows=[[row[n] for n in kept] for row in self.rows])

    def _is_text(self, number: int) -> bool:
        return all(isinstance(row[number], str) for row in self.rows)

    def _class(self, number: int) -> str:
        if self.columns[number].is_main:
            return "gain"
        return "text" if self._is_text(number) else ""

    def _frame(self, rows: Sequence[Sequence[Cell]]):
        import pandas as pd  # here, because `status` imports this module and must be fast

        heads = [column.head for column in self.columns]
        return pd.DataFrame([*map(list, rows)], columns=heads, dtype=object)

    def _texts(self, row: Sequence[Cell]) -> list[str]:
        return [shown(cell, c.form) for cell, c in zip(row, self.columns, strict=True)]


def _row(tag: str, cells: Iterable[tuple[str, str]]) -> str:
    """Return a row of a table as HTML from the class and the text of each cell."""
    parts = []
    for name, text in cells:
        opening = f'<{tag} class="{name}">' if name else f"<{tag}>"
        parts.append(f"{opening}{escape(text)}</{tag}>")
    return f"<tr>{''.join(parts)}</tr>"


def shown(cell: Cell, form: str = ".1f") -> str:
    """Return a cell as text.

    Args:
        cell: A number or a text. None and NaN become a dash.
        form: How a number is formatted.

    Example:
        >>> shown(-0.04, "+.1f"), shown(None), shown("SIREN"), shown(12000, ",")
        ('+0.0', '–', 'SIREN', '12,000')
        >>> shown(0.1234, ".3g"), shown(12345.6, ".3g")
        ('0.123', '12,346')
    """
    if isinstance(cell, str):
        return cell
    if cell is None or math.isnan(cell):
        return "–"
    if isinstance(cell, int):
        return format(cell, "," if form == "," else "d")
    if form.endswith("g") and abs(cell) >= 1000:
        form = ",.0f"  # in place of an exponent
    text = format(cell, form)
    # A value that rounds to zero has no sign of its own.
    return text if any(c in "123456789" for c in text) else format(0.0, form)
