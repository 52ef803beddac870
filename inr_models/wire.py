"""WIRE, a network of complex Gabor wavelets (Saragadam et al. 2023).

h = exp(i omega z - |scale z|^2),   z = W h + b,   f = Re(W h + b)

W_1 and b_1 are real, all others complex. Weights and biases ~ U(-1/sqrt(fan_in),
1/sqrt(fan_in)), of complex ones both parts: torch's own, as published.
"""

import math
from dataclasses import dataclass
from itertools import pairwise
from typing import ClassVar

import torch
from torch import Tensor, nn

from inr_models.checks import check_counts, check_not_negative, check_positive
from inr_models.coordinate_mlp import CoordinateMLP


class GaborWavelet(nn.Module):
    """`exp(i omega z - |scale z|^2)`, complex."""

    omega: Tensor
    scale: Tensor

    def __init__(self, omega: float, scale: float) -> None:
        super().__init__()
        self.register_buffer("omega", torch.tensor(float(omega)))
        self.register_buffer("scale", torch.tensor(float(scale)))

    def forward(self, z: Tensor) -> Tensor:
        real, imag = (z.real, z.imag) if z.is_complex() else (z, torch.zeros_like(z))
        phase, decay = self.omega * real, self.omega * imag
        # Of real and imaginary part, as compilers and vmap take it.
        size = torch.exp(-decay - self.scale.square() * (real.square() + imag.square()))
        return torch.complex(size * torch.cos(phase), size * torch.sin(phase))


@dataclass(frozen=True, kw_only=True)
class WireConfig:
    """A WIRE of `depth` hidden layers of `width` complex features.

    Its parameters are 149,466 real numbers at 4 x 157 with one coordinate. Table 1 has 149,474: the
    published code counts omega and scale of each layer, which it does not train. So counted,
    Table 2's "4 x 128" with 198,386 is 4 x 181.

    Raises:
        InputError: a size below 1, an omega that is not positive, or a negative scale.
    """

    network: ClassVar[str] = "wire"

    width: int = 157
    depth: int = 4
    omega_first: float = 10.0
    omega_hidden: float = 10.0
    scale: float = 10.0

    def __post_init__(self) -> None:
        check_counts(self, "width", "depth")
        check_positive(self, "omega_first", "omega_hidden")
        check_not_negative(self, "scale")

    @property
    def structure(self) -> tuple[object, ...]:
        """What networks share that can train as one stack."""
        return "wire", self.width, self.depth

    def build(self, in_features: int, out_features: int) -> CoordinateMLP:
        """The network, its weights and biases not yet set."""
        sizes = [in_features, *[self.width] * self.depth, out_features]
        types = [torch.float32] + [torch.complex64] * self.depth
        with torch.random.fork_rng(devices=[]):
            linears = [
                nn.Linear(*pair, dtype=kind)
                for pair, kind in zip(pairwise(sizes), types, strict=True)
            ]
        omegas = [self.omega_first] + [self.omega_hidden] * (self.depth - 1)
        activations = [GaborWavelet(omega, self.scale) for omega in omegas]
        return CoordinateMLP(in_features, out_features, linears, activations)

    def initialize(self, network: CoordinateMLP, generator: torch.Generator) -> None:
        """Set every weight and bias of `network` in place."""
        uniform_by_fan_in(network, generator)


@torch.no_grad()
def uniform_by_fan_in(network: CoordinateMLP, generator: torch.Generator) -> None:
    """Draw weights and biases from U(-1/sqrt(fan_in), 1/sqrt(fan_in)), layer by layer."""
    for linear in network.layers:
        bound = 1 / math.sqrt(linear.in_features)
        for param in (linear.weight, linear.bias):
            param.uniform_(-bound, bound, generator=generator)
