"""What a fit came to."""

import math
from collections.abc import Iterator
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from torch import Tensor

from inr_models.fitting.metrics import curve_epochs, psnr_db
from inr_models.fitting.training import Training


class FitResult(NamedTuple):
    """What one network reached. Errors are full-signal means; PSNR as `metrics.psnr_db`.

    `epochs` and `psnr` are the curve: log-spaced epochs, the same ones whenever `config.epochs`
    is the same, and the last that was scored. A diverged fit (its error was no longer finite)
    has `psnr_final` NaN and a curve that ends before; its peak and best weights are those of
    the finite part (NaN and the initial weights if there is none). A fit that was `stopped` at
    a rung has all its numbers from the epochs up to there.
    """

    mse_best: float
    psnr_peak: float
    epoch_of_peak: int
    psnr_final: float
    epochs: NDArray[np.int64]
    psnr: NDArray[np.float64]
    diverged: bool
    stopped: bool
    num_epochs: int
    """Updates that were scored."""
    best_weights: dict[str, Tensor]
    seconds: float
    """A network's share of what its stack took."""
    updates: int
    """That were made in this time: a stack goes on without those that have stopped or diverged."""
    stack: int
    """Networks that were trained together, 1 for one by itself."""
    path: str
    """How an update was computed: "eager", "blocked" or "compiled", with " graph" on a GPU."""


def results_of(training: Training) -> Iterator[FitResult]:
    """The result of each network of a unit."""
    all_mse = training.mse.double().cpu().numpy()
    best_mse, best_epoch = training.best_mse.tolist(), training.best_epoch.tolist()
    best_weights = training.best_weights()
    for r, stopped_at in enumerate(training.stopped_at.tolist()):
        stopped = stopped_at >= 0
        mse = all_mse[r, : stopped_at + 1] if stopped else all_mse[r]
        finite = np.isfinite(mse)
        scored = len(finite) if finite.all() else int(np.argmin(finite))
        epochs = curve_epochs(len(training.rates))
        epochs = np.union1d(epochs[epochs < scored], [scored - 1] if scored else [])
        epochs = epochs.astype(np.int64)
        best = best_mse[r] if scored else math.nan
        diverged = scored < len(finite)
        yield FitResult(
            mse_best=best,
            psnr_peak=float(psnr_db(best)),
            epoch_of_peak=best_epoch[r],
            psnr_final=math.nan if diverged else float(psnr_db(mse[-1])),
            epochs=epochs,
            psnr=psnr_db(mse[epochs]),
            diverged=diverged,
            stopped=stopped,
            num_epochs=max(scored - 1, 0),
            best_weights=best_weights[r],
            seconds=training.seconds / len(all_mse),
            updates=training.epoch,
            stack=len(all_mse),
            path=training.path,
        )
