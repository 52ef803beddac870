"""Decide what runs next: the steps of all signals, interleaved so that no worker waits."""

import heapq
import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Any

import numpy as np

from studies.engine.planning.points import PlannedFit
from studies.engine.planning.question import Steps
from studies.engine.store.outputs import StoredOutputs
from studies.engine.store.rows import Row

BATCH_SECONDS = 8.0
MAX_BATCH = 512

GIVE_UP_AFTER = 3
"""After so many fits that fail with the same error, and none that succeeds, no more are tried."""

Rows = dict[str, Row]


@dataclass(frozen=True)
class Batch:
    """Holds fits of one signal that one worker does together. They share shapes and training.

    Args:
        number: Its number in the run, from 1.
        fits: The fits.
        seconds: The time that they are expected to take.
    """

    number: int
    fits: tuple[PlannedFit, ...]
    seconds: float

    def __str__(self) -> str:
        return str(self.number)  # in the names of Tune's trials

    @property
    def columns(self) -> Row:
        """The columns about the batch in the rows of its fits."""
        return {
            "batch": self.number,
            "batch_fits": len(self.fits),
            "batch_seconds": self.seconds,
        }


class Schedule:
    """Hands out batches, lowest stage first, and continue a signal when its fits are done.

    The batches depend on the rows alone, never on the order in which they come in.

    Args:
        signals: The steps of each signal, with its rows by key. `record` adds to the rows.
        seconds_per_fit: Returns the expected seconds of a fit on one worker.
        num_workers: Number of workers that should have work from the start.
        min_batch: The least number of fits in a batch, where there are so many.
        outputs: Which outputs are stored. A fit that lacks one runs again. None if all are there.
        backwards: Whether to begin at the end of each stage. If another driver works on the same
            run, the two then meet in the middle, and few fits are done twice.

    Attributes:
        hopeless: The error with which all fits of the run have failed, once there were
            `GIVE_UP_AFTER` of them. The schedule is finished then.
    """

    def __init__(
        self,
        signals: Sequence[tuple[Steps, Rows]],
        seconds_per_fit: Callable[[PlannedFit], float],
        *,
        num_workers: int,
        min_batch: int = 1,
        outputs: StoredOutputs | None = None,
        backwards: bool = False,
    ) -> None:
        self.backwards = backwards
        self.signals, self.seconds_per_fit = signals, seconds_per_fit
        self.num_workers, self.min_batch = num_workers, min_batch
        self.outputs = outputs
        self.waiting: dict[int, dict[str, PlannedFit]] = {i: {} for i in range(len(signals))}
        self.queue: list[tuple[int, int, int, Batch]] = []
        self.num_batches = 0
        self.hopeless: str | None = None
        self.has_succeeded, self.errors = False, list[str]()
        for index in range(len(signals)):
            self._advance(index)

    @property
    def is_finished(self) -> bool:
        """Whether every signal has come to its end."""
        return not self.waiting

    def next(self) -> Batch | None:
        """Return the batch to run next. None while all known fits are being run."""
        return heapq.heappop(self.queue)[-1] if self.queue else None

    def record(self, row: Row) -> None:
        """Add the row of a fit that has ended."""
        self._judge(row)
        for index, fits in list(self.waiting.items()):
            if fit := fits.pop(row["key"], None):
                self.signals[index][1][row["key"]] = row
                if self.outputs:
                    self.outputs.add(fit)
                if not fits:
                    self._advance(index)

    def _judge(self, row: Row) -> None:
        """Give up if all fits so far have failed with the same error."""
        if row["status"] != "failed":
            self.has_succeeded = True
            return
        self.errors.append(str(row.get("error")))
        enough = len(self.errors) >= GIVE_UP_AFTER and len(set(self.errors)) == 1
        if enough and not self.has_succeeded:
            self.hopeless = self.errors[0]
            self.queue.clear()
            self.waiting.clear()

    def _advance(self, index: int) -> None:
        steps, rows = self.signals[index]
        for step in steps:
            missing = [fit for fit in step.fits if not self._has_outcome(fit, rows)]
            if missing:
                self.waiting[index] = {fit.trial.key: fit for fit in missing}
                self._enqueue(index, missing)
                return
        del self.waiting[index]

    def _has_outcome(self, fit: PlannedFit, rows: Rows) -> bool:
        row = rows.get(fit.trial.key)
        if row is None or (self.outputs and self.outputs.lack(fit, row)):
            return False
        # A fit that was stopped early counts only where that is allowed.
        return row["status"] != "partial" or bool(fit.rungs)

    def _enqueue(self, index: int, fits: Sequence[PlannedFit]) -> None:
        # If all signals were like this one, every worker would get some of the fits.
        share = math.ceil(len(fits) * len(self.waiting) / self.num_workers)
        if self.backwards:
            fits = fits[::-1]
        for fits_of_batch in make_batches(fits, self.seconds_per_fit, self.min_batch, share):
            self.num_batches += 1
            seconds = sum(map(self.seconds_per_fit, fits_of_batch))
            batch = Batch(self.num_batches, tuple(fits_of_batch), seconds)
            stage = fits_of_batch[0].stage
            # The number makes each entry unique, so that the heap never compares batches.
            place = -index if self.backwards else index
            heapq.heappush(self.queue, (stage, place, self.num_batches, batch))


def make_batches(
    fits: Sequence[PlannedFit],
    seconds_per_fit: Callable[[PlannedFit], float],
    min_batch: int,
    max_batch: int,
) -> list[list[PlannedFit]]:
    """Split fits into batches of one signal, structure and training, of about 8 s each.

    Args:
        fits: The fits. Their order decides which group of a stage comes first.
        seconds_per_fit: Returns the expected seconds of a fit on one worker.
        min_batch: The least number of fits in a batch, where there are so many.
        max_batch: The greatest number, if it is below `MAX_BATCH`.
    """

    def shared(fit: PlannedFit) -> tuple[Any, ...]:
        trial = fit.trial
        return trial.signal, trial.network.structure, trial.fit, trial.objective, fit.snapshots

    group_numbers: dict[tuple[Any, ...], int] = {}
    places = []
    for index, fit in enumerate(fits):
        group_number = group_numbers.setdefault(shared(fit), len(group_numbers))
        places.append((fit.stage, group_number, index))
    ordered = [fits[index] for _, _, index in sorted(places)]
    batches = []
    for _, group in groupby(ordered, shared):
        members = list(group)
        size = math.ceil(BATCH_SECONDS / max(seconds_per_fit(members[0]), 1e-3))
        size = min(max(size, min_batch), max_batch, MAX_BATCH)
        num = math.ceil(len(members) / size)
        batches += [
            [members[i] for i in part] for part in np.array_split(np.arange(len(members)), num)
        ]
    return batches
