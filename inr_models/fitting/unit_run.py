"""Train a unit to its end. The host checks its state now and then."""

import time
from collections.abc import Collection, Mapping, Sequence
from typing import Protocol

from inr_models.fitting.training import Training

LOOK_EVERY = 50
"""At most this many epochs between two checks: have all diverged, is a checkpoint due?"""


class Checkpoints(Protocol):
    """Keeps the state of unfinished training, by the indices of its networks."""

    def load(self, indices: tuple[int, ...]) -> bytes | None:
        """Return the state that was saved last, None if there is none."""
        ...

    def save(self, indices: tuple[int, ...], state: bytes) -> None:
        """Keep a state in place of an earlier one."""
        ...


def run_to_end(
    training: Training,
    unit: tuple[int, ...],
    rungs: Sequence[Mapping[int, float]],
    checkpoints: Checkpoints | None,
    checkpoint_seconds: float,
    snapshots: Collection[int] = (),
) -> None:
    """Train until the last epoch, or until all networks have stopped or diverged. Then score.

    Args:
        training: The unit.
        unit: The indices of its networks, under which its checkpoints are stored.
        rungs: For each network {epoch: PSNR in dB}. It stops where it scores less.
        checkpoints: Where to look for a state to continue from, and where to save one.
        checkpoint_seconds: Time between two saved states, in seconds.
        snapshots: The epochs after which the weights are kept, 0 for those of the initialization.
    """
    if checkpoints and (state := checkpoints.load(unit)):
        training.load(state)
    epochs = len(training.rates)
    # The update that leaves epoch k scores it.
    scored = {epoch + 1 for rung in rungs for epoch in rung}
    looks = sorted({*range(LOOK_EVERY, epochs, LOOK_EVERY), *scored, *snapshots, epochs})
    if 0 in snapshots:
        training.keep_snapshot()
    saved_at = time.perf_counter()
    for look in looks:
        if not training.epoch < look <= epochs:
            continue
        if not training.is_worth_going_on(rungs):
            break
        training.run(look - training.epoch)
        if look in snapshots:
            training.keep_snapshot()
        if checkpoints and time.perf_counter() - saved_at >= checkpoint_seconds:
            checkpoints.save(unit, training.save())
            saved_at = time.perf_counter()
    training.score()
