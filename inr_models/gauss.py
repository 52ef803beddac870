"""Gaussian activations (Ramasinghe and Lucey 2022, "Beyond periodicity").

h = exp(-(scale z)^2),   z = W h + b

Weights and biases ~ U(-1/sqrt(fan_in), 1/sqrt(fan_in)), as in WIRE's comparison.
"""

from dataclasses import dataclass
from typing import ClassVar

import torch
from torch import Tensor, nn

from inr_models.checks import check_counts, check_positive
from inr_models.coordinate_mlp import CoordinateMLP, dense
from inr_models.wire import uniform_by_fan_in


class Gaussian(nn.Module):
    """`exp(-(scale z)^2)`."""

    scale: Tensor

    def __init__(self, scale: float) -> None:
        super().__init__()
        self.register_buffer("scale", torch.tensor(float(scale)))

    def forward(self, z: Tensor) -> Tensor:
        return torch.exp(-(self.scale * z).square())

    @property
    def gain(self) -> Tensor:
        return self.scale

    def value_and_slope(
        self, u: Tensor, value: Tensor | None = None, slope: Tensor | None = None
    ) -> tuple[Tensor, Tensor]:
        value = torch.exp(u.square().neg_(), out=value)
        return value, torch.mul(u, value, out=slope).mul_(-2)


@dataclass(frozen=True, kw_only=True)
class GaussConfig:
    """A network of `depth` hidden layers of `width` Gaussian features; 30 is WIRE's default.

    Raises:
        InputError: a size below 1, or a scale that is not positive and finite.
    """

    network: ClassVar[str] = "gauss"

    width: int = 222
    depth: int = 4
    scale: float = 30.0

    def __post_init__(self) -> None:
        check_counts(self, "width", "depth")
        check_positive(self, "scale")

    @property
    def structure(self) -> tuple[object, ...]:
        """What networks share that can train as one stack."""
        return "gauss", self.width, self.depth

    def build(self, in_features: int, out_features: int) -> CoordinateMLP:
        """The network, its weights and biases not yet set."""
        sizes = [in_features, *[self.width] * self.depth, out_features]
        activations = [Gaussian(self.scale) for _ in range(self.depth)]
        return CoordinateMLP(in_features, out_features, dense(sizes), activations)

    def initialize(self, network: CoordinateMLP, generator: torch.Generator) -> None:
        """Set every weight and bias of `network` in place."""
        uniform_by_fan_in(network, generator)
