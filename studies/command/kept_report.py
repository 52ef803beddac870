"""Keep what a report has shown, so that a run with nothing to do need not draw it again.

A report is shown again only while all that it was drawn from is as it was: the run, every file of
the results that a report may read, the code, and the window. If one of these differs, the report is
drawn again.
"""

import hashlib
import inspect
import json
import os
import sys
from collections.abc import Iterator
from pathlib import Path

from rich.console import Console

from studies.engine.planning.run import Run, run_json
from studies.engine.store.store import Store

FILE = "shown.json"
"""The file in a run's folder that has what its report has shown."""

CODE = ("analysis", "inr_models", "search_spaces", "studies")
"""The packages that decide what a report says."""

ASIDE = ("_mlflow/", "_studies/")
"""Folders of the results from which no report of a run is drawn."""


def state_of(run: Run, store: Store, uri: str, console: Console) -> str:
    """Return a hash of all from which a run's report is drawn. Take it before the rows are read.

    Args:
        run: The run, which is stored.
        store: The results.
        uri: MLflow's tracking URI, which the last lines name.
        console: Where tables are printed.
    """
    window = (console.width, console.color_system, console.is_terminal, console.encoding)
    results = [entry for entry in store.listing().items() if not entry[0].startswith(ASIDE)]
    code = [*_files_of_code(), *_own_files(run)]
    return _hash(run_json(run).decode(), store.location, uri, window, results, code)


def kept_text(run: Run, store: Store, state: str) -> str | None:
    """Return what a report has printed, None if it has to be drawn again.

    Args:
        run: The run.
        store: The results.
        state: What `state_of` returns now.
    """
    content = store.read_bytes(f"{run.folder}/{FILE}")
    try:
        kept = json.loads(content or b"{}")
        is_same = kept["state"] == state and kept["files"] == _files_of_report(run, store)
        return str(kept["text"]) if is_same else None
    except (ValueError, KeyError, TypeError):  # there is none, or somebody has changed it
        return None


def keep(run: Run, store: Store, state: str, text: str) -> None:
    """Keep what a report has printed.

    Args:
        run: The run, whose report is written.
        store: The results.
        state: What `state_of` returned before the report was drawn.
        text: What was printed.
    """
    kept = {"state": state, "files": _files_of_report(run, store), "text": text}
    store.update_bytes(f"{run.folder}/{FILE}", json.dumps(kept).encode())


def _files_of_report(run: Run, store: Store) -> str:
    """Return a hash of the files in the folder of a run, which somebody may change or remove."""
    own = f"{run.folder}/{FILE}"
    return _hash([entry for entry in store.listing(run.folder).items() if entry[0] != own])


def _files_of_code() -> Iterator[tuple[str, int, int]]:
    """Yield every file of the packages, with its size and its time."""
    root = Path(__file__).parents[2]
    for package in CODE:
        for folder, folders, names in os.walk(root / package):
            folders[:] = sorted(name for name in folders if name != "__pycache__")
            for name in sorted(names):
                yield _seen(Path(folder, name))


def _own_files(run: Run) -> Iterator[tuple[str, int, int]]:
    """Yield the file that was started, and the one with the kind of the study."""
    for module in (sys.modules["__main__"], inspect.getmodule(type(run.question))):
        if file := getattr(module, "__file__", None):
            yield _seen(Path(file).absolute())


def _seen(file: Path) -> tuple[str, int, int]:
    status = file.stat()
    return str(file), status.st_size, status.st_mtime_ns


def _hash(*values: object) -> str:
    return hashlib.sha256(json.dumps(values).encode()).hexdigest()[:32]
