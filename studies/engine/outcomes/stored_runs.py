"""List the runs that a results folder holds."""

from collections.abc import Iterator

from studies.engine.planning.run import Run, read_run
from studies.engine.store.store import Store


def stored_runs(store: Store) -> Iterator[tuple[str, Run | None]]:
    """Yield the path and the run of every run of a results folder.

    The run is None where its file is damaged or of another version.
    """
    for folder in store.names("_studies"):
        path = f"_studies/{folder}/study.json"
        if content := store.read_bytes(path):
            try:
                run = read_run(content, folder)
            except Exception:  # a damaged value may raise anything
                run = None
            yield path, run
