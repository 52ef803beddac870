"""Define what a rule may know of a signal and a network, and what it answers."""

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from inr_models import FitConfig, SirenConfig
from inr_models.errors import InputError
from search_spaces.bandwidth import nyquist
from search_spaces.descriptors import describe
from search_spaces.descriptors.bands import bands

MIN_SIDE = 8
"""Fewest pixels on a side. An array with fewer is not an image, but a sound with channels, say."""


USUAL_FIT = FitConfig(epochs=300, learning_rate=5e-4, decay=0.95, decay_every=20)
"""The training that the rules were fitted to. A target has it unless another is named."""


@dataclass(frozen=True, kw_only=True)
class Target:
    """A signal, the size of the network that fits it, and how it is trained.

    Args:
        descriptors: What `search_spaces.descriptors` computes, by name.
        shape: Samples along each axis: (n,) for a sound, (rows, columns) for an image.
        width: Features of a hidden layer.
        depth: Hidden layers.
        channels: Channels of the signal.
        bands: The coarse spectrum, see `descriptors.bands`. () if it is not known.
        sha256: The hash that tells signals apart. "" if it is not known.
        fit: How the network is trained.
    """

    descriptors: Mapping[str, float]
    shape: tuple[int, ...]
    width: int
    depth: int = 4
    channels: int = 1
    bands: tuple[float, ...] = ()
    sha256: str = ""
    fit: FitConfig = USUAL_FIT

    @classmethod
    def of(
        cls, values: NDArray, *, width: int, depth: int = 4, fit: FitConfig = USUAL_FIT
    ) -> "Target":
        """Return the target for a signal of any scale.

        >>> Target.of(np.sin(np.arange(1000)), width=52).shape
        (1000,)

        Args:
            values: Samples [n], or an image [h, w] or [h, w, c].
            width: Features of a hidden layer of the network.
            depth: Hidden layers of the network.
            fit: How the network is trained.

        Raises:
            InputError: The array has another shape, fewer than two samples or `MIN_SIDE` pixels
                along an axis, or values that are not finite. It does not vary, so that it has no
                spectrum. Or the network has no such size.
        """
        SirenConfig(width=width, depth=depth)  # refuses sizes that are out of range
        try:
            given = np.asanyarray(values)
            samples = np.asarray(np.real(given), dtype=np.float64)
        except (TypeError, ValueError):
            why = "give an array of numbers."
            raise InputError.of_value("wrong-kind", "signal", type(values).__name__, why) from None
        if np.iscomplexobj(given) or np.ma.is_masked(given):
            what = "complex" if np.iscomplexobj(given) else "masked"
            why = "give real numbers, without a mask."
            raise InputError.of_value("wrong-kind", "signal", f"{what} values", why)
        if samples.ndim == 2:
            samples = samples[..., None]
        shape = samples.shape[:2] if samples.ndim == 3 else samples.shape
        if samples.ndim not in (1, 3) or min(shape) < 2:
            why = "give [n] samples, or an image [height, width] or [height, width, channels]."
            raise InputError.at("wrong-kind", "signal", f"its shape is {np.shape(values)}; {why}")
        if samples.ndim == 3 and min(shape) < MIN_SIDE:
            why = (
                f"an image has {MIN_SIDE} pixels or more on a side; if it is a sound with several "
                "channels, give one of them, or their mean: [n] samples."
            )
            raise InputError.at("too-few", "signal", f"its shape is {np.shape(values)}; {why}")
        if not np.isfinite(samples).all():
            raise InputError.at(
                "not-finite",
                "signal",
                "some values are not finite; leave them out or fill them in.",
            )
        if np.ptp(samples) == 0:
            raise InputError.at(
                "constant", "signal", "all values are equal, so it has no spectrum."
            )
        return cls(
            descriptors=describe(samples),
            shape=shape,
            width=width,
            depth=depth,
            channels=samples.shape[2] if samples.ndim == 3 else 1,
            bands=bands(samples),
            fit=fit,
        )

    @property
    def num_samples(self) -> int:
        """The number of samples along all axes."""
        return math.prod(self.shape)

    @property
    def num_values(self) -> int:
        """The number n of values to fit: samples times channels."""
        return self.num_samples * self.channels

    @property
    def num_parameters(self) -> int:
        """The number p of a SIREN's weights and biases."""
        network = SirenConfig(width=self.width, depth=self.depth)
        return network.num_parameters(in_features=self.dimensions, out_features=self.channels)

    @property
    def values_per_parameter(self) -> float:
        """The ratio n/p of values to parameters.

        A network with fewer values than parameters can interpolate them, so that it fits best from
        another point than one that has to choose what it fits.
        """
        return self.num_values / self.num_parameters

    @property
    def side(self) -> int:
        """Samples along the longest axis. They decide the highest Nyquist frequency."""
        return max(self.shape)

    @property
    def dimensions(self) -> int:
        """The number of coordinates of a sample."""
        return len(self.shape)

    @property
    def nyquist(self) -> float:
        """The Nyquist frequency along the longest axis, in rad per unit of coordinate."""
        return nyquist(self.side)

    def descriptor(self, name: str) -> float:
        """Return a descriptor by name.

        Raises:
            InputError: This signal has no descriptor of this name.
        """
        value = self.descriptors.get(name, float("nan"))
        if not np.isfinite(value):
            raise InputError.at(
                "missing", name, "this signal has no such descriptor; use a rule without it."
            )
        return value


class NoiseScales(NamedTuple):
    """The noise scales (s0, s1) of a SIREN² (paper, Eqn. 8): a point of its search space."""

    s0: float
    s1: float


Rule = Callable[[Target], NoiseScales]
