"""Keep MLflow's view of a run up to date, in a process of its own that never holds the study up.

MLflow takes seconds to import and to create its tables. Meanwhile the study starts and fits.
"""

import contextlib
import dataclasses
import logging
import multiprocessing
import os
import signal
import threading
import time
from collections.abc import Mapping, Sequence
from multiprocessing.connection import Connection
from typing import NamedTuple, Self

from inr_models.collector import collect_less
from inr_models.shown import first_line, shown
from studies.engine.outcomes.report import Report
from studies.engine.planning.run import Run
from studies.engine.signals.signal import Signal
from studies.engine.store.store import Store
from studies.engine.tracking.mlflow_tree import import_mlflow
from studies.engine.tracking.tracker import Tracker

EVERY_SECONDS = 20.0
"""Time between two syncs in seconds, unless they are slow or MLflow is away."""

LONGEST_PAUSE = 600.0
"""Longest time in seconds between two attempts to reach an MLflow that is away."""

NICENESS = 15
"""How much the process gives way to others. Ray's workers have the same."""

HELD_BACK = [
    getattr(signal, name)
    for name in ("SIGHUP", "SIGINT", "SIGQUIT", "SIGTERM")
    if hasattr(signal, name)
]
"""Signals that a terminal or a batch system sends to a whole group. The study ends the process."""


class _Run(NamedTuple):
    """Hold what is synced, see `Tracker`, and the place of the results."""

    uri: str
    run: Run
    signals: Sequence[Signal]
    location: str


class _Request(NamedTuple):
    """Hold what a sync at the end of a run adds, see `Report` and `Tracker.sync`."""

    html: str
    numbers: Mapping[str, Mapping[str, float]]
    figures: Mapping[str, str]
    finished: bool
    stamp: str


class Synced(NamedTuple):
    """Say how a sync ended.

    Args:
        away: Why MLflow could not be reached, None if it could.
        page: The page of the study's runs, below the server's address, if MLflow was reached.
    """

    away: str | None
    page: str = ""


class BackgroundTracking:
    """A process that imports MLflow, and syncs a run from time to time.

    It ends with the block that it is used in, or with the process of the study.

    Args:
        every_seconds: Time between two syncs.

    Example:
        >>> with BackgroundTracking() as tracking:
        ...     tracking.begin(uri, run, signals, store)
        ...     away, page = tracking.sync(report, finished=True, stamp="")
    """

    def __init__(self, every_seconds: float = EVERY_SECONDS) -> None:
        # A process that is forked from one with threads may wait for ever for what they hold.
        context = multiprocessing.get_context("spawn")
        self.ours, theirs = context.Pipe()
        self.uri, self.obstacle = "", "the process that writes to it has ended"
        self.beginning: threading.Thread | None = None
        self.process = context.Process(target=_follow, args=(theirs, every_seconds), name="mlflow")
        before = signal.pthread_sigmask(signal.SIG_BLOCK, HELD_BACK)  # it inherits this
        try:
            self.process.start()
        finally:
            signal.pthread_sigmask(signal.SIG_SETMASK, before)
        theirs.close()

    def begin(self, uri: str, run: Run, signals: Sequence[Signal], store: Store) -> None:
        """Begin to sync a run. The process finds its rows in the store."""
        self.uri = uri
        described = [dataclasses.replace(signal, values=None, cloud=None) for signal in signals]
        message = _Run(uri, run, described, store.location)
        # A long message waits until the process has imported MLflow and reads it.
        self.beginning = threading.Thread(target=self._begin, args=(message,), daemon=True)
        self.beginning.start()

    def _begin(self, message: _Run) -> None:
        try:
            self.ours.send(message)
        except OSError:  # the process has ended, and `sync` says so
            pass
        except Exception as error:  # a kind of study that cannot be sent to a process
            self.obstacle = first_line(error)
            self.process.kill()

    def sync_soon(self) -> None:
        """Let the process sync what it can while the report is drawn, which then adds little."""
        if not self._is_beginning:
            with contextlib.suppress(OSError):  # the process has ended, and `sync` says so
                self.ours.send(None)

    def sync(self, report: Report, *, finished: bool, stamp: str) -> Synced:
        """Add all that the store has and MLflow lacks, and the report. See `Tracker.sync`."""
        if self.beginning:
            self.beginning.join()
        try:
            self.ours.send(_Request(report.html, report.numbers, report.figures, finished, stamp))
            return self.ours.recv()
        except (EOFError, OSError):
            return Synced(f"{shown(self.uri)}: {shown(self.obstacle)[:160]}")

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        """Wait for the current sync, and start no other."""
        if self._is_beginning or not self.beginning:
            self.process.kill()  # it has written nothing
        if self.beginning:
            self.beginning.join()
        self.ours.close()
        self.process.join()

    @property
    def _is_beginning(self) -> bool:
        """Whether the process has yet to read what it should sync."""
        return self.beginning is not None and self.beginning.is_alive()


def _follow(theirs: Connection, every_seconds: float) -> None:
    """Sync until the study has closed its end of the connection, which its own end does as well."""
    os.nice(NICENESS)
    collect_less()
    logging.disable(logging.WARNING)
    nowhere = os.open(os.devnull, os.O_WRONLY)
    for stream in (1, 2):  # MLflow and its libraries print to both
        os.dup2(nowhere, stream)
    import_mlflow()
    with contextlib.suppress(EOFError, OSError):  # the study has ended
        tracker = _begun(theirs)
        while True:
            asked = _asked(tracker, theirs, every_seconds)
            theirs.send(_answer(tracker, asked))


def _begun(theirs: Connection) -> Tracker | Synced:
    """Return what syncs the run that the study names, or why nothing can."""
    try:
        named: _Run = theirs.recv()
        return Tracker(named.uri, named.run, named.signals, Store(named.location, create=False))
    except EOFError:
        raise
    except Exception as error:  # the storage is away, or the kind of study is unknown here
        return Synced(shown(first_line(error))[:160])


def _answer(tracker: Tracker | Synced, asked: _Request) -> Synced:
    if isinstance(tracker, Synced):
        return tracker
    report = Report((), asked.html, asked.numbers, asked.figures, {})
    away = tracker.sync(report, finished=asked.finished, stamp=asked.stamp)
    return Synced(away, "" if away else tracker.page)


def _asked(tracker: Tracker | Synced, theirs: Connection, every_seconds: float) -> _Request:
    """Sync at once, then from time to time and when the study says so, until it asks for more."""
    pause, failures = 0.0, 0
    while isinstance(tracker, Tracker):
        if theirs.poll(pause):
            asked: _Request | None = theirs.recv()
            if asked is not None:
                return asked
            if failures:
                continue  # the study would have to wait for MLflow twice
        begin = time.monotonic()
        if tracker.sync() is None:
            pause, failures = max(every_seconds, 5 * (time.monotonic() - begin)), 0
        else:
            pause = min(every_seconds * 2**failures, LONGEST_PAUSE)
            failures += 1
    while (asked := theirs.recv()) is None:
        pass
    return asked
