"""The one writer of a run: a Ray actor on the driver's node, where the results are.

Workers on any node hand it their rows and checkpoints, so the results need not be on storage
that every node can reach.
"""

import hashlib
from collections import Counter, defaultdict
from collections.abc import Sequence

import numpy as np
import ray
import ray.exceptions
from numpy.typing import NDArray
from ray.actor import ActorHandle

from studies.engine.store.compaction import compact
from studies.engine.store.fits_cache import FitsCache
from studies.engine.store.rows import Row
from studies.engine.store.storage import RETRY_SECONDS, StorageAway, StorageRetry
from studies.engine.store.store import Store, output_path

MAX_ATTEMPTS = 3
MAX_DEADLY = 3
COMPACT_EVERY = 256


class Recorder:
    """Writes rows as they come, keeps checkpoints, counts the attempts at every unit.

    While the storage fails, it waits, and with it all who hand it something: nobody has to keep
    a row that is not stored. All methods raise `StorageAway` when it has waited long enough.
    """

    def __init__(self, results: str, retry_seconds: float = RETRY_SECONDS) -> None:
        # Ray starts it anew whenever it dies, so perhaps while the storage is away.
        retry = StorageRetry(results, retry_seconds, has_worked=True)
        self.store = Store(results, create=False, retry=retry)
        self.fits = FitsCache(self.store)
        self.attempts: Counter[str] = Counter()
        self.checkpoints: set[str] = set()
        self.deadly: defaultdict[str, set[str]] = defaultdict(set)
        self.num_rows = 0

    def stored(self, keys: Sequence[str], may_be_partial: Sequence[bool]) -> list[Row | None]:
        """For each key the fit's brief row, None where it has still to be done."""
        rows = self.fits.find(keys)
        found = []
        for key, partial in zip(keys, may_be_partial, strict=True):
            row = rows.get(key)
            open_still = row is None or row["status"] == "failed"
            open_still |= row is not None and row["status"] == "partial" and not partial
            found.append(None if open_still else row)
        return found

    def begin(self, unit: str, kind: str) -> tuple[str, bytes | None]:
        """Note one more attempt at a unit: why it is not worth one, empty if it is, and where the
        last one left off. When `MAX_DEADLY` units of a kind have died, with none that came
        through, the others of it are not tried: each would take workers down as often.
        """
        self.attempts[unit] += 1
        if self.attempts[unit] > MAX_ATTEMPTS:
            self.deadly[kind].add(unit)
            return f"the worker process died {MAX_ATTEMPTS} times during this fit", None
        if len(self.deadly[kind]) >= MAX_DEADLY:
            return f"the worker process died during {MAX_DEADLY} fits like this one", None
        state = self.store.read_bytes(_checkpoint(unit))
        if state is not None:
            self.checkpoints.add(unit)
        return "", state

    def save(self, unit: str, state: bytes) -> None:
        """Keep the state of an unfinished unit, in place of an earlier one.

        A unit that gets this far is not one that takes its worker down: it starts afresh
        with its attempts, however often its node is taken away.
        """
        self.attempts[unit] = 0
        self.checkpoints.add(unit)
        self.store.write_bytes(_checkpoint(unit), state)

    def record(
        self, row: Row, curve: list[Row], output: NDArray[np.float32] | None, kind: str
    ) -> None:
        """Put one finished fit of a kind into the store, its output first."""
        if row["status"] != "failed":
            self.deadly[kind].clear()
        if output is not None:
            self.store.write_array(output_path(row["key"]), output)
        part = self.store.append([row], curve)
        assert part is not None, "a row makes a file"
        self.fits.add(part, row)
        self.num_rows += 1
        if self.num_rows % COMPACT_EVERY == 0:
            compact(self.store, small=True)

    def discard(self, units: Sequence[str]) -> None:
        """Remove the checkpoints of units that are finished."""
        for unit in self.checkpoints.intersection(units):
            self.store.delete(_checkpoint(unit))
            self.checkpoints.remove(unit)


class RemoteCheckpoints:
    """`unit_run.Checkpoints` of a batch, kept by a recorder under `keys`, one a trial.

    `kind` is what its trials have in common. A fit that may be stopped early has a key of its own:
    what its stack went through is not what a whole fit would have.
    """

    def __init__(self, recorder: ActorHandle, keys: Sequence[str], kind: str) -> None:
        self.recorder, self.keys, self.kind = recorder, keys, kind
        self.units: dict[str, tuple[int, ...]] = {}

    def load(self, indices: tuple[int, ...]) -> bytes | None:
        """The saved state; raises when a unit, or its kind, takes workers down."""
        unit = self._unit(indices)
        refusal, state = ray.get(self.recorder.begin.remote(unit, self.kind))
        self.units[unit] = indices
        if refusal:
            raise RuntimeError(refusal)
        return state

    def save(self, indices: tuple[int, ...], state: bytes) -> None:
        """Keep the state; a fit is not worth failing because that is not possible just now."""
        try:
            ray.get(self.recorder.save.remote(self._unit(indices), state))
        except StorageAway:
            raise
        except ray.exceptions.RayError:
            pass

    def finished(self, indices: set[int]) -> list[str]:
        """The units that consist of the given trials alone."""
        return [unit for unit, members in self.units.items() if indices.issuperset(members)]

    def _unit(self, indices: tuple[int, ...]) -> str:
        keys = "+".join(self.keys[i] for i in indices)
        return hashlib.sha256(keys.encode()).hexdigest()[:32]


def _checkpoint(unit: str) -> str:
    return f"_checkpoints/{unit}.pt"
