"""What reports on experiments leave in a results folder, for the page of findings."""

import io
from collections.abc import Collection, Mapping, Sequence
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from inr_models import InputError
from studies.engine.store.folder import Folder
from studies.engine.store.parquet_folder import table_of

Row = Mapping[str, Any]


def left_by(command: str, results: str, name: str, columns: Collection[str]) -> list[Row]:
    """The rows of RESULTS/_rules/NAME, with these columns; [] where the command was not run.

    Raises:
        InputError: it is damaged, or of another version.
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
            f"{folder.results}/_rules/{name}: not as `python -m {command}` makes it; "
            "run that again.",
        ) from error


def leave(
    rows: Sequence[Row],
    command: str,
    results: str,
    name: str,
    *,
    to: str | None,
    same: Collection[str],
) -> str:
    """Make RESULTS/_rules/NAME of rows, one or more, that a command has made; its path.

    With `to`, a folder with another such file, they go there as well, in place of those of its rows
    that agree with one of them in `same`.

    Raises:
        InputError: what is there is damaged, or of another version.
    """
    path, folder = f"_rules/{name}", Folder(results)
    folder.write_bytes(path, _parquet(rows))
    if to is not None:
        replaced = {tuple(row[column] for column in same) for row in rows}
        there = left_by(command, to, name, rows[0].keys())
        kept = [row for row in there if tuple(row[column] for column in same) not in replaced]
        Folder(to).write_bytes(path, _parquet([*kept, *rows]))
    return f"{folder.results}/{path}"


def _parquet(rows: Sequence[Row]) -> bytes:
    buffer = io.BytesIO()
    pq.write_table(pa.Table.from_pylist(list(rows)), buffer)
    return buffer.getvalue()
