"""Know which outputs of fits are stored, and which fits have to run again for theirs.

A study that needs no output keeps none. If another study asks for one later, its fit runs again
and comes to the same output. Its row and its curve are not written a second time.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

from studies.engine.store.store import Store, output_path

if TYPE_CHECKING:
    from studies.engine.planning.points import PlannedFit

WITHOUT_SNAPSHOTS = ("diverged", "partial")
"""The statuses of fits that ended before some of the epochs whose outputs they were to keep."""


def outputs_of(fit: PlannedFit) -> list[str]:
    """Return the paths of the outputs that a fit keeps, its best output first."""
    paths = [output_path(fit.trial.key)] if fit.keep else []
    return paths + [output_path(fit.trial.key, epoch) for epoch in fit.snapshots]


def outputs_of_row(paths: Iterable[str], row: Mapping[str, Any]) -> list[str]:
    """Return those of the paths that a fit with this row has written."""
    if row["status"] == "failed":
        return []
    best = output_path(row["key"])
    return [p for p in paths if p == best or row["status"] not in WITHOUT_SNAPSHOTS]


class StoredOutputs:
    """Says which outputs are stored. The folder is listed when it is first asked.

    Args:
        store: The results.
    """

    def __init__(self, store: Store) -> None:
        self.store = store
        self.paths: set[str] | None = None

    def lack(self, fit: PlannedFit, row: Mapping[str, Any]) -> bool:
        """Return whether a fit that has a row has to run again for an output."""
        needed = outputs_of_row(outputs_of(fit), row)
        if not needed:
            return False
        if self.paths is None:
            self.paths = {f"_outputs/{name}" for name in self.store.names("_outputs")}
        return not self.paths.issuperset(needed)

    def add(self, fit: PlannedFit) -> None:
        """Note that a fit has run, so that its outputs are stored."""
        if self.paths is not None:
            self.paths.update(outputs_of(fit))
