"""HOSC, a hyperbolic oscillator (Serrano et al. 2024).

h = tanh(beta sin(omega z)),   z = W h + b

SIREN's weights and biases. Small beta makes it beta sin(omega z), a large one a square wave.
"""

from dataclasses import dataclass
from typing import ClassVar

import torch
from torch import Tensor, nn

from inr_models.checks import check_positive
from inr_models.siren import SirenConfig


class HyperbolicSine(nn.Module):
    """`tanh(beta sin(omega z))`."""

    omega: Tensor
    beta: Tensor

    def __init__(self, omega: float, beta: float) -> None:
        super().__init__()
        self.register_buffer("omega", torch.tensor(float(omega)))
        self.register_buffer("beta", torch.tensor(float(beta)))

    def forward(self, z: Tensor) -> Tensor:
        return torch.tanh(self.beta * torch.sin(self.omega * z))

    @property
    def gain(self) -> Tensor:
        return self.omega

    def value_and_slope(
        self, u: Tensor, value: Tensor | None = None, slope: Tensor | None = None
    ) -> tuple[Tensor, Tensor]:
        value = torch.tanh(torch.sin(u).mul_(self.beta), out=value)
        rise = value.square().neg_().add_(1).mul_(self.beta)
        return value, torch.mul(torch.cos(u), rise, out=slope)


@dataclass(frozen=True, kw_only=True)
class HoscConfig(SirenConfig):
    """A HOSC. Its sharpness `beta` is the user's choice in the source; 1 is mild.

    Raises:
        InputError: as `SirenConfig`, or a beta that is not positive and finite.
    """

    network: ClassVar[str] = "hosc"

    beta: float = 1.0

    def __post_init__(self) -> None:
        super().__post_init__()
        check_positive(self, "beta")

    @property
    def structure(self) -> tuple[object, ...]:
        return "hosc", self.width, self.depth

    def activation(self, omega: float) -> nn.Module:
        return HyperbolicSine(omega, self.beta)
