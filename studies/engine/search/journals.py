"""Find the journals of a run's searches. A journal belongs to a search, and not to a run.

So a run with one clip more continues the searches of all others. Earlier versions kept the searches
of a run in one journal beside it. Such a search is continued in a journal of its own.
"""

import os
import tempfile
from collections.abc import Callable, Sequence
from functools import cached_property
from pathlib import Path
from typing import NamedTuple

import optuna
from optuna.storages import BaseStorage

from inr_models import InputError
from studies.engine.outcomes.signal_state import Suggestion
from studies.engine.outcomes.stored_runs import stored_runs
from studies.engine.planning.run import Run
from studies.engine.search.journal import SPACE, open_journal, stored_name, suggestions_of
from studies.engine.search.search_id import search_id
from studies.engine.search.settings import SearchSettings
from studies.engine.search.space import space, space_text
from studies.engine.signals.signal import Signal
from studies.engine.store.store import Store

FOLDER = "_searches"
"""The folder of the journals in the results."""

OF_A_RUN = "optuna.journal"
"""The journal of all searches of a run, which earlier versions kept in the run's folder."""


class OpenJournal(NamedTuple):
    """Hold the storage of a search's Optuna study, and what copies its file to the results."""

    storage: BaseStorage
    keep: Callable[[], None]


class Found(NamedTuple):
    """Hold the storage and the Optuna study of a search that has begun."""

    storage: BaseStorage
    study: optuna.Study


class Journals:
    """Finds and opens the journals of a run's searches.

    Optuna writes to a local disk alone. Where the results are elsewhere, it writes to a copy on
    this machine, and `OpenJournal.keep` copies it back.

    Args:
        store: The results.
        run: The run.
        settings: How it searches.
    """

    def __init__(self, store: Store, run: Run, settings: SearchSettings) -> None:
        self.store, self.run, self.settings = store, run, settings
        self.is_local = "://" not in store.location

    @cached_property
    def _scratch(self) -> tempfile.TemporaryDirectory[str]:
        return tempfile.TemporaryDirectory(prefix="noisescape-journals-")

    def name(self, signal: Signal) -> str:
        """Return the path of the journal of a signal's search under the results."""
        return f"{FOLDER}/{search_id(self.run, self.settings, signal)}.journal"

    def suggestions(self, signals: Sequence[Signal]) -> dict[str, list[Suggestion]]:
        """Return what was suggested for each of the signals, by their sha256. Nothing is written.

        Raises:
            InputError: A file is no journal of Optuna.
        """
        suggestions = {}
        for signal in signals:
            found = self._begun(signal)
            suggestions[signal.sha256] = suggestions_of(found.study) if found else []
        return suggestions

    def open(self, signal: Signal) -> OpenJournal:
        """Open the journal of a signal's search, to write to it. Only one process may do so.

        Raises:
            InputError: The file is no journal of Optuna.
        """
        name = self.name(signal)
        path = self._local(name)
        earlier = None if _has_begun(path) else self._of_earlier_version(signal)
        if earlier:
            _copy(earlier, path)
        storage = open_journal(path, self._shown(name), to_write=True)

        def keep() -> None:
            if not self.is_local:
                self.store.write_bytes(name, path.read_bytes())

        return OpenJournal(storage, keep)

    def _begun(self, signal: Signal) -> Found | None:
        """Return a signal's search, None if it has not begun."""
        name = self.name(signal)
        path = self._local(name)
        if _has_begun(path):
            return self._found_in(path, name, signal)
        return self._of_earlier_version(signal)

    def _found_in(self, path: Path, name: str, signal: Signal) -> Found | None:
        storage = open_journal(path, self._shown(name), to_write=False)
        study_name = stored_name(storage, signal)
        if study_name is None:
            return None
        return Found(storage, optuna.load_study(study_name=study_name, storage=storage))

    def _local(self, name: str) -> Path:
        """Return where a journal is on this machine, after it was fetched from elsewhere."""
        if self.is_local:
            return Path(self.store.root) / name
        path = Path(self._scratch.name) / name
        is_stored = not name.startswith(f"{FOLDER}/") or name in self._stored
        if is_stored and not path.exists() and (content := self.store.read_bytes(name)):
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content)
        return path

    @cached_property
    def _stored(self) -> set[str]:
        """The journals that the results hold. Listing them is one request instead of many."""
        return {f"{FOLDER}/{name}" for name in self.store.names(FOLDER)}

    @cached_property
    def _runs(self) -> list[tuple[str, Run]]:
        """The stored runs of this kind, with their folders."""
        runs = []
        for path, run in stored_runs(self.store):
            if run and run.question.kind == self.run.question.kind:
                runs.append((path.rpartition("/")[0], run))
        return runs

    def _of_earlier_version(self, signal: Signal) -> Found | None:
        """Return a signal's search from the journal of a run that asks the same.

        Where several runs have searched the signal, it is the longest search.
        """
        longest, most = None, 0
        for folder, run in self._runs:
            name = f"{folder}/{OF_A_RUN}"
            if not self._asks_the_same(run, signal) or not _has_begun(path := self._local(name)):
                continue
            found = self._found_in(path, name, signal)
            if not found or found.study.user_attrs.get(SPACE) != space_text(space(run, signal)):
                continue
            num_own = sum(not suggestion.warm for suggestion in suggestions_of(found.study))
            if num_own > most:
                longest, most = found, num_own
        return longest

    def _asks_the_same(self, run: Run, signal: Signal) -> bool:
        settings = getattr(run.question, "settings", None)
        if signal.sha256 not in run.signals or not isinstance(settings, SearchSettings):
            return False
        try:
            asked = search_id(run, settings, signal)
        except InputError:  # its grid cannot be searched
            return False
        return asked == search_id(self.run, self.settings, signal)

    def _shown(self, name: str) -> str:
        return f"{self.store.results}/{name}"


def _has_begun(path: Path) -> bool:
    return path.exists() and path.stat().st_size > 0


def _copy(found: Found, path: Path) -> None:
    """Copy a search to a journal of its own, which appears as a whole."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=".copy-", dir=path.parent) as folder:
        copy = Path(folder) / path.name
        optuna.copy_study(
            from_study_name=found.study.study_name,
            from_storage=found.storage,
            to_storage=open_journal(copy),
        )
        os.replace(copy, path)
