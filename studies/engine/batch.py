"""Run a batch of trials of one signal on one device. Needs torch, not Ray."""

from collections.abc import Callable, Iterator, Mapping, Sequence

import torch

from inr_models import fit, make_network
from inr_models.unit_run import Checkpoints
from studies.engine.rows import Row, curve_rows, failed_row, finished_row
from studies.engine.signals import Signal, coordinates
from studies.engine.trial import Trial

BatchRunner = Callable[..., Iterator[tuple[Row, list[Row]]]]
"""Takes what `run_batch` takes; in its place where only what is around the fits matters."""


def run_batch(
    study: str,
    signal: Signal,
    trials: Sequence[Trial],
    device: torch.device,
    rungs: Sequence[Mapping[int, float]],
    checkpoints: Checkpoints | None = None,
    checkpoint_seconds: float = 60.0,
) -> Iterator[tuple[Row, list[Row]]]:
    """Yield (row, curve) of every trial as it ends; the trials share shapes and fit config.

    `rungs[i]` says where trial i ends early, see `inr_models.fit`. An exception in training (out
    of memory, say) becomes a failed row. When it strikes a batch, the trials that are left run
    one by one, so that only the guilty one fails.
    """
    assert signal.values is not None, "a signal travels with its samples"
    coords = torch.from_numpy(coordinates(signal.shape)).to(device)
    values = torch.from_numpy(signal.values).to(device)
    groups = [list(range(len(trials)))]
    while groups:
        group = groups.pop(0)
        left = list(group)
        try:
            networks = [
                make_network(
                    trials[i].network,
                    in_features=coords.shape[1],
                    out_features=signal.channels,
                    seed=trials[i].seed,
                ).to(device)
                for i in group
            ]
            for index, result in fit(
                networks,
                coords,
                values,
                trials[0].fit,
                rungs=[rungs[i] for i in group],
                checkpoints=checkpoints and _Subset(checkpoints, group),
                checkpoint_seconds=checkpoint_seconds,
            ):
                trial = trials[group[index]]
                left.remove(group[index])
                yield finished_row(study, signal, trial, result, device), curve_rows(trial, result)
        except Exception as error:
            if len(group) > 1:
                groups = [[i] for i in left]
            else:
                message = f"{type(error).__name__}: {error}".splitlines()[0]
                yield failed_row(study, signal, trials[group[0]], message), []


class _Subset:
    """Checkpoints of a subset of a batch's trials, by their indices in the batch."""

    def __init__(self, checkpoints: Checkpoints, group: list[int]) -> None:
        self.checkpoints, self.group = checkpoints, group

    def load(self, indices: tuple[int, ...]) -> bytes | None:
        return self.checkpoints.load(tuple(self.group[i] for i in indices))

    def save(self, indices: tuple[int, ...], state: bytes) -> None:
        self.checkpoints.save(tuple(self.group[i] for i in indices), state)
