"""Keep the rows of an experiment in a results folder, where the page of findings reads them."""

from collections.abc import Collection, Mapping, Sequence
from typing import Any

import pyarrow as pa

from analysis.reporting.parquet import parquet_bytes
from inr_models import InputError
from studies.engine.store.folder import Folder
from studies.engine.store.parquet_folder import table_of

Row = Mapping[str, Any]


def read_rows(command: str, results: str, name: str, columns: Collection[str]) -> list[Row]:
    """Return the rows of RESULTS/_rules/NAME; [] where the command has not run.

    Args:
        command: the command that writes the file, for the message.
        results: the results folder.
        name: of the file.
        columns: the columns to read.

    Raises:
        InputError: the file is damaged, or another version wrote it.
    """
    folder = Folder(results)
    content = folder.read_bytes(f"_rules/{name}")
    if not content:
        return []
    try:
        return table_of(content).select(list(columns)).to_pylist()
    except (pa.ArrowException, KeyError, OSError) as error:
        raise InputError(
            "another-version",
            name,
            f"{folder.results}/_rules/{name}: not as `python -m {command}` writes it; "
            "run that again.",
        ) from error


def write_rows(
    rows: Sequence[Row],
    command: str,
    results: str,
    name: str,
    *,
    to: str | None,
    same: Collection[str],
) -> str:
    """Write one or more rows to RESULTS/_rules/NAME, and return the path.

    Args:
        rows: what the command has computed.
        command: the command, for messages.
        results: the results folder.
        name: of the file.
        to: another folder with such a file. The rows are added to it as well.
        same: columns that identify a row. In `to`, a new row replaces an old one that agrees with
            it in these.

    Raises:
        InputError: the file in `to` is damaged, or another version wrote it.
    """
    path, folder = f"_rules/{name}", Folder(results)
    folder.write_bytes(path, parquet_bytes(rows))
    if to is not None:
        replaced = {tuple(row[column] for column in same) for row in rows}
        before = read_rows(command, to, name, rows[0].keys())
        kept = [row for row in before if tuple(row[column] for column in same) not in replaced]
        Folder(to).write_bytes(path, parquet_bytes([*kept, *rows]))
    return f"{folder.results}/{path}"
