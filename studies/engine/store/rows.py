"""From a finished fit to its row and its curve. See `schema` for the columns."""

import dataclasses
import math
import platform
import subprocess
from collections.abc import Mapping
from functools import cache
from importlib import metadata
from pathlib import Path
from typing import TYPE_CHECKING, Any

from inr_models import Siren2Config
from search_spaces.bandwidth import bandwidth, nyquist
from studies.engine.planning.trial import Trial
from studies.engine.signals.signal import Signal

if TYPE_CHECKING:
    import torch

    from inr_models import FitResult

Row = dict[str, Any]

DEAD_WITHIN_DB = 1.0
"""A fit whose peak is less than this above zero output is dead: it learned nothing."""


BRIEF = (
    "key", "signal", "sha256", "network", "hp_s0", "hp_s1", "seed", "status", "metric_psnr_peak",
    "num_epochs", "seconds",
)  # fmt: skip

COUNTED = ("key", "sha256", "status", "metric_psnr_peak")
"""The columns that say of a run's fits what is done."""

REPORTED = (
    *BRIEF, "error", "versions", "commit", "parameters", "seconds_per_epoch", "flops_per_epoch",
)  # fmt: skip
"""The columns that a report needs of a fit."""


def finished_row(
    study: str, signal: Signal, trial: Trial, result: "FitResult", device: "torch.device"
) -> Row:
    """The row of a fit that was not broken off by an error: ok, dead, diverged or partial."""
    if result.diverged:
        status = "diverged"
    elif result.stopped:
        status = "partial"
    elif result.psnr_peak - signal.psnr_zero < DEAD_WITHIN_DB:
        status = "dead"
    else:
        status = "ok"
    return {
        **_base_row(study, signal, trial),
        "metric_psnr_peak": _or_null(result.psnr_peak),
        "metric_psnr_final": _or_null(result.psnr_final),
        "metric_mse": _or_null(result.mse_best),
        "epoch_of_peak": result.epoch_of_peak,
        "num_epochs": result.num_epochs,
        "status": status,
        "seconds": result.seconds,
        "seconds_per_epoch": result.seconds / result.updates if result.updates else None,
        "path": result.path,
        "stack": result.stack,
        "device": _device_name(device),
    }


def failed_row(study: str, signal: Signal, trial: Trial, error: str) -> Row:
    """The row of a fit that could not be finished."""
    return {**_base_row(study, signal, trial), "status": "failed", "error": error}


def curve_rows(trial: Trial, result: "FitResult") -> list[Row]:
    """The PSNR curve of a fit, a row a point."""
    points = zip(result.epochs.tolist(), result.psnr.tolist(), strict=True)
    return [{"key": trial.key, "epoch": epoch, "psnr": psnr} for epoch, psnr in points]


def signal_row(signal: Signal) -> Row:
    """A signal without its samples, as the table of signals has it."""
    other = {"values", "descriptors", "image_shape", "notes"}
    fields = {f.name for f in dataclasses.fields(Signal)} - other
    row = {name: getattr(signal, name) for name in fields}
    height, width = signal.image_shape or (None, None)
    row |= {"image_height": height, "image_width": width, "bands": list(signal.bands)}
    return row | {f"descriptor_{name}": _or_null(v) for name, v in signal.descriptors.items()}


def signal_from_row(row: Row) -> Signal:
    """The inverse of `signal_row`; the samples are not there."""
    prefix = "descriptor_"
    descriptors = {
        k.removeprefix(prefix): v for k, v in row.items() if k.startswith(prefix) and v is not None
    }
    names = {f.name for f in dataclasses.fields(Signal)} & row.keys() - {"bands"}
    height, width = row["image_height"], row["image_width"]
    return Signal(
        **{name: row[name] for name in names},
        descriptors=descriptors,
        image_shape=None if height is None else (height, width),
        bands=tuple(row["bands"] or ()),
    )


def brief(row: Mapping[str, Any]) -> Row:
    """What the driver wants to know of a fit while a run goes on."""
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
    for name, value in dataclasses.asdict(network).items():
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
        "flops_per_epoch": signal.num_samples * trial.network.flops_per_sample(**features),
        "fit_version": trial.fit_version,
        "seed": trial.seed,
        "metric_psnr_zero": signal.psnr_zero,
        "versions": versions(),
        "commit": git_commit(),
        "config": trial.config,
    }


def _device_name(device: "torch.device") -> str:
    if device.type != "cuda":
        return "CPU"
    import torch

    return torch.cuda.get_device_name(device)


def _or_null(value: float) -> float | None:
    return None if math.isnan(value) else value


@cache
def versions() -> str:
    """Of what decides a number: noisescape, Python, torch."""
    import torch  # its build is in no package's metadata

    try:
        own = metadata.version("noisescape")
    except metadata.PackageNotFoundError:
        own = "not installed"
    return f"noisescape {own}, Python {platform.python_version()}, torch {torch.__version__}"


@cache
def git_commit() -> str | None:
    """Short commit of the checkout this code runs from, with + if it was changed since."""
    here = Path(__file__).parent

    def git(*arguments: str) -> str:
        command = ["git", "-C", str(here), *arguments]
        return subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip()

    try:
        if not git("ls-files", Path(__file__).name):  # installed beside a foreign checkout
            return None
        return git("rev-parse", "--short=12", "HEAD") + "+" * bool(git("status", "-s", "-uno"))
    except (OSError, subprocess.CalledProcessError):
        return None
