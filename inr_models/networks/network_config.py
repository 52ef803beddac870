"""Define what the configs of all networks share: their sizes, and what follows from these.

A config is a value and needs no torch, so that trials are planned, keyed and counted without it.
A config imports torch when it builds its network.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING, Annotated, Any, ClassVar, Literal, NamedTuple, Self

import numpy as np

from inr_models.checks import check_counts, check_whole
from inr_models.columns import Meaning
from inr_models.errors import InputError

if TYPE_CHECKING:
    import torch
    from torch import nn

    from inr_models.networks.coordinate_mlp import CoordinateMLP

# The fields that several networks declare. One column stores each, so each has one meaning.
Width = Annotated[int, Meaning("width of every hidden layer", unit="features")]
Depth = Annotated[int, Meaning("number of hidden layers", unit="layers")]
OmegaFirst = Annotated[float, Meaning("omega of the first layer", unit="rad/unit")]
OmegaHidden = Annotated[float, Meaning("omega of later layers", unit="rad/unit")]
GaussianScale = Annotated[float, Meaning("factor in the Gaussian's argument (wire, gauss)")]


class Varied(NamedTuple):
    """Lists the values at which a study tries one field of a network, see `NetworkConfig.space`.

    Args:
        values: the values, in increasing order.
        by: how a value changes the published one. "value" replaces it, "factor" multiplies it, and
            "step" is added to it (the sum is at least 1).
    """

    values: tuple[float, ...]
    by: Literal["value", "factor", "step"] = "value"


def log_spaced(low: float, high: float, num: int) -> tuple[float, ...]:
    """Return `num` values from `low` to `high`, both included, at equal ratios.

    >>> log_spaced(0.1, 10, 3)
    (0.1, 1.0, 10.0)
    """
    return tuple(np.geomspace(low, high, num).tolist())


@dataclass(frozen=True, kw_only=True)
class Setting:
    """Holds the values of a signal and a study on which a network's published settings depend.

    Args:
        longest_axis: samples along the signal's longest axis.
        omega_factor: what the first layer's omega is multiplied by.
        noise_scales: (s0, s1) that a rule recommends for the signal, for a SIREN².
    """

    longest_axis: int
    omega_factor: float = 1.0
    noise_scales: tuple[float, float] | None = None


MOST_UNITS = 100_000
"""The largest width, and number of inputs or outputs."""

MOST_LAYERS = 1_000
"""The largest depth. Torch takes seconds for so many layers."""

MOST_BYTES = 16 << 30
"""The largest hidden weights in single precision. Training needs four times as much."""


@dataclass(frozen=True, kw_only=True)
class NetworkConfig:
    """A network of `depth` hidden layers of `width` features. Every network is one subclass.

    A subclass sets `network` and defines `activations` and `initialize`. It annotates each field
    of its own with a `Meaning`, overrides what else differs, and is listed in `catalog`.

    Raises:
        InputError: a size is below 1, or the width above `MOST_UNITS`, or the depth above
            `MOST_LAYERS`.
    """

    network: ClassVar[str]
    """The name of the network in commands, rows and keys."""
    source: ClassVar[str] = ""
    """The hash of the file that defines a network from outside this package. It is part of keys."""
    is_complex: ClassVar[bool] = False
    """Whether the weights of all layers but the first are complex."""
    needs_autograd: ClassVar[bool] = False
    """Whether a layer has no `value_and_slope`, so that only autograd can train the network."""
    needs_float32: ClassVar[bool] = False
    """Whether TF32 would round the phases of the first layer by several rad."""
    scales_omega_for_sound: ClassVar[bool] = True
    """Whether the paper multiplies the first layer's omega for sound (Sec. 5.1)."""
    space: ClassVar[Mapping[str, Varied]] = {}
    """The fields that a comparison tunes, and the values at which it tries them."""

    width: Width = 222
    depth: Depth = 4

    def __post_init__(self) -> None:
        check_counts(self, "width", most=MOST_UNITS)
        check_counts(self, "depth", most=MOST_LAYERS)

    @classmethod
    def published(cls, setting: Setting) -> Self:
        """Return the network with its published settings, at its default size.

        >>> SirenConfig.published(Setting(longest_axis=150_000, omega_factor=100)).omega_first
        3000.0
        """
        return cls()

    @property
    def structure(self) -> tuple[object, ...]:
        """Return what networks must have in common to train as one stack.

        A subclass overrides this if it changes a module, or a field that is not a buffer of one.
        """
        return self.network, self.width, self.depth

    def fields_at(self, width: int) -> dict[str, Any]:
        """Return the fields that change with the width, as they are at `width`."""
        return {"width": width}

    def encoded(self, in_features: int) -> int:
        """Return the number of features that encode `in_features` coordinates."""
        return in_features

    def sizes(self, in_features: int, out_features: int) -> list[int]:
        """Return the number of features from layer to layer, from the encoding to the output."""
        return [self.encoded(in_features), *[self.width] * self.depth, out_features]

    def num_parameters(self, *, in_features: int, out_features: int) -> int:
        """Return how many numbers are trained. A complex number counts as two.

        >>> SirenConfig().num_parameters(in_features=1, out_features=1)
        149185
        """
        first, *later = ((a + 1) * b for a, b in pairwise(self.sizes(in_features, out_features)))
        return first + sum(later) * (2 if self.is_complex else 1)

    def flops_per_sample(self, *, in_features: int, out_features: int) -> int:
        """Return the floating-point operations of one sample's matrix products in an update.

        A product with a weight is two operations, or eight between complex numbers. An update
        has three products for each layer: forward, back to the weights, and back to the layer's
        input. The first layer does without the last one.
        """
        first, *later = (a * b for a, b in pairwise(self.sizes(in_features, out_features)))
        return 2 * 2 * first + 3 * (8 if self.is_complex else 2) * sum(later)

    def build(self, in_features: int, out_features: int) -> CoordinateMLP:
        """Return the network, before `initialize` has set its weights and biases."""
        from inr_models.networks.coordinate_mlp import CoordinateMLP, dense

        linears = dense(self.sizes(in_features, out_features), is_complex=self.is_complex)
        encoding = self.encoding(in_features)
        return CoordinateMLP(in_features, out_features, linears, self.activations(), encoding)

    def encoding(self, in_features: int) -> nn.Module | None:
        """Return the encoding of the coordinates, or None where there is none."""

    def activations(self) -> Sequence[nn.Module]:
        """Return one activation for each hidden layer."""
        raise NotImplementedError

    def initialize(self, network: CoordinateMLP, generator: torch.Generator) -> None:
        """Set every weight and bias of `network` in place.

        Call this under `torch.no_grad()`.
        """
        raise NotImplementedError


def check_memory(width: int, depth: int) -> None:
    """Raise InputError if the hidden weights of a network take more than `MOST_BYTES`."""
    size = 4 * width**2 * (depth - 1)
    if size > MOST_BYTES:
        raise InputError.of_value(
            "too-large",
            "width",
            f"{width:,}",
            f"with depth = {depth:,} the weights alone take {size / 2**30:,.0f} GiB; "
            f"the limit is {MOST_BYTES / 2**30:.0f} GiB.",
        )


def make_network(
    config: NetworkConfig, *, in_features: int, out_features: int, seed: int
) -> CoordinateMLP:
    """Return a network whose weights and biases depend on `seed` alone, in float32 on the CPU.

    >>> network = make_network(SirenConfig(), in_features=1, out_features=1, seed=0)
    >>> network(torch.linspace(-1, 1, 8192)[:, None]).shape
    torch.Size([8192, 1])

    The draws happen on the CPU, so that a seed gives the same weights whatever the device of the
    fit. The function neither reads nor changes torch's global random state.

    Args:
        config: the network.
        in_features: coordinates of a sample: 1 for sound, 2 for an image.
        out_features: values of a sample, one for each channel.
        seed: seed of the initialization, from 0 to 2^64 - 1.

    Raises:
        InputError: a number is out of its range, `config` is no config, or the weights do not fit
            into memory.
    """
    import torch

    if not isinstance(config, NetworkConfig):
        why = "give an instance such as SirenConfig()."
        raise InputError.of_value("wrong-kind", "config", repr(config), why)
    check_whole("in_features", in_features, 1, MOST_UNITS)
    check_whole("out_features", out_features, 1, MOST_UNITS)
    check_whole("seed", seed, 0, 2**64 - 1)
    check_memory(config.width, config.depth)
    network = config.build(in_features, out_features)
    network.needs_float32 = config.needs_float32
    with torch.no_grad():
        config.initialize(network, torch.Generator().manual_seed(seed))
    return network
