"""Hand the batches of a schedule to Tune, as the trials that a searcher suggests.

Tune serves as a queue here: the schedule decides what runs next, and Tune passes batches to
workers. So this searcher searches nothing, and ignores what Tune would save and restore.
"""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from ray.tune.search import Searcher

from studies.engine.running.schedule import Batch, Schedule
from studies.engine.store.rows import brief


class ScheduleSearcher(Searcher):
    """Suggests the batches of a schedule as they become known."""

    def __init__(self, schedule: Schedule, unfinished: Sequence[Batch] = ()) -> None:
        """Begin with `unfinished`, the batches that an earlier searcher suggested in vain."""
        super().__init__()
        self.schedule = schedule
        self.unfinished = list(unfinished)
        self.batches: dict[str, Batch] = {}

    def __getstate__(self) -> dict[str, Any]:
        return {}  # Tune pickles searchers to restore them, which never happens here

    def suggest(self, trial_id: str) -> Any:
        """Return {"batch": Batch}, None while no batch is ready, FINISHED at the end.

        The batch has no samples, which Ray's object store holds.
        """
        batch = self.unfinished.pop() if self.unfinished else self.schedule.next()
        if batch is None:
            return Searcher.FINISHED if self.schedule.is_finished else None
        self.batches[trial_id] = batch
        signal = replace(batch.fits[0].signal, values=None)
        fits = tuple(replace(fit, signal=signal) for fit in batch.fits)
        return {"batch": replace(batch, fits=fits)}

    def on_trial_result(self, trial_id: str, result: dict[str, Any]) -> None:
        """Give the schedule a row, which may let it hand out more batches.

        The first result of a batch is no row, see `idle_callback`.
        """
        if "key" in result:
            self.schedule.record(brief(result))

    def on_trial_complete(
        self, trial_id: str, result: dict[str, Any] | None = None, error: bool = False
    ) -> None:
        """Forget the batch unless it failed: `tune_run` still writes rows for a failed one."""
        if not error:
            self.batches.pop(trial_id, None)

    def save(self, checkpoint_path: str) -> None:
        """Do nothing: a run resumes from its store, never from Tune's files."""

    def restore(self, checkpoint_path: str) -> None:
        """Do nothing, as `save`."""
