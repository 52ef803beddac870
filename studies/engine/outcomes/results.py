"""Collect a run and all that is stored of it."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple

from studies.engine.outcomes.signal_state import SignalState
from studies.engine.planning.points import PlannedFit
from studies.engine.planning.question import Steps
from studies.engine.planning.run import Run
from studies.engine.signals.signal import Signal
from studies.engine.store.rows import Row
from studies.engine.store.store import Store


class Progress(NamedTuple):
    """How far a signal is.

    Args:
        done: Number of fits that are stored.
        missing: Number of fits that remain. In a search it is a bound.
        asked: The keys of all fits that its steps have reached or that follow in any case.
    """

    done: int
    missing: int
    asked: set[str]


class Results(NamedTuple):
    """A run and all that is stored of it.

    Args:
        run: The run.
        states: Its signals in order, each with the rows that a report is of.
        store: The results.
        progress: How far each signal is, by sha256.
    """

    run: Run
    states: Sequence[SignalState]
    store: Store
    progress: Mapping[str, Progress]

    @property
    def signals(self) -> list[Signal]:
        """The signals in order."""
        return [state.signal for state in self.states]

    @property
    def num_done(self) -> int:
        """Number of fits that are stored."""
        return sum(progress.done for progress in self.progress.values())

    @property
    def num_missing(self) -> int:
        """Number of fits that remain."""
        return sum(progress.missing for progress in self.progress.values())

    @property
    def all_rows(self) -> Iterator[Row]:
        """The rows of all signals."""
        for state in self.states:
            yield from state.rows.values()


def statuses(state: SignalState) -> Counter[str]:
    """Return how many of a signal's fits ended in which status."""
    return Counter(row["status"] for row in state.rows.values())


def progress(state: SignalState, steps: Steps) -> Progress:
    """Return how far a signal is, by going through its steps as far as its rows allow."""
    reached: dict[str, PlannedFit] = {}
    at_most = 0
    for step in steps:
        reached |= {fit.trial.key: fit for fit in step.fits}
        if step.is_open or not all(map(state.is_done, step.fits)):
            ahead = step.ahead()
            # A fit that a step has reached replaces the same fit ahead.
            reached = {fit.trial.key: fit for fit in ahead.fits} | reached
            at_most = ahead.at_most
            break
    num_done = sum(map(state.is_done, reached.values()))
    return Progress(num_done, len(reached) - num_done + at_most, set(reached))
