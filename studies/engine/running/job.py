"""A run, what of it is missing, and what that costs."""

from collections.abc import Callable, Sequence

from inr_models import NetworkConfig
from studies.engine.outcomes.results import Results, progress
from studies.engine.outcomes.signal_state import SignalState, stored_rows
from studies.engine.planning.points import PlannedFit
from studies.engine.planning.run import Run
from studies.engine.planning.scale import Scale
from studies.engine.running.schedule import MAX_BATCH, Schedule
from studies.engine.signals.signal import Signal
from studies.engine.store.growing import others_write
from studies.engine.store.outputs import StoredOutputs
from studies.engine.store.rows import REPORTED
from studies.engine.store.store import Store

# Times an epoch of a network on a signal, in stacks of at most some number. It returns the seconds
# for one fit, and the size of the stack that this takes.
TimeEpoch = Callable[[NetworkConfig, Signal, Scale, int], tuple[float, int]]


class Job:
    """Knows what a run has and lacks, what the rest costs, and in which order it runs.

    Args:
        run: The run.
        signals: Its signals, in order.
        store: The results.
        columns: The columns of the rows that are read. `rows.COUNTED` are enough to count.

    Attributes:
        stored: The run and all rows of its size and training, whichever study asked for them.

    Raises:
        InputError: The journal of a search is damaged, or of another version of Optuna.
    """

    def __init__(
        self,
        run: Run,
        signals: Sequence[Signal],
        store: Store,
        columns: Sequence[str] = REPORTED,
    ) -> None:
        rows = dict(stored_rows(run, store, columns))
        suggestions = run.question.suggestions(run, signals, store)
        outputs = StoredOutputs(store)
        states = [
            SignalState(run, s, rows[s.sha256], suggestions.get(s.sha256, ()), outputs)
            for s in signals
        ]
        done = {state.signal.sha256: progress(state, run.question.steps(state)) for state in states}
        self.stored = Results(run, states, store, done)
        self.seconds_per_sample: dict[tuple[object, ...], float] = {}
        self.stack = 1

    @property
    def longest(self) -> SignalState:
        """The signal of most samples."""
        return max(self.stored.states, key=lambda state: state.signal.num_samples)

    @property
    def num_together(self) -> int:
        """Number of fits of one signal that a worker can get at once, and so can stack."""
        run, most = self.stored.run, max(p.missing for p in self.stored.progress.values())
        return run.question.num_together(run.scale, max(1, min(most, MAX_BATCH)))

    def measure(self, time_epoch: TimeEpoch) -> None:
        """Time a step of every structure, for the estimates below."""
        scale, signal = self.stored.run.scale, self.longest.signal
        for point in self.longest.points:
            structure = point.network.structure
            if structure not in self.seconds_per_sample:
                seconds, stack = time_epoch(point.network, signal, scale, self.num_together)
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
        samples = 0
        for signal in self.stored.signals:
            samples += self.stored.progress[signal.sha256].missing * signal.num_samples
        rates = [self.seconds_per_sample[point.network.structure] for point in self.longest.points]
        return sum(rates) / len(rates) * samples * self.stored.run.scale.fit.epochs

    def results(self) -> Results:
        """Return all that is stored of the run, for a report."""
        states = []
        for state in self.stored.states:
            asked = self.stored.progress[state.signal.sha256].asked
            rows = self.stored.run.question.reported_rows(state, asked)
            states.append(
                SignalState(state.run, state.signal, rows, state.suggestions, state.outputs)
            )
        return self.stored._replace(states=states)

    def schedule(self, *, num_workers: int) -> Schedule:
        """Return everything that is missing, in the order in which it is worth having.

        The order is reversed if another driver works in the same results.

        Args:
            num_workers: Number of workers that should have work from the start.

        Raises:
            InputError: The journal of a search is damaged, or of another version of Optuna.
        """
        states = []
        outputs = StoredOutputs(self.stored.store)
        for state in self.stored.states:
            # A failed fit is tried again.
            rows = {key: row for key, row in state.rows.items() if row["status"] != "failed"}
            states.append(SignalState(state.run, state.signal, rows, state.suggestions, outputs))
        by_signal = self.stored.run.question.all_steps(states, self.stored.store)
        return Schedule(
            [(steps, state.rows) for steps, state in zip(by_signal, states, strict=True)],
            self.seconds_per_fit,
            outputs=outputs,
            num_workers=num_workers,
            min_batch=self.stack,
            backwards=others_write(self.stored.store),
        )
