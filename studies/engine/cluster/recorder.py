"""Write all results of a run in one Ray actor on the driver's node.

Workers on any node send their rows and checkpoints to it, so only the driver's node needs access
to the results.
"""

import hashlib
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence

import numpy as np
import ray
import ray.exceptions
from numpy.typing import NDArray
from ray.actor import ActorHandle

from studies.engine.store.begun import BegunFits
from studies.engine.store.fits_cache import FitsCache
from studies.engine.store.growing import GrowingFiles
from studies.engine.store.outputs import outputs_of_row
from studies.engine.store.rows import Row
from studies.engine.store.storage import RETRY_SECONDS, StorageAway, StorageRetry
from studies.engine.store.store import Store, is_done, output_path, weights_path

MAX_ATTEMPTS = 3
"""How often a unit is tried whose worker process dies."""

MAX_FATAL_UNITS = 3
"""When so many units of a kind have killed their workers, the others of it are not tried."""


class Recorder:
    """Writes rows as they come, keeps checkpoints, and counts the attempts at every unit.

    A unit is a set of trials that train as one stack. While the storage fails, every method
    retries and its caller waits, so no row is lost. In the end they raise `StorageAway`.

    Args:
        results: the place of the results.
        retry_seconds: how long operations on a failing storage are retried.
    """

    def __init__(self, results: str, retry_seconds: float = RETRY_SECONDS) -> None:
        # Ray restarts this actor whenever it dies, perhaps while the storage fails.
        retry = StorageRetry(results, retry_seconds, has_worked=True)
        self.store = Store(results, create=False, retry=retry)
        self.files = GrowingFiles(self.store)
        self.fits = FitsCache(self.store)
        self.begun = BegunFits(self.store, self.files.writer)
        self.attempts: Counter[str] = Counter()
        self.checkpoints: set[str] = set()
        self.fatal_units: defaultdict[str, set[str]] = defaultdict(set)

    def begin_fits(
        self,
        keys: Sequence[str],
        may_be_partial: Sequence[bool],
        outputs: Sequence[Sequence[str]] | None = None,
        *,
        may_wait: bool = True,
    ) -> tuple[list[Row | None], set[str]]:
        """Begin those fits that nobody has done or begun.

        Args:
            keys: the keys of the fits.
            may_be_partial: for each fit, whether it counts as done if it was stopped early.
            outputs: for each fit, the paths of the outputs without which it is not done. None if no
                fit needs any.
            may_wait: whether to leave out what another driver has begun.

        Returns:
            Each fit's brief row, None for a fit that is not done; and the keys of the fits that
            another driver has begun.
        """
        needed = [()] * len(keys) if outputs is None else outputs
        rows = self._rows(keys, may_be_partial, needed)
        missing = [key for key, row in zip(keys, rows, strict=True) if row is None]
        if not self.fits.writers - {self.files.writer}:
            self.begun.begin_alone(missing)
            return rows, set()
        begun_elsewhere = self.begun.begin(missing, may_wait=may_wait)
        # One of them may have ended after the first look at the rows.
        return self._rows(keys, may_be_partial, needed), begun_elsewhere

    def _rows(
        self,
        keys: Sequence[str],
        may_be_partial: Sequence[bool],
        outputs: Sequence[Sequence[str]],
    ) -> list[Row | None]:
        rows = self.fits.find(keys)
        stored = []
        for key, partial, paths in zip(keys, may_be_partial, outputs, strict=True):
            row = rows.get(key)
            is_stored = is_done(row, may_be_partial=partial) and all(
                map(self.store.exists, outputs_of_row(paths, row))
            )
            stored.append(row if is_stored else None)
        return stored

    def begin(self, unit: str, kind: str) -> tuple[str, bytes | None]:
        """Count one more attempt at a unit.

        When `MAX_FATAL_UNITS` units of a kind have killed their workers and none has finished,
        the others of that kind are refused: each would kill as many workers again.

        Returns:
            Why the unit must not be tried, "" if it may be, and its checkpoint if it has one.
        """
        self.attempts[unit] += 1
        if self.attempts[unit] > MAX_ATTEMPTS:
            self.fatal_units[kind].add(unit)
            return f"the worker process died {MAX_ATTEMPTS} times during this fit", None
        if len(self.fatal_units[kind]) >= MAX_FATAL_UNITS:
            return f"the worker process died during {MAX_FATAL_UNITS} fits like this one", None
        state = self.store.read_bytes(_checkpoint(unit))
        if state is not None:
            self.checkpoints.add(unit)
        return "", state

    def save(self, unit: str, state: bytes) -> None:
        """Keep the state of an unfinished unit, in place of an earlier one.

        A unit that gets this far does not kill its worker, so its attempts are counted from 0
        again. Otherwise a node that is often taken away would use them up.
        """
        self.attempts[unit] = 0
        self.checkpoints.add(unit)
        self.store.write_bytes(_checkpoint(unit), state)

    def record(
        self,
        row: Row,
        curve: list[Row],
        outputs: Mapping[int | None, NDArray[np.float32]],
        kind: str,
        weights: NDArray[np.float32] | None = None,
    ) -> None:
        """Store one finished fit. Its outputs and weights are written first, its row last.

        A fit that ran again for its outputs has a row and a curve already, which stay.

        Args:
            row: its row.
            curve: the rows of its curve.
            outputs: the outputs [n, c] to keep, see `batch.Outcome`.
            kind: what it has in common with the fits of its batch, as for `begin`.
            weights: the best weights [p] to keep, None for none.
        """
        if row["status"] != "failed":
            self.fatal_units[kind].clear()
        for epoch, output in outputs.items():
            self.store.write_array(output_path(row["key"], epoch), output)
        if weights is not None:
            self.store.write_array(weights_path(row["key"]), weights)
        stored = self.fits.find([row["key"]]).get(row["key"]) if outputs else None
        if not is_done(stored, may_be_partial=row["status"] == "partial"):
            self.fits.add(self.files.append(row, curve), row)
        self.begun.end(row["key"])

    def discard(self, units: Sequence[str]) -> None:
        """Remove the checkpoints of finished units."""
        for unit in self.checkpoints.intersection(units):
            self.store.delete(_checkpoint(unit))
            self.checkpoints.remove(unit)


class RemoteCheckpoints:
    """Passes the `unit_run.Checkpoints` of a batch to a recorder, which keeps them.

    Args:
        recorder: the actor.
        keys: one for each trial. A fit that may be stopped early needs another key than a whole
            one, since the state of its stack differs.
        kind: what the trials have in common, for `Recorder.begin`.
    """

    def __init__(self, recorder: ActorHandle, keys: Sequence[str], kind: str) -> None:
        self.recorder, self.keys, self.kind = recorder, keys, kind
        self.units: dict[str, tuple[int, ...]] = {}

    def load(self, indices: tuple[int, ...]) -> bytes | None:
        """Return the saved state. Raise RuntimeError if the unit or its kind kills workers."""
        unit = self._unit(indices)
        refusal, state = ray.get(self.recorder.begin.remote(unit, self.kind))
        self.units[unit] = indices
        if refusal:
            raise RuntimeError(refusal)
        return state

    def save(self, indices: tuple[int, ...], state: bytes) -> None:
        """Keep the state. Unless the storage is away, a failure to do so does not fail the fit.

        Raises:
            StorageAway: the storage has failed for too long.
        """
        try:
            ray.get(self.recorder.save.remote(self._unit(indices), state))
        except StorageAway:
            raise
        except ray.exceptions.RayError:
            pass

    def finished(self, indices: set[int]) -> list[str]:
        """Return the units that consist of the given trials alone."""
        return [unit for unit, members in self.units.items() if indices.issuperset(members)]

    def _unit(self, indices: tuple[int, ...]) -> str:
        keys = "+".join(self.keys[i] for i in indices)
        return hashlib.sha256(keys.encode()).hexdigest()[:32]


def _checkpoint(unit: str) -> str:
    return f"_checkpoints/{unit}.pt"
