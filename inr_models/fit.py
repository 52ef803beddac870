"""`fit()`: the only training loop. Full-batch Adam with step decay (paper, Sec. 5.1).

An epoch is one update on the whole signal. Epoch k in a curve is the network after k
updates, so a fit of E epochs is scored E + 1 times; its peak is the best of these.
"""

import math
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal, NamedTuple, Protocol

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from inr_models.coordinate_mlp import CoordinateMLP
from inr_models.errors import InputError
from inr_models.metrics import psnr_db
from inr_models.stacking import Execution, choose_units
from inr_models.training import Training

FIT_VERSION = 1
"""Raised whenever the same trial would train differently beyond rounding."""

CURVE_POINTS = 50


@dataclass(frozen=True, kw_only=True)
class FitConfig:
    """How to train: Adam at `learning_rate`, times `decay` every `decay_every` epochs.

    Raises:
        InputError: a count below 1, a rate or decay that is not positive and finite, or an
            unknown precision.
    """

    epochs: int = 30_000
    learning_rate: float = 1e-4
    decay: float = 0.99
    decay_every: int = 20
    precision: Literal["float32"] = "float32"

    def __post_init__(self) -> None:
        for field in ("epochs", "decay_every"):
            value = getattr(self, field)
            if not (isinstance(value, int) and value >= 1):
                raise InputError(f"{field} = {value}: give a whole number, 1 or more.")
        for field in ("learning_rate", "decay"):
            value = getattr(self, field)
            if not (math.isfinite(value) and value > 0):
                raise InputError(f"{field} = {value}: give a finite number above 0.")
        if self.precision != "float32":
            raise InputError(f'precision = {self.precision!r}: only "float32" is known.')

    def learning_rate_at(self, epoch: int) -> float:
        """The learning rate of the update after `epoch` updates."""
        return self.learning_rate * self.decay ** (epoch // self.decay_every)


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
    execution: Execution


class Checkpoints(Protocol):
    """Where unfinished training is kept, by the indices of the networks it is of."""

    def load(self, indices: tuple[int, ...]) -> bytes | None: ...

    def save(self, indices: tuple[int, ...], state: bytes) -> None: ...


def fit(
    networks: Sequence[CoordinateMLP],
    coords: Tensor,
    values: Tensor,
    config: FitConfig,
    *,
    execution: Execution | Literal["auto"] = "auto",
    rungs: Sequence[Mapping[int, float]] | None = None,
    checkpoints: Checkpoints | None = None,
    checkpoint_seconds: float = 60.0,
) -> Iterator[tuple[int, FitResult]]:
    """Train every network on the same signal; yield (index, result) as each is finished.

    Args:
        networks: initialized networks of equal shapes, on the device of `coords`; they are
            left as they were.
        coords: [n, d], float32.
        values: [n, c], float32, in [-1, 1].
        execution: "stack" trains the networks together, "loop" one after the other, "auto"
            whichever was measured faster on the device for these shapes.
        rungs: for each network {epoch: PSNR in dB}; its training ends at the first of these
            epochs where it scores less.
        checkpoints: where to look for a state to go on from, and where to leave one every
            `checkpoint_seconds`.

    Raises:
        ValueError: shapes or types that do not fit together.
    """
    _check(networks, coords, values, execution)
    units = choose_units(networks, coords, values, execution)
    rungs = rungs or [{}] * len(networks)
    return _fit(networks, coords, values, config, units, rungs, checkpoints, checkpoint_seconds)


def _check(
    networks: Sequence[CoordinateMLP], coords: Tensor, values: Tensor, execution: str
) -> None:
    if execution not in ("auto", "loop", "stack"):
        raise ValueError(f'execution = {execution!r}: give "auto", "loop" or "stack".')
    if not networks:
        raise ValueError("networks is empty: give one or more.")
    if coords.ndim != 2 or values.ndim != 2 or len(coords) != len(values):
        raise ValueError(f"coords {tuple(coords.shape)} and values {tuple(values.shape)}: "
                         "both must be [n, features] with the same n.")  # fmt: skip
    types = {coords.dtype, values.dtype, *(p.dtype for n in networks for p in n.parameters())}
    if types != {torch.float32}:
        raise ValueError(f"coords, values and networks of {types}: all must be float32.")
    shapes = {tuple(tuple(p.shape) for p in network.parameters()) for network in networks}
    features = {(n.layers[0].in_features, n.layers[-1].out_features) for n in networks}
    if len(shapes) > 1 or features - {(coords.shape[1], values.shape[1])}:
        raise ValueError(
            f"networks of {sorted(features)} (coordinates, channels) for coords "
            f"{tuple(coords.shape)} and values {tuple(values.shape)}: all must have equal shapes "
            "that fit the signal."
        )


def _fit(
    networks: Sequence[CoordinateMLP],
    coords: Tensor,
    values: Tensor,
    config: FitConfig,
    units: Sequence[tuple[int, ...]],
    rungs: Sequence[Mapping[int, float]],
    checkpoints: Checkpoints | None,
    checkpoint_seconds: float,
) -> Iterator[tuple[int, FitResult]]:
    for unit in units:
        started = time.perf_counter()
        training = Training(
            [networks[i] for i in unit],
            coords,
            values,
            epochs=config.epochs,
            learning_rate=config.learning_rate,
        )
        if checkpoints and (state := checkpoints.load(unit)):
            training.load(state)
        thresholds = [rungs[i] for i in unit]
        # Epoch k is scored by the step that leaves it.
        known_at = sorted({epoch + 1 for rung in thresholds for epoch in rung})
        saved_at = started
        while training.epoch < config.epochs and training.is_worth_going_on(thresholds):
            # The host looks in once a decay step, and at the rungs: nothing else needs it.
            step_ends = training.epoch + config.decay_every - training.epoch % config.decay_every
            next_rung = next((k for k in known_at if k > training.epoch), config.epochs)
            steps = min(step_ends, next_rung, config.epochs) - training.epoch
            training.run(steps, config.learning_rate_at(training.epoch))
            if checkpoints and time.perf_counter() - saved_at >= checkpoint_seconds:
                checkpoints.save(unit, training.save())
                saved_at = time.perf_counter()
        training.evaluate(backward=False)
        yield from zip(unit, _results(training, config.epochs), strict=True)


def _results(training: Training, epochs_asked: int) -> Iterator[FitResult]:
    all_mse = training.mse.double().cpu().numpy()
    weights = {name: best.cpu() for name, best in training.best.items()}
    for r, stopped_at in enumerate(training.stopped_at.tolist()):
        stopped = stopped_at >= 0
        mse = all_mse[r, : stopped_at + 1] if stopped else all_mse[r]
        finite = np.isfinite(mse)
        scored = len(finite) if finite.all() else int(np.argmin(finite))
        epochs = curve_epochs(epochs_asked)
        epochs = np.union1d(epochs[epochs < scored], [scored - 1] if scored else [])
        epochs = epochs.astype(np.int64)
        best = float(training.best_mse[r]) if scored else math.nan
        diverged = scored < len(finite)
        yield FitResult(
            mse_best=best,
            psnr_peak=float(psnr_db(best)),
            epoch_of_peak=int(training.best_epoch[r]),
            psnr_final=math.nan if diverged else float(psnr_db(mse[-1])),
            epochs=epochs,
            psnr=psnr_db(mse[epochs]),
            diverged=diverged,
            stopped=stopped,
            num_epochs=max(scored - 1, 0),
            best_weights={k: w[r] if training.stacked else w for k, w in weights.items()},
            seconds=training.seconds / len(all_mse),
            execution="stack" if training.stacked else "loop",
        )


def curve_epochs(last: int) -> NDArray[np.int64]:
    """About `CURVE_POINTS` log-spaced epochs from 0 to `last`, both included."""
    spaced = np.geomspace(1, max(last, 1), CURVE_POINTS).round().astype(np.int64)
    return np.unique(np.concatenate([[0], np.minimum(spaced, last)]))
