"""A run, what of it is missing, and what that costs."""

from collections.abc import Sequence

from analysis.landscape import landscape
from studies.engine.plan import PlannedFit, confirmation, every_trial, plan, points
from studies.engine.rows import Row
from studies.engine.signals import Signal
from studies.engine.store import Store
from studies.engine.study import Run
from studies.engine.workers import Workers, time_epoch


class Job:
    """The fits of a run that its store lacks, with their cost from a timed step."""

    def __init__(self, run: Run, signals: Sequence[Signal], store: Store) -> None:
        self.run, self.signals, self.store = run, signals, store
        planned = plan(run, signals)
        done = store.done([fit.trial.key for fit in planned])
        self.missing = [fit for fit in planned if fit.trial.key not in done]
        # The best cells are known when the map is; until then, all of theirs count as missing.
        follow_ups = len(signals) * len(run.confirm_seeds)
        self.num_follow_ups = follow_ups if self.missing else len(self.confirming())
        self.num_done = len(done) + follow_ups - self.num_follow_ups
        self.seconds_per_sample = 0.0

    def measure(self, workers: Workers) -> None:
        """Time a step on one of the workers, for the estimates below."""
        longest = max(self.signals, key=lambda signal: signal.num_samples)
        network = points(self.run, longest)[0].network
        self.seconds_per_sample = time_epoch(network, longest, workers) / longest.num_samples

    @property
    def num_missing(self) -> int:
        """Fits to run, those of the best cells included."""
        return len(self.missing) + self.num_follow_ups

    def seconds_per_fit(self, fit: PlannedFit) -> float:
        """Estimated, on one worker."""
        return self.seconds_per_sample * fit.signal.num_samples * fit.trial.fit.epochs

    @property
    def seconds(self) -> float:
        """Estimated for all that is missing, one fit after the other on one worker."""
        samples = sum(fit.signal.num_samples for fit in self.missing)
        mean = sum(signal.num_samples for signal in self.signals) / len(self.signals)
        samples += mean * self.num_follow_ups
        return self.seconds_per_sample * samples * self.run.scale.fit.epochs

    def confirming(self) -> list[PlannedFit]:
        """The best cells' fits that are missing, by the map as it is in the store."""
        rows = stored_rows(self.run, self.signals, self.store)
        best = [(signal, landscape(self.run, signal, rows).best) for signal in self.signals]
        fits = confirmation(self.run, [(signal, cell) for signal, cell in best if cell])
        done = self.store.done([fit.trial.key for fit in fits])
        return [fit for fit in fits if fit.trial.key not in done]

    def unfinished(self, fits: Sequence[PlannedFit]) -> bool:
        """Whether some of `fits` have no row at all, not even a failed one."""
        keys = [fit.trial.key for fit in fits]
        return len(self.store.fits(keys, ["key"])) < len(keys)


def stored_rows(run: Run, signals: Sequence[Signal], store: Store) -> dict[str, Row]:
    """The store's rows of a run, by key."""
    keys = [key for *_, key in every_trial(run, signals)]
    return {row["key"]: row for row in store.fits(keys).to_pylist()}
