"""FINER, sines of variable period (Liu et al. 2024).

h = sin(omega (|z| + 1) z),   z = W h + b

SIREN's weights and biases. The published code takes the factor |z| + 1 for a constant in the
gradient.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from inr_models.networks.siren import SirenConfig

if TYPE_CHECKING:
    from torch import nn


@dataclass(frozen=True, kw_only=True)
class FinerConfig(SirenConfig):
    """A FINER. `factor_gradient` differentiates the factor |z| + 1 as well."""

    network: ClassVar[str] = "finer"

    factor_gradient: bool = False

    @property
    def structure(self) -> tuple[object, ...]:
        return "finer", self.factor_gradient, self.width, self.depth

    def activation(self, omega: float) -> nn.Module:
        from inr_models.networks.activations import VariablePeriodicSine

        return VariablePeriodicSine(omega, factor_gradient=self.factor_gradient)
