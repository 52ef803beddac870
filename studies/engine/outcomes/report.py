"""Define what a report holds."""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from rich.table import Table


class Report(NamedTuple):
    """The results of a run for the terminal, the browser, MLflow and notebooks.

    Args:
        tables: The terminal's tables.
        html: The page.
        numbers: The numbers of a signal by name, by the signal's sha256.
        figures: SVG text by a name that can be a file's.
        files: The content of other files beside the run, by name.
    """

    tables: Sequence[Table]
    html: str
    numbers: Mapping[str, Mapping[str, float]]
    figures: Mapping[str, str]
    files: Mapping[str, bytes]
