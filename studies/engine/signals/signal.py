"""Define a signal, its coordinates and its type."""

import hashlib
import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from inr_models import FitConfig
from inr_models.fitting.metrics import psnr_of_constant_db
from inr_models.fitting.signed_distance import BOX, DISTANCE_RANGE, NEAR, SCORED, SURFACE
from inr_models.shown import printable
from search_spaces.rules import USUAL_FIT, Target


class Cloud(NamedTuple):
    """Hold what a fit may know of a shape: samples on its surface and around it.

    Args:
        surface: Points and their normals [m, 6].
        near: Points near the surface and their signed distance from it [k, 4].
        box: Points of the whole box and their signed distance [k, 4].
    """

    surface: NDArray[np.float32]
    near: NDArray[np.float32]
    box: NDArray[np.float32]


@dataclass(frozen=True, kw_only=True)
class Signal:
    """A signal to fit, and where it came from.

    Args:
        name: Name in tables.
        sha256: Hash that tells signals apart, see `sha256_of`.
        source: Path of the file as the user gave it.
        shape: Samples along each axis: (n,) for a sound, (rows, columns) for an image.
        channels: Number of channels. A sound has one.
        sample_rate: Sample rate of a sound's file in Hz, else None.
        file_samples: Samples of the whole file.
        crop: How the samples were taken from the file, see `crops`. A sound has "head", "loudest",
            "start" or "whole". An image has "whole" or "busiest".
        crop_start: Place of the crop's first sample in the file.
        peak: The number that samples were divided by. For a sound it is the maximum of |x| in the
            file, or in the window of the "loudest" crop. For an image it is half of the range that
            becomes [-1, 1], see `pixel_range`.
        psnr_zero: PSNR of an all-zero output in dB.
        descriptors: What `search_spaces.descriptors` computes, by name.
        bands: The coarse spectrum, see `descriptors.bands`.
        notes: Sentences that say what was left out of the file, or what is odd about its values.
        values: The samples [n, channels], float32 in [-1, 1], the last axis fastest. NaN marks a
            gap, whose samples no fit sees. None if they are not at hand.
        offset: The number that was subtracted from samples before they were divided by `peak`.
        cloud: What a fit may know of a shape. None for other signals, and where it is not at hand.
        psnr_constant: PSNR of the best constant output in dB, see `psnr_of_constant_db`. It is
            computed from `values` if it is left out. None if neither is known, as in a signal that
            an earlier version stored.

    The name and the source become printable.
    """

    name: str
    sha256: str
    source: str
    shape: tuple[int, ...]
    channels: int
    sample_rate: float | None
    file_samples: int
    crop: str
    crop_start: int
    peak: float
    psnr_zero: float
    descriptors: dict[str, float]
    bands: tuple[float, ...] = field(default=(), repr=False, compare=False)
    notes: tuple[str, ...] = field(default=(), compare=False)
    values: NDArray[np.float32] | None = field(default=None, repr=False, compare=False)
    psnr_constant: float | None = None
    offset: float = 0.0
    cloud: Cloud | None = field(default=None, repr=False, compare=False)

    def __post_init__(self) -> None:
        if self.psnr_constant is None and self.values is not None:
            constant = psnr_of_constant_db(self.values[is_present(self.values)])
            object.__setattr__(self, "psnr_constant", constant)
        # A file may have any name, and a row says what others wrote.
        object.__setattr__(self, "name", printable(self.name))
        object.__setattr__(self, "source", printable(self.source))

    @property
    def num_samples(self) -> int:
        """n, the number of samples along all axes."""
        return math.prod(self.shape)

    @property
    def has_gaps(self) -> bool:
        """Whether samples are known to be missing. False if the samples are not at hand."""
        return self.values is not None and not bool(is_present(self.values).all())

    def target(self, width: int, depth: int, fit: FitConfig = USUAL_FIT) -> Target:
        """Return what a rule may know: this signal, the size of the network, and its training."""
        return Target(
            descriptors=self.descriptors,
            shape=self.shape,
            width=width,
            depth=depth,
            channels=self.channels,
            bands=self.bands,
            sha256=self.sha256,
            fit=fit,
        )


Reader = Callable[[Path, int], Signal]
"""Reads a file with at most this many samples."""

READING = ("rescale", "channel", "crop", "column", "sample_rate")
"""The fields of a `Scale` that say how files are read. Every type takes some of them."""


@dataclass(frozen=True, kw_only=True)
class SignalType:
    """A type of signal that studies fit, such as sound. `reading.SIGNAL_TYPES` lists all types.

    Args:
        noun: Singular noun for one of its signals in tables.
        suffixes: Suffixes of its files, in lower case.
        files: Which files a user may give, for the help text.
        size: What the largest number of samples limits, for the help text.
        read: Reads a file with at most this many samples. It takes `options` by keyword, and raises
            InputError for a file that it cannot use.
        options: Names from `READING` that `read` takes, with the help text and argparse's settings
            of each flag.
        generated: Names that the reader takes in place of a file. For each, what the user should
            know while it is computed, "" for nothing.
        by_distance: Whether its signals are surfaces, which only `Scale.signed_distance` can fit.
    """

    noun: str
    suffixes: tuple[str, ...]
    files: str
    size: str
    read: Callable[..., Signal]
    options: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    generated: Mapping[str, str] = field(default_factory=dict)
    by_distance: bool = False


def coordinates(shape: tuple[int, ...]) -> NDArray[np.float32]:
    """Return coordinates [n, d] on a grid from -1 to 1, both included, the last axis fastest.

    Args:
        shape: Samples along each of the d axes.

    Example:
        >>> coordinates((2, 2)).tolist()
        [[-1.0, -1.0], [-1.0, 1.0], [1.0, -1.0], [1.0, 1.0]]
    """
    axes = [np.linspace(-1, 1, num).astype(np.float32) for num in shape]
    return np.stack(np.meshgrid(*axes, indexing="ij"), -1).reshape(-1, len(shape))


def samples_of(signal: Signal) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Return the coordinates [m, d] and the values [m, c] that a fit of a signal gets.

    Samples in gaps are left out. What is known of a shape follows after its samples, and all rows
    are those of `inr_models.fitting.signed_distance.SignedDistance`.

    Args:
        signal: The signal, with its samples.
    """
    assert signal.values is not None, "a signal travels with its samples"
    coords, values = coordinates(signal.shape), signal.values
    present = is_present(values)
    if not present.all():
        coords, values = coords[present], values[present]
    if signal.cloud is None:
        return coords, values
    surface, near, box = signal.cloud
    blocks = [_distance_rows(SCORED, values * DISTANCE_RANGE)]
    blocks.append(_distance_rows(SURFACE, np.zeros_like(surface[:, :1]), surface[:, 3:]))
    blocks.append(_distance_rows(NEAR, near[:, 3:]))
    blocks.append(_distance_rows(BOX, box[:, 3:]))
    places = np.vstack([coords, surface[:, :3], near[:, :3], box[:, :3]])
    return places, np.vstack(blocks)


def _distance_rows(
    kind: float, distances: NDArray[np.float32], normals: NDArray[np.float32] | None = None
) -> NDArray[np.float32]:
    """Return rows of `SignedDistance` [m, 5]."""
    if normals is None:
        normals = np.zeros((len(distances), 3), np.float32)
    kinds = np.full((len(distances), 1), kind, np.float32)
    return np.hstack([kinds, distances / np.float32(DISTANCE_RANGE), normals])


def is_present(values: NDArray) -> NDArray[np.bool_]:
    """Return which samples [n] lie in no gap.

    Args:
        values: The samples [n, c].

    Example:
        >>> is_present(np.array([[0.5], [np.nan]])).tolist()
        [True, False]
    """
    return np.logical_not(np.isnan(values).any(axis=1))


def sha256_of(values: NDArray[np.float32], shape: tuple[int, ...]) -> str:
    """Return the hash of the little-endian float32 samples and of their shape.

    The shape of a signal with one axis is left out, because the samples decide it.

    Args:
        values: The samples [n, c].
        shape: Samples along each axis.
    """
    prefix = b"" if len(shape) == 1 else repr(tuple(map(int, shape))).encode()
    return hashlib.sha256(prefix + values.astype("<f4").tobytes()).hexdigest()
