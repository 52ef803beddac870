"""Run a batch of trials of one signal on one device. Needs torch, not Ray."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import cache, partial
from typing import NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from inr_models import fit, make_network
from inr_models.fitting.layout import Layout
from inr_models.fitting.result import output_of
from inr_models.fitting.unit_run import Checkpoints
from inr_models.networks.coordinate_mlp import CoordinateMLP
from studies.engine.planning.trial import Trial
from studies.engine.signals.signal import Signal, coordinates, samples_of
from studies.engine.store.metrics import Scored
from studies.engine.store.rows import Row, curve_rows, failed_row, finished_row


class Outcome(NamedTuple):
    """Holds a fit's row and curve, and the outputs [n, c] and best weights that should be kept.

    The outputs are by their epoch, None for the best one. The weights of a shape's network are
    kept, as one array [p] in the order of `Layout`, because a mesh may have any resolution.
    """

    row: Row
    curve: list[Row]
    outputs: Mapping[int | None, NDArray[np.float32]] = {}
    weights: NDArray[np.float32] | None = None


BatchRunner = Callable[..., Iterator[Outcome]]
"""A function like `run_batch`. Tests and benchmarks of what surrounds the fits replace it."""


def run_batch(
    study: str,
    signal: Signal,
    trials: Sequence[Trial],
    device: torch.device,
    rungs: Sequence[Mapping[int, float]] | None = None,
    checkpoints: Checkpoints | None = None,
    checkpoint_seconds: float = 60.0,
    *,
    keep: Sequence[bool] | None = None,
    snapshots: Sequence[int] = (),
) -> Iterator[Outcome]:
    """Fit every trial and yield its outcome as it ends.

    An exception in training (out of memory, say) becomes a failed row. If it happens in a batch,
    the remaining trials run one by one, so that only the one that causes it fails.

    Args:
        study: Name of the study.
        signal: The signal, with its samples.
        trials: Trials on this signal. They share shapes, fit config and objective.
        device: Where to train.
        rungs: For each trial {epoch: PSNR in dB}. It ends early where it scores less, see
            `inr_models.fit`. None lets all trials end as planned.
        checkpoints: Where to look for a state to continue from, and where to save one.
        checkpoint_seconds: Time between two saved states, in seconds.
        keep: For each trial, whether the outcome needs its best output.
        snapshots: The epochs whose outputs every outcome needs.
    """
    (objective,) = {trial.objective for trial in trials}
    coords, values = samples_on(device, signal)
    grid = torch.from_numpy(coordinates(signal.shape)).to(device)
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
                objective=objective,
                rungs=[rungs[i] for i in group] if rungs else None,
                checkpoints=checkpoints and _Subset(checkpoints, group),
                checkpoint_seconds=checkpoint_seconds,
                snapshots=snapshots,
            ):
                trial = trials[group[index]]
                left.remove(group[index])
                output = partial(_output, networks[index])
                best_output = cache(partial(output, result.best_weights, grid))
                scored = Scored(signal, result, best_output)
                row = finished_row(study, trial, scored, device)
                outputs: dict[int | None, NDArray[np.float32]] = {}
                kept = None
                if keep and keep[group[index]]:
                    outputs[None] = best_output()
                    if signal.cloud is not None:
                        kept = packed(networks[index], result.best_weights)
                for epoch, weights in result.snapshots.items():
                    outputs[epoch] = output(weights, grid)
                yield Outcome(row, curve_rows(trial, result), outputs, kept)
        except Exception as error:
            if len(group) > 1:
                groups = [[i] for i in left]
            else:
                message = f"{type(error).__name__}: {error}".splitlines()[0]
                yield Outcome(failed_row(study, signal, trials[group[0]], message), [])


def samples_on(device: torch.device, signal: Signal) -> tuple[Tensor, Tensor]:
    """Return what `samples_of` returns, as tensors on a device."""
    coords, values = samples_of(signal)
    return torch.from_numpy(coords).to(device), torch.from_numpy(values).to(device)


def _output(
    network: CoordinateMLP, weights: Mapping[str, Tensor], coords: Tensor
) -> NDArray[np.float32]:
    return output_of(network, weights, coords).cpu().numpy()


def packed(network: CoordinateMLP, weights: Mapping[str, Tensor]) -> NDArray[np.float32]:
    """Return weights of a network as one array [p], see `Layout`."""
    network.load_state_dict(weights, strict=False)
    return Layout(network).pack([network])[0].cpu().numpy()


class _Subset:
    """Finds the checkpoints of some of a batch's trials, by their indices in the batch."""

    def __init__(self, checkpoints: Checkpoints, group: list[int]) -> None:
        self.checkpoints, self.group = checkpoints, group

    def load(self, indices: tuple[int, ...]) -> bytes | None:
        return self.checkpoints.load(tuple(self.group[i] for i in indices))

    def save(self, indices: tuple[int, ...], state: bytes) -> None:
        self.checkpoints.save(tuple(self.group[i] for i in indices), state)
