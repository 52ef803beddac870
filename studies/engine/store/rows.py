"""Turn a fit into its row and its curve. See `schema` for the columns."""

import dataclasses
import math
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from inr_models import Siren2Config
from inr_models.fitting.held_out import HeldOut, psnr_of_band_limited_db
from inr_models.fitting.metrics import psnr_of_constant_db, psnr_of_zero_db
from inr_models.fitting.objective import REGRESSION, Objective
from search_spaces.bandwidth import bandwidth, nyquist
from studies.engine.planning.trial import Trial
from studies.engine.signals.signal import Signal, is_present, samples_of
from studies.engine.store.dead import is_dead
from studies.engine.store.metrics import (
    BAND_LIMIT,
    BEST_CONSTANT,
    HEADLINE,
    PSNR_HELD_OUT,
    ZERO_OUTPUT,
    Scored,
    scores,
)
from studies.engine.store.provenance import device_name, git_commit, versions

if TYPE_CHECKING:
    import torch

    from inr_models import FitResult

Row = dict[str, Any]

BRIEF = (
    "key", "signal", "sha256", "network", "hp_s0", "hp_s1", "seed", "status", HEADLINE.column,
    PSNR_HELD_OUT.column, ZERO_OUTPUT, "num_epochs", "seconds", "error",
)  # fmt: skip

COUNTED = ("key", "sha256", "status", HEADLINE.column, ZERO_OUTPUT)
"""The columns that say which fits of a run are done."""

REPORTED = (
    *BRIEF, BAND_LIMIT, "versions", "commit", "parameters", "seconds_per_epoch", "flops_per_epoch",
)  # fmt: skip
"""The columns that a report needs of a fit."""


def finished_row(study: str, trial: Trial, fit: Scored, device: "torch.device") -> Row:
    """Return the row of a fit that no error ended: ok, dead, empty, diverged or partial.

    Args:
        study: Name of the study.
        trial: The trial.
        fit: Its result, its signal and its output.
        device: Where it was trained.
    """
    result = fit.result
    base = _base_row(study, fit.signal, trial)
    if result.diverged:
        status = "diverged"
    elif result.stopped:
        status = "partial"
    elif _has_no_surface(fit):
        status = "empty"
    elif is_dead(HEADLINE.compute(fit), base[ZERO_OUTPUT], base[BEST_CONSTANT]):
        status = "dead"
    else:
        status = "ok"
    return {
        **base,
        **scores(fit),
        "epoch_of_peak": result.epoch_of_peak,
        "num_epochs": result.num_epochs,
        "status": status,
        "seconds": result.seconds,
        "seconds_per_epoch": result.seconds / result.updates if result.updates else None,
        "path": result.path,
        "stack": result.stack,
        "device": device_name(device),
    }


def _has_no_surface(fit: Scored) -> bool:
    """Return whether a shape's network has the same sign at all samples."""
    return fit.signal.cloud is not None and np.ptp(np.sign(fit.best_output())) < 2


def scores_without_network(objective: Objective, signal: Signal) -> tuple[float, float | None]:
    """Return the PSNR in dB of an all-zero output and of the best constant.

    They are those of the samples that decide a fit's peak.

    Args:
        objective: What is minimized.
        signal: The signal. It needs its samples unless the objective is a regression.
    """
    if objective == REGRESSION:
        return signal.psnr_zero, signal.psnr_constant
    scored = objective.scored(*samples_of(signal))
    return psnr_of_zero_db(scored), psnr_of_constant_db(scored)


def _band_limit(objective: Objective, signal: Signal) -> float | None:
    if not isinstance(objective, HeldOut) or objective.every == 1:
        return None
    assert signal.values is not None, "a signal travels with its samples"
    if not is_present(signal.values).all():
        return None  # a gap has no spectrum
    return psnr_of_band_limited_db(signal.values, signal.shape, objective.every)


def failed_row(study: str, signal: Signal, trial: Trial, error: str) -> Row:
    """Return the row of a fit that an error ended."""
    return {**_base_row(study, signal, trial), "status": "failed", "error": error}


def curve_rows(trial: Trial, result: "FitResult") -> list[Row]:
    """Return the PSNR curve of a fit and its errors, one row for each point."""
    points = zip(result.epochs.tolist(), result.psnr.tolist(), strict=True)
    rows: list[Row] = [{"key": trial.key, "epoch": epoch, "psnr": psnr} for epoch, psnr in points]
    if len(result.curves) > 1:
        errors = np.stack(list(result.curves.values()), axis=1)
        for row, own in zip(rows, errors.tolist(), strict=True):
            row["errors"] = own
    return rows


def signal_row(signal: Signal) -> Row:
    """Return a signal without its samples as a row of the table of signals.

    The row of an image has its height and width, and the row of a sound has its number of samples.
    Other signals have the whole shape. `add_signals` thus recognizes rows of older versions.
    """
    other = {"values", "descriptors", "shape", "notes", "cloud"}
    fields = {f.name for f in dataclasses.fields(Signal)} - other
    row = {name: getattr(signal, name) for name in fields}
    row |= {"num_samples": signal.num_samples, "bands": list(signal.bands)}
    shape = signal.shape
    row["image_height"], row["image_width"] = shape if len(shape) == 2 else (None, None)
    row["shape"] = list(shape) if len(shape) > 2 else None
    return row | {f"descriptor_{name}": _or_null(v) for name, v in signal.descriptors.items()}


def signal_from_row(row: Row) -> Signal:
    """Return the signal of a row, without its samples. This is the inverse of `signal_row`."""
    prefix = "descriptor_"
    descriptors = {
        k.removeprefix(prefix): v for k, v in row.items() if k.startswith(prefix) and v is not None
    }
    names = {f.name for f in dataclasses.fields(Signal)} & row.keys() - {"bands", "shape", "offset"}
    if row["shape"] is not None:
        shape = tuple(row["shape"])
    elif row["image_height"] is not None:
        shape = (row["image_height"], row["image_width"])
    else:
        shape = (row["num_samples"],)
    return Signal(
        **{name: row[name] for name in names},
        descriptors=descriptors,
        shape=shape,
        bands=tuple(row["bands"] or ()),
        offset=row.get("offset") or 0.0,  # an earlier version's row lacks it
    )


def brief(row: Mapping[str, Any]) -> Row:
    """Return the columns of a fit that the driver needs while a run goes on."""
    return {name: row.get(name) for name in BRIEF}


def point_columns(network: Any, shape: tuple[int, ...]) -> Row:
    """Return the hp_* columns of a network: its fields, and what follows from a signal's shape.

    >>> point_columns(GaussConfig(), (8192,))
    {'hp_width': 222, 'hp_depth': 4, 'hp_scale': 30.0}

    Args:
        network: the config of the network.
        shape: samples along each axis of the signal.
    """
    columns = {}
    # The own fields of a network from outside have no column. `config` holds them.
    without_column = type(network).__annotations__ if network.source else {}
    for name, value in dataclasses.asdict(network).items():
        if name in without_column:
            continue
        if isinstance(value, tuple):
            value = " x ".join(map(str, value))
        columns[f"hp_{name}"] = value
    if isinstance(network, Siren2Config):
        columns["hp_s0_nyquist"] = network.s0 / nyquist(max(shape))
        columns["hp_bandwidth"] = bandwidth(
            network.s0,
            network.s1,
            width=network.width,
            omega_first=network.omega_first,
            in_features=len(shape),
        )
    return columns


def _base_row(study: str, signal: Signal, trial: Trial) -> Row:
    features = {"in_features": len(signal.shape), "out_features": signal.channels}
    objective = trial.objective
    flops = signal.num_samples * trial.network.flops_per_sample(**features)
    zero, constant = scores_without_network(objective, signal)
    return {
        "key": trial.key,
        "study": study,
        "signal": signal.name,
        "sha256": signal.sha256,
        "crop": signal.crop,
        "n": signal.num_samples,
        "channels": signal.channels,
        "sample_rate": signal.sample_rate,
        "network": trial.network.network,
        **point_columns(trial.network, signal.shape),
        **{f"fit_{k}": v for k, v in dataclasses.asdict(trial.fit).items()},
        "parameters": trial.network.num_parameters(**features),
        "flops_per_epoch": None if signal.cloud else flops,
        "fit_version": trial.fit_version,
        "objective": None if objective == REGRESSION else objective.name,
        "seed": trial.seed,
        ZERO_OUTPUT: zero,
        BEST_CONSTANT: constant,
        BAND_LIMIT: _band_limit(objective, signal),
        "versions": versions(),
        "commit": git_commit(),
        "config": trial.config,
    }


def _or_null(value: float) -> float | None:
    return None if math.isnan(value) else value
