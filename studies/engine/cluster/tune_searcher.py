"""Hand the batches of a schedule to Tune, as the trials that a searcher suggests.

Tune serves as a queue here: the schedule decides what runs next, and Tune passes batches to
workers. So this searcher searches nothing, and ignores what Tune would save and restore.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ray.tune.search import Searcher

from studies.engine.planning.trial import Trial
from studies.engine.running.schedule import Batch, Schedule
from studies.engine.store.rows import Row, brief


@dataclass(frozen=True)
class WorkerBatch:
    """Holds what Tune sends to a worker: a batch without samples, which Ray's object store has.

    Attributes:
        number: of the batch in its schedule.
        trials: what to fit.
        rungs: for each trial, {epoch: PSNR in dB below which it stops there}.
        keep: for each trial, whether to keep its output.
        packing: columns about the batch for the rows of its fits.
    """

    number: int
    trials: tuple[Trial, ...]
    rungs: tuple[Mapping[int, float], ...]
    keep: tuple[bool, ...]
    packing: Row

    def __str__(self) -> str:
        return str(self.number)  # in the names of Tune's trials


def packing_columns(batch: Batch) -> Row:
    """Return the columns of a row about the batch that its fit was in."""
    return {
        "batch": batch.number,
        "batch_fits": len(batch.fits),
        "batch_seconds": batch.seconds,
    }


class ScheduleSearcher(Searcher):
    """Suggests the batches of a schedule as they become known."""

    def __init__(self, schedule: Schedule, unfinished: Sequence[Batch] = ()) -> None:
        """Begin with `unfinished`, the batches that an earlier searcher suggested in vain."""
        super().__init__()
        self.schedule = schedule
        self.unfinished = list(unfinished)
        self.batches: dict[int, Batch] = {}
        self.numbers: dict[str, int] = {}

    def __getstate__(self) -> dict[str, Any]:
        return {}  # Tune pickles searchers to restore them, which never happens here

    def suggest(self, trial_id: str) -> Any:
        """Return {"batch": WorkerBatch}, None while no batch is ready, FINISHED at the end."""
        batch = self.unfinished.pop() if self.unfinished else self.schedule.next()
        if batch is None:
            return Searcher.FINISHED if self.schedule.is_finished else None
        self.batches[batch.number] = batch
        self.numbers[trial_id] = batch.number
        trials = tuple(fit.trial for fit in batch.fits)
        rungs = tuple(fit.rungs for fit in batch.fits)
        keep = tuple(fit.keep for fit in batch.fits)
        return {"batch": WorkerBatch(batch.number, trials, rungs, keep, packing_columns(batch))}

    def on_trial_result(self, trial_id: str, result: dict[str, Any]) -> None:
        """Give the schedule a row, which may let it hand out more batches."""
        self.schedule.record(brief(result))

    def on_trial_complete(
        self, trial_id: str, result: dict[str, Any] | None = None, error: bool = False
    ) -> None:
        """Forget the batch unless it failed: `tune_run` still writes rows for a failed one."""
        if not error and trial_id in self.numbers:
            del self.batches[self.numbers.pop(trial_id)]

    def save(self, checkpoint_path: str) -> None:
        """Do nothing: a run resumes from its store, never from Tune's files."""

    def restore(self, checkpoint_path: str) -> None:
        """Do nothing, as `save`."""
