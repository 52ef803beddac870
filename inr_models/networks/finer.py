"""FINER, sines of variable period (Liu et al. 2024).

h = sin(omega (|z| + 1) z),   z = W h + b

The weights and biases are SIREN's. In the gradient, the published code treats the factor |z| + 1
as a constant.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, ClassVar

from inr_models.columns import Meaning
from inr_models.networks.siren import SirenConfig

if TYPE_CHECKING:
    from torch import nn


@dataclass(frozen=True, kw_only=True)
class FinerConfig(SirenConfig):
    """A FINER of `depth` hidden layers of `width` features.

    >>> config = FinerConfig(width=64)

    Args:
        factor_gradient: differentiate the factor |z| + 1 as well.

    Raises:
        InputError: as for `SirenConfig`.
    """

    network: ClassVar[str] = "finer"

    factor_gradient: Annotated[bool, Meaning("whether |z| + 1 is differentiated (finer)")] = False

    @property
    def structure(self) -> tuple[object, ...]:
        return "finer", self.factor_gradient, self.width, self.depth

    def activation(self, omega: float) -> nn.Module:
        from inr_models.networks.activations import VariablePeriodicSine

        return VariablePeriodicSine(omega, factor_gradient=self.factor_gradient)
