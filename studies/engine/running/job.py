"""A run, what of it is missing, and what that costs."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Protocol

from analysis.reporting.report import Results
from inr_models import NetworkConfig
from inr_models.fitting.fit_config import Precision
from studies.engine.outcomes.choosing import best_tuned, candidates, compared, optimum
from studies.engine.outcomes.known_points import Suggestion, point_at, stored_rows
from studies.engine.planning.points import PlannedFit, Point, keys_of, plan, points, rule_points
from studies.engine.planning.study import Run
from studies.engine.running.course import course
from studies.engine.running.schedule import MAX_BATCH, Schedule
from studies.engine.signals.signal import Signal
from studies.engine.store.rows import REPORTED, Row
from studies.engine.store.store import UNFINISHED, Store

if TYPE_CHECKING:
    from studies.engine.search.signal_search import SignalSearch


class TimeEpoch(Protocol):
    """Times an epoch: seconds for one fit, and the size of the stack that this takes."""

    def __call__(
        self, network: NetworkConfig, signal: Signal, precision: Precision, most: int
    ) -> tuple[float, int]: ...


class Job:
    """A run's fits by signal, those that its store has and those that it lacks.

    `rows` are the store's by the signal's sha256 and by key; `shown`, the keys that a grid's report
    is of, and `done` and `missing`, which are counts, go by sha256, of a search as far as is
    known beforehand. `columns` are the rows': `rows.COUNTED` are enough for what is done.
    """

    def __init__(
        self,
        run: Run,
        signals: Sequence[Signal],
        store: Store,
        columns: Sequence[str] = REPORTED,
    ) -> None:
        self.run, self.signals, self.store = run, signals, store
        self.rows: dict[str, dict[str, Row]] = dict(stored_rows(run, store, columns))
        self.suggestions = self._suggestions()
        self.shown: dict[str, set[str]] = {}
        self.done: dict[str, int] = {}
        self.missing: dict[str, int] = {}
        for signal in signals:
            self.done[signal.sha256], self.missing[signal.sha256] = self._count(signal)
        self.seconds_per_sample: dict[tuple[object, ...], float] = {}
        self.stack = 1

    @property
    def num_missing(self) -> int:
        """Fits that are left to run."""
        return sum(self.missing.values())

    @property
    def num_done(self) -> int:
        """Fits that are not."""
        return sum(self.done.values())

    @property
    def longest(self) -> Signal:
        """The signal of most samples."""
        return max(self.signals, key=lambda signal: signal.num_samples)

    @property
    def num_together(self) -> int:
        """Fits of one signal that a worker can be given at once, so to be stacked."""
        run = self.run
        if run.search:
            return run.search.round_size * run.scale.seeds
        return max(1, min(max(self.missing.values()), MAX_BATCH))

    def measure(self, time_epoch: TimeEpoch) -> None:
        """Time a step of every structure, for the estimates below."""
        precision = self.run.scale.fit.precision
        for point in points(self.run, self.longest):
            if point.network.structure not in self.seconds_per_sample:
                seconds, stack = time_epoch(
                    point.network, self.longest, precision, self.num_together
                )
                self.seconds_per_sample[point.network.structure] = (
                    seconds / self.longest.num_samples
                )
                self.stack = max(self.stack, stack)

    def seconds_per_fit(self, fit: PlannedFit) -> float:
        """Estimated, on one worker."""
        known = self.seconds_per_sample
        # Where another signal's length makes another structure, that of any is a guess.
        rate = known.get(fit.trial.network.structure) or max(known.values())
        return rate * fit.signal.num_samples * fit.trial.fit.epochs

    @property
    def seconds(self) -> float:
        """Estimated for all that is missing, one fit after the other on one worker."""
        samples = sum(self.missing[s.sha256] * s.num_samples for s in self.signals)
        rates = [
            self.seconds_per_sample[point.network.structure]
            for point in points(self.run, self.longest)
        ]
        return sum(rates) / len(rates) * samples * self.run.scale.fit.epochs

    def results(self) -> Results:
        """All that is stored of the run, for a report."""
        return Results(
            run=self.run,
            signals=self.signals,
            rows=self._own_rows(),
            store=self.store,
            done=self.done,
            missing=self.missing,
            suggestions=self.suggestions,
            importance=_importance,
        )

    def _own_rows(self) -> Mapping[str, Mapping[str, Row]]:
        """A search takes all that is known of its signals, a grid what it asks for itself."""
        if self.run.search:
            return self.rows
        return {
            sha: {key: rows[key] for key in self.shown[sha] if key in rows}
            for sha, rows in self.rows.items()
        }

    def schedule(self, *, num_workers: int) -> Schedule:
        """Everything that is missing, in the order in which it is worth having.

        Raises:
            InputError: the run's journal is of another search, or there is no such sampler.
        """
        # A failed fit is tried again.
        rows = {
            sha: {key: row for key, row in rows.items() if row["status"] != "failed"}
            for sha, rows in self.rows.items()
        }
        searches = self._searches(rows) if self.run.search else {}
        courses = [
            (course(self.run, s, rows[s.sha256], searches.get(s.sha256)), rows[s.sha256])
            for s in self.signals
        ]
        return Schedule(
            courses, self.seconds_per_fit, num_workers=num_workers, min_batch=self.stack
        )

    def _suggestions(self) -> dict[str, list[Suggestion]]:
        if not self.run.search:
            return {sha: [] for sha in self.run.signals}
        from studies.engine.search.journal import RunJournal

        return RunJournal(self.store, self.run).suggestions(self.run, self.signals)

    def _searches(self, rows: dict[str, dict[str, Row]]) -> "dict[str, SignalSearch]":
        from studies.engine.search.journal import RunJournal
        from studies.engine.search.signal_search import SignalSearch

        journal = RunJournal(self.store, self.run)
        storage = journal.storage(to_write=True)
        return {
            s.sha256: SignalSearch(self.run, s, rows[s.sha256], storage, self.store, journal.keep)
            for s in self.signals
        }

    def _count(self, signal: Signal) -> tuple[int, int]:
        """How many of a signal's fits are done, and how many are missing as far as is known."""
        run, rows = self.run, self.rows[signal.sha256]
        if run.compares:
            return self._count_compared(signal)
        suggestions = self.suggestions[signal.sha256]
        tried = [point_at(run, s.scales) for s in suggestions if not s.warm]

        def keys(of: Sequence[Point], seeds: Sequence[int]) -> set[str]:
            return {key for point in of for key in keys_of(run, signal, point, seeds)}

        own = keys(tried, range(run.scale.seeds))
        stops = run.search is not None and run.search.early_stopping
        # A failed fit is tried again, one that was stopped early unless that is what was asked.
        done = {
            key
            for key, row in rows.items()
            if row["status"] not in UNFINISHED
            or (row["status"] == "partial" and stops and key in own)
        }
        mapped = rule_points(run, signal) if run.search else points(run, signal)
        wanted = keys(mapped, range(run.scale.seeds)) | own
        ahead = max(run.search.trials - len(tried), 0) * run.scale.seeds if run.search else 0
        is_known = not ahead and wanted <= done
        others = compared(run, signal, rows, suggestions)
        wanted |= keys(others, (*run.choosing_seeds, *run.scoring_seeds))
        if is_known:
            if run.choosing_seeds:
                wanted |= keys(candidates(run, signal, rows, suggestions), run.choosing_seeds)
        elif run.confirms:
            ahead += run.top * len(run.choosing_seeds)
            cells = [point for point in points(run, signal) if point.kind == "grid"]
            # Of a search the best cell is compared, too.
            if run.search and done & keys(cells, range(run.scale.seeds)):
                ahead += len(run.choosing_seeds) + len(run.scoring_seeds)
        # A grid that is not whole, for a failed fit say, may have its best cell confirmed as well.
        best = optimum(run, signal, rows, suggestions) if is_known or not run.search else None
        confirming = keys([best], run.scoring_seeds) if best else set()
        self.shown[signal.sha256] = wanted | confirming
        if is_known and best:
            wanted |= confirming
        else:
            ahead += len(run.scoring_seeds)
        num_done = len(wanted & done)
        return num_done, len(wanted) - num_done + ahead

    def _count_compared(self, signal: Signal) -> tuple[int, int]:
        """As `_count`: of a comparison all is known but which points win its tuning."""
        run, rows = self.run, self.rows[signal.sha256]
        wanted = {fit.trial.key for fit in plan(run, [signal])}
        winners = best_tuned(run, signal, rows)
        tuned = {p.case for p in points(run, signal) if p.kind == "tuning"}
        decided = {
            key
            for point in winners.values()
            for key in keys_of(run, signal, point, range(run.scale.seeds))
        }
        done = {key for key, row in rows.items() if row["status"] not in UNFINISHED}
        known = wanted <= done
        wanted |= decided
        self.shown[signal.sha256] = wanted
        ahead = 0 if known else (len(tuned) - len(winners)) * run.scale.seeds
        return len(wanted & done), len(wanted - done) + ahead


def _importance(suggestions: Sequence[Suggestion]) -> dict[str, float]:
    from studies.engine.search.journal import importance  # Optuna, where it is asked for

    return importance(suggestions)
