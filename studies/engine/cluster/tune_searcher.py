"""Tune's searcher: a Tune trial for each batch of the schedule, whatever studies it is of."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ray.tune.search import Searcher

from studies.engine.planning.trial import Trial
from studies.engine.running.schedule import Batch, Schedule
from studies.engine.store.rows import Row, brief


@dataclass(frozen=True)
class Work:
    """What a worker is told of a batch: no samples, which it has from the object store."""

    number: int
    trials: tuple[Trial, ...]
    rungs: tuple[Mapping[int, float], ...]
    keep: tuple[bool, ...]
    packing: Row

    def __str__(self) -> str:
        return str(self.number)  # in the names of Tune's trials


def packing_columns(batch: Batch) -> Row:
    """What a row tells of the batch that its fit was in."""
    return {
        "batch": batch.number,
        "batch_fits": len(batch.fits),
        "batch_seconds": batch.seconds,
    }


class ScheduleSearcher(Searcher):
    """Suggests the schedule's batches as they become known, across all signals' studies."""

    def __init__(self, schedule: Schedule, again: Sequence[Batch] = ()) -> None:
        """`again` are batches that an earlier searcher has handed out and that did not end."""
        super().__init__()
        self.schedule = schedule
        self.again = list(again)
        self.batches: dict[int, Batch] = {}
        self.numbers: dict[str, int] = {}

    def __getstate__(self) -> dict[str, Any]:
        return {}  # Tune pickles searchers to restore them, which never happens here

    def suggest(self, trial_id: str) -> Any:
        """{"batch": Work}; None while there is none to be had; FINISHED at the end."""
        batch = self.again.pop() if self.again else self.schedule.next()
        if batch is None:
            return Searcher.FINISHED if self.schedule.is_finished else None
        self.batches[batch.number] = batch
        self.numbers[trial_id] = batch.number
        trials = tuple(fit.trial for fit in batch.fits)
        rungs = tuple(fit.rungs for fit in batch.fits)
        keep = tuple(fit.keep for fit in batch.fits)
        return {"batch": Work(batch.number, trials, rungs, keep, packing_columns(batch))}

    def on_trial_result(self, trial_id: str, result: dict[str, Any]) -> None:
        """Give the schedule a row, which may move its signal's study on."""
        self.schedule.record(brief(result))

    def on_trial_complete(
        self, trial_id: str, result: dict[str, Any] | None = None, error: bool = False
    ) -> None:
        """Forget the batch, whose rows came one by one; of an error `tuning` still makes rows."""
        if not error and trial_id in self.numbers:
            del self.batches[self.numbers.pop(trial_id)]

    def save(self, checkpoint_path: str) -> None:
        """Nothing: a run goes on from its store, never from Tune's files."""

    def restore(self, checkpoint_path: str) -> None:
        """Nothing, as `save`."""
