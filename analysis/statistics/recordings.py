"""Which signals were cut from one recording: a results folder's `_recordings.csv`.

The name begins so that readers of the folder as one table (pandas, DuckDB) pass over it.
"""

import csv
import io
from collections.abc import Mapping
from pathlib import Path

from inr_models import InputError
from studies.engine.store.folder import Folder

FILE = "_recordings.csv"


def read_recordings(folder: Folder, path: str | None = None) -> dict[str, str]:
    """Signal -> recording, of the folder's file or of another one; {} where there is none.

    Raises:
        InputError: the other file is not there, or one lacks the columns signal and recording.
    """
    where = path or f"{folder.results}/{FILE}"
    try:
        content = Path(path).read_bytes() if path else folder.read_bytes(FILE)
    except OSError as error:
        raise InputError(
            "unreadable", where, f"{where}: cannot be read ({error.strerror})."
        ) from None
    if content is None:
        return {}
    try:
        lines = csv.DictReader(io.StringIO(content.decode("utf-8-sig"), newline=""))
        return {row["signal"]: row["recording"] for row in lines if row["recording"]}
    except (KeyError, UnicodeDecodeError, csv.Error):
        raise InputError(
            "wrong-kind", where, f"{where}: give a CSV file with columns signal and recording."
        ) from None


def write_recordings(folder: Folder, recordings: Mapping[str, str]) -> None:
    """Replace the folder's file by these, in order."""
    text = io.StringIO(newline="")
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(["signal", "recording"])
    writer.writerows(sorted(recordings.items()))
    folder.write_bytes(FILE, text.getvalue().encode())
