"""HOSC, a hyperbolic oscillator (Serrano et al. 2024).

h = tanh(beta sin(omega z)),   z = W h + b

SIREN's weights and biases. Small beta makes it beta sin(omega z), a large one a square wave.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from inr_models.checks import check_positive
from inr_models.networks.siren import SirenConfig

if TYPE_CHECKING:
    from torch import nn


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
        from inr_models.networks.activations import HyperbolicSine

        return HyperbolicSine(omega, self.beta)
