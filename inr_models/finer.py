"""FINER, sines of variable period (Liu et al. 2024), and FINER++ (Zhu et al. 2024).

h = sin(omega (|z| + 1) z),   z = W h + b

SIREN's weights; SIREN's biases too in FINER, but b_1 ~ U(-k, k) in FINER++. The published code
takes the factor |z| + 1 for a constant in the gradient.
"""

from dataclasses import dataclass
from typing import ClassVar

import torch
from torch import Tensor, nn

from inr_models.checks import check_not_negative
from inr_models.coordinate_mlp import CoordinateMLP
from inr_models.siren import SirenConfig, siren_uniform


class VariablePeriodicSine(nn.Module):
    """`sin(omega (|z| + 1) z)`; its slope omits that of the factor unless `factor_gradient`."""

    omega: Tensor

    def __init__(self, omega: float, *, factor_gradient: bool = False) -> None:
        super().__init__()
        self.factor_gradient = factor_gradient
        self.register_buffer("omega", torch.tensor(float(omega)))

    def forward(self, z: Tensor) -> Tensor:
        factor = z.abs() + 1
        return torch.sin(self.omega * (factor if self.factor_gradient else factor.detach()) * z)

    @property
    def gain(self) -> Tensor:
        return self.omega

    def value_and_slope(
        self, u: Tensor, value: Tensor | None = None, slope: Tensor | None = None
    ) -> tuple[Tensor, Tensor]:
        factor = u.abs().div_(self.omega).add_(1)
        phase = factor * u
        if self.factor_gradient:
            factor = factor.mul_(2).sub_(1)
        return torch.sin(phase, out=value), torch.mul(phase.cos_(), factor, out=slope)


@dataclass(frozen=True, kw_only=True)
class FinerConfig(SirenConfig):
    """A FINER. `factor_gradient` differentiates the factor |z| + 1 as well."""

    network: ClassVar[str] = "finer"

    factor_gradient: bool = False

    @property
    def structure(self) -> tuple[object, ...]:
        return "finer", self.factor_gradient, self.width, self.depth

    def activation(self, omega: float) -> nn.Module:
        return VariablePeriodicSine(omega, factor_gradient=self.factor_gradient)


@dataclass(frozen=True, kw_only=True)
class FinerPlusConfig(FinerConfig):
    """A FINER++: a FINER whose first biases are U(-first_bias, first_bias).

    Raises:
        InputError: as `SirenConfig`, or a `first_bias` that is negative or not finite.
    """

    network: ClassVar[str] = "finer_pp"

    first_bias: float = 5.0

    def __post_init__(self) -> None:
        super().__post_init__()
        check_not_negative(self, "first_bias")

    @torch.no_grad()
    def draw(self, network: CoordinateMLP, generator: torch.Generator) -> None:
        siren_uniform(network, self.omega_hidden, generator)
        network.layers[0].bias.uniform_(-self.first_bias, self.first_bias, generator=generator)
