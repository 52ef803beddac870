"""Take a unit of training to its end; the host looks in now and then."""

import time
from collections.abc import Mapping, Sequence
from typing import Protocol

from inr_models.fitting.training import Training

LOOK_EVERY = 50
"""Epochs between the host's looks, at the most: has all diverged, is a checkpoint due?"""


class Checkpoints(Protocol):
    """Where unfinished training is kept, by the indices of the networks it is of."""

    def load(self, indices: tuple[int, ...]) -> bytes | None: ...

    def save(self, indices: tuple[int, ...], state: bytes) -> None: ...


def run_to_end(
    training: Training,
    unit: tuple[int, ...],
    rungs: Sequence[Mapping[int, float]],
    checkpoints: Checkpoints | None,
    checkpoint_seconds: float,
) -> None:
    """Train to the end, or to where no network is worth going on with; then score what is there."""
    if checkpoints and (state := checkpoints.load(unit)):
        training.load(state)
    epochs = len(training.rates)
    # Epoch k is scored by the update that leaves it.
    scored = {epoch + 1 for rung in rungs for epoch in rung}
    looks = sorted({*range(LOOK_EVERY, epochs, LOOK_EVERY), *scored, epochs})
    saved_at = time.perf_counter()
    for look in looks:
        if not training.epoch < look <= epochs:
            continue
        if not training.is_worth_going_on(rungs):
            break
        training.run(look - training.epoch)
        if checkpoints and time.perf_counter() - saved_at >= checkpoint_seconds:
            checkpoints.save(unit, training.save())
            saved_at = time.perf_counter()
    training.score()
