"""WIRE, a network of complex Gabor wavelets (Saragadam et al. 2023).

h = exp(i omega z - |scale z|^2),   z = W h + b,   f = Re(W h + b)

W_1 and b_1 are real, all others complex. Weights and biases ~ U(-1/sqrt(fan_in),
1/sqrt(fan_in)), of complex ones both parts: torch's own, as published.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from inr_models.checks import check_not_negative, check_positive
from inr_models.networks.mlp_config import MlpConfig

if TYPE_CHECKING:
    import torch
    from torch import nn

    from inr_models.networks.coordinate_mlp import CoordinateMLP


@dataclass(frozen=True, kw_only=True)
class WireConfig(MlpConfig):
    """A WIRE of `depth` hidden layers of `width` complex features.

    Its parameters are 149,466 real numbers at 4 x 157 with one coordinate. Table 1 has 149,474: the
    published code counts omega and scale of each layer, which it does not train. So counted,
    Table 2's "4 x 128" with 198,386 is 4 x 181.

    Raises:
        InputError: a size below 1, an omega that is not positive, or a negative scale.
    """

    network: ClassVar[str] = "wire"
    is_complex: ClassVar[bool] = True

    width: int = 157
    depth: int = 4
    omega_first: float = 10.0
    omega_hidden: float = 10.0
    scale: float = 10.0

    def __post_init__(self) -> None:
        super().__post_init__()
        check_positive(self, "omega_first", "omega_hidden")
        check_not_negative(self, "scale")

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
