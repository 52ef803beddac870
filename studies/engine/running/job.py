"""A run, what of it is missing, and what that costs."""

from collections.abc import Sequence
from typing import Protocol

from inr_models import NetworkConfig
from inr_models.fitting.fit_config import Precision
from studies.engine.outcomes.results import Progress, Results, progress
from studies.engine.outcomes.signal_state import SignalState, stored_rows
from studies.engine.planning.points import PlannedFit
from studies.engine.planning.run import Run
from studies.engine.running.schedule import MAX_BATCH, Schedule
from studies.engine.signals.signal import Signal
from studies.engine.store.rows import REPORTED
from studies.engine.store.store import Store


class TimeEpoch(Protocol):
    """Times an epoch: seconds for one fit, and the size of the stack that this takes."""

    def __call__(
        self, network: NetworkConfig, signal: Signal, precision: Precision, most: int
    ) -> tuple[float, int]: ...


class Job:
    """A run with what its store has and lacks.

    Args:
        run: The run.
        signals: Its signals, in order.
        store: The results.
        columns: The columns of the rows that are read. `rows.COUNTED` are enough to count.

    Attributes:
        states: What is known of each signal, in order.
        progress: How far each signal is, by sha256.

    Raises:
        InputError: The run's journal is of another search.
    """

    def __init__(
        self,
        run: Run,
        signals: Sequence[Signal],
        store: Store,
        columns: Sequence[str] = REPORTED,
    ) -> None:
        self.run, self.signals, self.store = run, signals, store
        rows = dict(stored_rows(run, store, columns))
        suggestions = run.question.suggestions(run, signals, store)
        self.states = [
            SignalState(run, s, rows[s.sha256], suggestions.get(s.sha256, ())) for s in signals
        ]
        self.progress: dict[str, Progress] = {}
        for state in self.states:
            self.progress[state.signal.sha256] = progress(state, run.question.steps(state))
        self.seconds_per_sample: dict[tuple[object, ...], float] = {}
        self.stack = 1

    @property
    def num_missing(self) -> int:
        """Number of fits that remain."""
        return sum(progress.missing for progress in self.progress.values())

    @property
    def num_done(self) -> int:
        """Number of fits that are stored."""
        return sum(progress.done for progress in self.progress.values())

    @property
    def longest(self) -> SignalState:
        """The signal of most samples."""
        return max(self.states, key=lambda state: state.signal.num_samples)

    @property
    def num_together(self) -> int:
        """Number of fits of one signal that a worker can get at once, and so can stack."""
        most = max(progress.missing for progress in self.progress.values())
        return self.run.question.num_together(self.run.scale, max(1, min(most, MAX_BATCH)))

    def measure(self, time_epoch: TimeEpoch) -> None:
        """Time a step of every structure, for the estimates below."""
        precision, signal = self.run.scale.fit.precision, self.longest.signal
        for point in self.longest.points:
            structure = point.network.structure
            if structure not in self.seconds_per_sample:
                seconds, stack = time_epoch(point.network, signal, precision, self.num_together)
                self.seconds_per_sample[structure] = seconds / signal.num_samples
                self.stack = max(self.stack, stack)

    def seconds_per_fit(self, fit: PlannedFit) -> float:
        """Return the expected seconds of a fit on one worker."""
        known = self.seconds_per_sample
        # A signal of another length may have a structure that was not timed. Any other's rate is
        # a guess.
        rate = known.get(fit.trial.network.structure) or max(known.values())
        return rate * fit.signal.num_samples * fit.trial.fit.epochs

    @property
    def seconds(self) -> float:
        """Expected seconds of all that remains, one fit after the other on one worker."""
        samples = sum(
            self.progress[signal.sha256].missing * signal.num_samples for signal in self.signals
        )
        rates = [self.seconds_per_sample[point.network.structure] for point in self.longest.points]
        return sum(rates) / len(rates) * samples * self.run.scale.fit.epochs

    def results(self) -> Results:
        """Return all that is stored of the run, for a report."""
        states = []
        for state in self.states:
            asked = self.progress[state.signal.sha256].asked
            rows = self.run.question.reported_rows(state, asked)
            states.append(SignalState(self.run, state.signal, rows, state.suggestions))
        return Results(self.run, states, self.store, self.progress)

    def schedule(self, *, num_workers: int) -> Schedule:
        """Return everything that is missing, in the order in which it is worth having.

        Raises:
            InputError: The run's journal is of another search, or there is no such sampler.
        """
        states = []
        for state in self.states:
            # A failed fit is tried again.
            rows = {key: row for key, row in state.rows.items() if row["status"] != "failed"}
            states.append(SignalState(self.run, state.signal, rows, state.suggestions))
        by_signal = self.run.question.all_steps(states, self.store)
        return Schedule(
            [(steps, state.rows) for steps, state in zip(by_signal, states, strict=True)],
            self.seconds_per_fit,
            num_workers=num_workers,
            min_batch=self.stack,
        )
