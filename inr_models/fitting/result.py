"""Collect the result of a fit."""

import math
from collections.abc import Iterator, Mapping
from typing import NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.func import functional_call

from inr_models.fitting.metrics import curve_epochs, psnr_db
from inr_models.fitting.training import Training
from inr_models.networks.coordinate_mlp import CoordinateMLP

OUTPUT_BLOCK = 1 << 13
"""Samples whose output is computed at a time."""


class FitResult(NamedTuple):
    """What one network reached.

    The PSNR is `metrics.psnr_db` of the error that chooses the best epoch. In a regression this is
    the mean squared error over the whole signal. `epochs` and `psnr` are the curve: log-spaced
    epochs, which depend on `config.epochs` alone, and the last epoch that was scored.

    A fit has diverged if this error stopped being finite. Then `psnr_final` is NaN, and the curve,
    the peak and the best weights come from the finite part. If there is none, they are empty, NaN
    and the initial weights. All numbers of a fit that was `stopped` at a rung come from the epochs
    up to that rung.
    """

    best_errors: dict[str, float]
    """Every error of the objective by name, at the best epoch."""
    mse_best: float
    """The error that chooses the best epoch, at this epoch."""
    psnr_peak: float
    epoch_of_peak: int
    psnr_final: float
    epochs: NDArray[np.int64]
    psnr: NDArray[np.float64]
    diverged: bool
    stopped: bool
    num_epochs: int
    """Number of updates that were scored."""
    best_weights: dict[str, Tensor]
    seconds: float
    """Training time of its stack, divided by the number of networks."""
    updates: int
    """Number of updates in this time. A stack goes on when one of its networks is stopped."""
    stack: int
    """Number of networks that were trained together, 1 for a network alone."""
    path: str
    """How an update was computed: "eager", "blocked" or "compiled", with " graph" on a GPU."""
    curves: dict[str, NDArray[np.float64]]
    """Every error of the objective by name, after each of `epochs`."""
    snapshots: dict[int, dict[str, Tensor]]
    """The weights by name, after each epoch that `fit` was asked for and has reached."""

    def best_output(self, network: CoordinateMLP, coords: Tensor) -> Tensor:
        """Return the output [n, c] of the best weights. The network keeps its own.

        >>> coords = torch.linspace(-1, 1, 256)[:, None]
        >>> ((_, result),) = fit(networks[:1], coords, 0.1 * coords, FitConfig(epochs=5))
        >>> error = result.best_output(networks[0], coords) - 0.1 * coords
        >>> abs(float(error.square().mean()) - result.mse_best) < 1e-6
        True

        Args:
            network: The network that was fitted.
            coords: Coordinates [n, d], any, on the device of the network.
        """
        return output_of(network, self.best_weights, coords)


@torch.no_grad()
def output_of(network: CoordinateMLP, weights: Mapping[str, Tensor], coords: Tensor) -> Tensor:
    """Return the output [n, c] of a network with other weights, some samples at a time.

    Args:
        network: The network. It keeps its own weights.
        weights: Its parameters by name.
        coords: Coordinates [n, d] on the device of the network.
    """
    there = {name: weight.to(coords.device) for name, weight in weights.items()}
    blocks = coords.split(OUTPUT_BLOCK)
    return torch.cat([functional_call(network, there, (block,)) for block in blocks])


def results_of(training: Training) -> Iterator[FitResult]:
    """Yield the result of each network of a unit, in order."""
    all_errors = training.errors.double().cpu().numpy()
    choosing_error = all_errors[training.chooses]
    best_error, best_epoch = training.best_error.tolist(), training.best_epoch.tolist()
    best_weights = training.best_weights()
    for r, stopped_at in enumerate(training.stopped_at.tolist()):
        stopped = stopped_at >= 0
        error = choosing_error[r, : stopped_at + 1] if stopped else choosing_error[r]
        finite = np.isfinite(error)
        scored = len(finite) if finite.all() else int(np.argmin(finite))
        epochs = curve_epochs(len(training.rates))
        epochs = np.union1d(epochs[epochs < scored], [scored - 1] if scored else [])
        epochs = epochs.astype(np.int64)
        best = best_error[r] if scored else math.nan
        diverged = scored < len(finite)
        at_best = all_errors[:, r, best_epoch[r]].tolist()
        yield FitResult(
            best_errors=dict(zip(training.objective.errors, at_best, strict=True)),
            mse_best=best,
            psnr_peak=float(psnr_db(best)),
            epoch_of_peak=best_epoch[r],
            psnr_final=math.nan if diverged else float(psnr_db(error[-1])),
            epochs=epochs,
            psnr=psnr_db(error[epochs]),
            diverged=diverged,
            stopped=stopped,
            num_epochs=max(scored - 1, 0),
            best_weights=best_weights[r],
            seconds=training.seconds / training.num_networks,
            updates=training.epoch,
            stack=training.num_networks,
            path=training.path,
            curves=dict(zip(training.objective.errors, all_errors[:, r, epochs], strict=True)),
            snapshots={
                epoch: training.layout.unpack(theta[r])
                for epoch, theta in training.snapshots.items()
            },
        )
