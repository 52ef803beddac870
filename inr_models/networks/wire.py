"""WIRE, a network of complex Gabor wavelets (Saragadam et al. 2023).

h = exp(i omega z - |scale z|^2),   z = W h + b,   f = Re(W h + b)

W_1 and b_1 are real, all others complex. All weights and biases ~ U(-1/sqrt(fan_in),
1/sqrt(fan_in)). Complex ones have both parts from it. This is torch's default, as published.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar, Self

from inr_models.checks import check_not_negative, check_positive
from inr_models.networks.network_config import (
    GaussianScale,
    NetworkConfig,
    OmegaFirst,
    OmegaHidden,
    Setting,
    Varied,
    Width,
    log_spaced,
)

if TYPE_CHECKING:
    import torch
    from torch import nn

    from inr_models.networks.coordinate_mlp import CoordinateMLP


@dataclass(frozen=True, kw_only=True)
class WireConfig(NetworkConfig):
    """A WIRE of `depth` hidden layers of `width` complex features.

    >>> config = WireConfig(width=64, scale=5)

    At 4 x 157 with one coordinate it has 149,466 real parameters. Table 1 has 149,474, because the
    published code also counts each layer's omega and scale, which it does not train. By that count
    the 198,386 parameters of Table 2's "4 x 128" are those of 4 x 181.

    Args:
        omega_first: omega of the first layer, in rad per unit of pre-activation.
        omega_hidden: omega of the other hidden layers, in the same unit.
        scale: factor on the pre-activation in the Gaussian.

    Raises:
        InputError: a size is below 1, an omega is not positive, or the scale is negative.
    """

    network: ClassVar[str] = "wire"
    is_complex: ClassVar[bool] = True
    needs_autograd: ClassVar[bool] = True
    space: ClassVar = {
        "omega_first": Varied(log_spaced(0.2, 5, 3), by="factor"),
        "scale": Varied((2.5, 10, 40)),
    }

    width: Width = 157
    omega_first: OmegaFirst = 10.0
    omega_hidden: OmegaHidden = 10.0
    scale: GaussianScale = 10.0

    def __post_init__(self) -> None:
        super().__post_init__()
        check_positive(self, "omega_first", "omega_hidden")
        check_not_negative(self, "scale")

    @classmethod
    def published(cls, setting: Setting) -> Self:
        return cls(omega_first=cls.omega_first * setting.omega_factor)

    def activations(self) -> Sequence[nn.Module]:
        from inr_models.networks.activations import GaborWavelet

        omegas = [self.omega_first] + [self.omega_hidden] * (self.depth - 1)
        return [GaborWavelet(omega, self.scale) for omega in omegas]

    def initialize(self, network: CoordinateMLP, generator: torch.Generator) -> None:
        uniform_by_fan_in(network, generator)


def uniform_by_fan_in(network: CoordinateMLP, generator: torch.Generator) -> None:
    """Draw weights and biases from U(-1/sqrt(fan_in), 1/sqrt(fan_in)), layer by layer."""
    for linear in network.layers:
        bound = 1 / math.sqrt(linear.in_features)
        for param in (linear.weight, linear.bias):
            param.uniform_(-bound, bound, generator=generator)
