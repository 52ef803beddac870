"""HOSC, a hyperbolic oscillator (Serrano et al. 2024).

h = tanh(beta sin(omega z)),   z = W h + b

The weights and biases are SIREN's. For small beta, h tends to beta sin(omega z). For large beta, it
tends to a square wave.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, ClassVar

from inr_models.checks import check_positive
from inr_models.columns import Meaning
from inr_models.networks.network_config import Varied, log_spaced
from inr_models.networks.siren import SirenConfig

if TYPE_CHECKING:
    from torch import nn


@dataclass(frozen=True, kw_only=True)
class HoscConfig(SirenConfig):
    """A HOSC of `depth` hidden layers of `width` features.

    >>> config = HoscConfig(width=64, beta=2)

    Args:
        beta: sharpness. The source leaves it to the user. The default of 1 is mild.

    Raises:
        InputError: as for `SirenConfig`, or `beta` is not positive and finite.
    """

    network: ClassVar[str] = "hosc"
    space: ClassVar = {
        "omega_first": Varied(log_spaced(0.2, 5, 3), by="factor"),
        "beta": Varied((0.5, 1, 4)),
    }

    beta: Annotated[float, Meaning("sharpness (hosc)")] = 1.0

    def __post_init__(self) -> None:
        super().__post_init__()
        check_positive(self, "beta")

    @property
    def structure(self) -> tuple[object, ...]:
        return "hosc", self.width, self.depth

    def activation(self, omega: float) -> nn.Module:
        from inr_models.networks.activations import HyperbolicSine

        return HyperbolicSine(omega, self.beta)
