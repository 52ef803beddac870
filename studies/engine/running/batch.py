"""Run a batch of trials of one signal on one device. Needs torch, not Ray."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray

from inr_models import fit, make_network
from inr_models.fitting.unit_run import Checkpoints
from inr_models.networks.coordinate_mlp import CoordinateMLP
from studies.engine.planning.trial import Trial
from studies.engine.signals.signal import Signal, coordinates
from studies.engine.store.rows import Row, curve_rows, failed_row, finished_row

OUTPUT_BLOCK = 1 << 13


class Outcome(NamedTuple):
    """A fit's row and curve, and its best output [n, c] where that is to be kept."""

    row: Row
    curve: list[Row]
    output: NDArray[np.float32] | None = None


BatchRunner = Callable[..., Iterator[Outcome]]
"""Takes what `run_batch` takes; in its place where only what is around the fits matters."""


def run_batch(
    study: str,
    signal: Signal,
    trials: Sequence[Trial],
    device: torch.device,
    rungs: Sequence[Mapping[int, float]],
    checkpoints: Checkpoints | None = None,
    checkpoint_seconds: float = 60.0,
    *,
    keep: Sequence[bool] | None = None,
) -> Iterator[Outcome]:
    """Yield every trial's outcome as it ends; the trials share shapes and fit config.

    `rungs[i]` says where trial i ends early, see `inr_models.fit`; `keep[i]` whether its output is
    wanted. An exception in training (out
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
                row = finished_row(study, signal, trial, result, device)
                output = None
                if keep and keep[group[index]]:
                    networks[index].load_state_dict(result.best_weights, strict=False)
                    output = _output(networks[index], coords)
                yield Outcome(row, curve_rows(trial, result), output)
        except Exception as error:
            if len(group) > 1:
                groups = [[i] for i in left]
            else:
                message = f"{type(error).__name__}: {error}".splitlines()[0]
                yield Outcome(failed_row(study, signal, trials[group[0]], message), [])


@torch.no_grad()
def _output(network: CoordinateMLP, coords: torch.Tensor) -> NDArray[np.float32]:
    return torch.cat([network(block) for block in coords.split(OUTPUT_BLOCK)]).cpu().numpy()


class _Subset:
    """Checkpoints of a subset of a batch's trials, by their indices in the batch."""

    def __init__(self, checkpoints: Checkpoints, group: list[int]) -> None:
        self.checkpoints, self.group = checkpoints, group

    def load(self, indices: tuple[int, ...]) -> bytes | None:
        return self.checkpoints.load(tuple(self.group[i] for i in indices))

    def save(self, indices: tuple[int, ...], state: bytes) -> None:
        self.checkpoints.save(tuple(self.group[i] for i in indices), state)
