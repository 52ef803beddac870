"""Read and write `_recordings.csv`, which says which signals were cut from one recording.

The name begins with an underscore so that pandas and DuckDB skip it when they read the folder as
one table.
"""

import csv
import io
from collections.abc import Mapping
from pathlib import Path

from inr_models import InputError
from studies.engine.store.folder import Folder
from studies.engine.store.rows import signal_from_row
from studies.engine.store.store import Store

FILE = "_recordings.csv"


def read_recordings(folder: Folder, path: str | None = None) -> dict[str, str]:
    """Return the recording of each signal, by the signal's name; {} where there is no file.

    Args:
        path: a file to read instead of the folder's own.

    Raises:
        InputError: `path` cannot be read, or a file lacks the columns signal and recording.
    """
    where = path or f"{folder.results}/{FILE}"
    try:
        content = Path(path).read_bytes() if path else folder.read_bytes(FILE)
    except OSError as error:
        raise InputError.at("unreadable", where, f"cannot be read ({error.strerror}).") from None
    if content is None:
        return {}
    try:
        lines = csv.DictReader(io.StringIO(content.decode("utf-8-sig"), newline=""))
        return {row["signal"]: row["recording"] for row in lines if row["recording"]}
    except (KeyError, UnicodeDecodeError, csv.Error):
        raise InputError.at(
            "wrong-kind", where, "give a CSV file with columns signal and recording."
        ) from None


def stored_recordings(store: Store) -> dict[str, str]:
    """Return the recording of each signal of a store, by its sha256.

    A signal that the folder's file does not name is a recording by itself, called by its source.

    Raises:
        InputError: the folder's file lacks the columns signal and recording.

    Example:
        >>> from analysis.surfaces.stored import BENCHMARK
        >>> from studies.engine.store.store import Store
        >>> len(stored_recordings(Store(BENCHMARK, create=False))) > 10
        True
    """
    named = read_recordings(store)
    signals = map(signal_from_row, store.signals().to_pylist())
    return {signal.sha256: named.get(signal.name, signal.source) for signal in signals}


def write_recordings(folder: Folder, recordings: Mapping[str, str]) -> None:
    """Replace the folder's file by these recordings, in the order of the signals' names.

    Args:
        folder: The results folder.
        recordings: The recording of each signal, by the signal's name.
    """
    text = io.StringIO(newline="")
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(["signal", "recording"])
    writer.writerows(sorted(recordings.items()))
    folder.write_bytes(FILE, text.getvalue().encode())
