"""What a rule may know, and what it answers."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from inr_models import SirenConfig
from inr_models.errors import InputError
from search_spaces.bandwidth import nyquist
from search_spaces.descriptors import describe
from search_spaces.descriptors.bands import bands

MIN_SIDE = 8
"""Pixels: what has fewer on a side is no image, but a sound with channels, say."""


@dataclass(frozen=True, kw_only=True)
class Target:
    """A signal's descriptors, an image's (rows, columns), and the network that is to fit it.

    `bands` is the signal's coarse spectrum (`descriptors.bands`), () where it is not known, as
    `sha256` is "".
    """

    descriptors: Mapping[str, float]
    num_samples: int
    width: int
    depth: int = 4
    channels: int = 1
    image_shape: tuple[int, int] | None = None
    bands: tuple[float, ...] = ()
    sha256: str = ""

    @classmethod
    def of(cls, values: NDArray, *, width: int, depth: int = 4) -> "Target":
        """Of samples [n], or of an image [h, w] or [h, w, c], whatever their scale.

        Raises:
            InputError: another shape, fewer than two samples or `MIN_SIDE` pixels along an axis,
                values that are not finite, a signal that does not vary, which has no spectrum, or
                no such network.
        """
        SirenConfig(width=width, depth=depth)  # refuses what is no size
        samples = np.asarray(values, dtype=np.float64)
        if samples.ndim == 2:
            samples = samples[..., None]
        shape = samples.shape[:2] if samples.ndim == 3 else samples.shape
        if samples.ndim not in (1, 3) or min(shape) < 2:
            raise InputError(
                "wrong-kind",
                "signal",
                f"signal of shape {np.shape(values)}: give [n] samples, or an image "
                "[height, width] or [height, width, channels].",
            )
        if samples.ndim == 3 and min(shape) < MIN_SIDE:
            raise InputError(
                "too-few",
                "signal",
                f"signal of shape {np.shape(values)}: an image has {MIN_SIDE} pixels or more on a "
                "side; of a sound with several channels give one, or their mean: [n] samples.",
            )
        if not np.isfinite(samples).all():
            raise InputError(
                "not-finite",
                "signal",
                "signal: some values are not finite; leave them out or fill them in.",
            )
        if np.ptp(samples) == 0:
            raise InputError(
                "constant", "signal", "signal: all values are equal, so it has no spectrum."
            )
        image = samples.ndim == 3
        return cls(
            descriptors=describe(samples),
            num_samples=samples.shape[0] * (samples.shape[1] if image else 1),
            width=width,
            depth=depth,
            channels=samples.shape[2] if image else 1,
            image_shape=(samples.shape[0], samples.shape[1]) if image else None,
            bands=bands(samples),
        )

    @property
    def side(self) -> int:
        """Samples along the longest axis: what decides the highest Nyquist frequency."""
        return max(self.image_shape or (self.num_samples,))

    @property
    def dimensions(self) -> int:
        """Coordinates of a sample."""
        return len(self.image_shape or (self.num_samples,))

    @property
    def nyquist(self) -> float:
        """In rad per unit of coordinate, along the longest axis."""
        return nyquist(self.side)

    def descriptor(self, name: str) -> float:
        """By name.

        Raises:
            InputError: there is none of this name, or this signal has none.
        """
        value = self.descriptors.get(name, float("nan"))
        if not np.isfinite(value):
            raise InputError(
                "missing",
                name,
                f"descriptor {name}: this signal has none; use a rule that does without it.",
            )
        return value


class NoiseScales(NamedTuple):
    """A point of SIREN²'s search space (paper, Eqn. 8)."""

    s0: float
    s1: float


Rule = Callable[[Target], NoiseScales]
