"""SIREN² = SIREN + WINNER, weight initialization with noise (paper, Eqns. 7 to 9).

    W_1 <- W_1 + N(0, (s0/omega_first)^2)
    W_2 <- W_2 + N(0, (s1/omega_hidden)^2)

The noise is added to SIREN's uniform weights. The published formula is N(0, s/omega), and its
second argument is the STANDARD DEVIATION, as the proof of Theorem 3.1 shows. All uniform weights
are drawn before the noise. So all (s0, s1) share them at one seed, and s0 = s1 = 0 gives SIREN to
the bit.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, ClassVar, Self

from inr_models.checks import check_not_negative
from inr_models.columns import Meaning
from inr_models.errors import InputError
from inr_models.networks.network_config import Setting
from inr_models.networks.siren import SirenConfig, siren_uniform

if TYPE_CHECKING:
    import torch

    from inr_models.networks.coordinate_mlp import CoordinateMLP


@dataclass(frozen=True, kw_only=True)
class Siren2Config(SirenConfig):
    """A SIREN whose first two weight matrices carry Gaussian noise of scales s0 and s1.

    >>> config = Siren2Config(s0=1400, s1=0.5)

    Args:
        s0: standard deviation that the noise adds to the first layer's angular frequencies
            (omega times a weight), in rad per unit of coordinate.
        s1: standard deviation of the noise in omega times a weight of the second layer.

    Raises:
        InputError: as for `SirenConfig`, or a noise scale is negative or not finite, or the depth
            is 1, where there is no second weight matrix between hidden layers.
    """

    network: ClassVar[str] = "siren2"
    scales_omega_for_sound: ClassVar[bool] = False
    space: ClassVar = {}  # (s0, s1) have studies of their own

    s0: Annotated[float, Meaning("noise scale on W_1 (siren2)", unit="rad/unit")]
    s1: Annotated[float, Meaning("noise scale on W_2 (siren2)")]

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.depth < 2:
            why = "SIREN² perturbs two hidden layers; give 2 or more."
            raise InputError.of_value("out-of-range", "depth", self.depth, why)
        check_not_negative(self, "s0", "s1")

    @classmethod
    def published(cls, setting: Setting) -> Self:
        if setting.noise_scales is None:
            why = "SIREN² has no published (s0, s1); give a pair."
            raise InputError.of_value("missing", "noise_scales", None, why)
        s0, s1 = setting.noise_scales
        return cls(s0=s0, s1=s1, omega_first=cls.omega_first * setting.omega_factor)

    def draw(self, network: CoordinateMLP, generator: torch.Generator) -> None:
        siren_uniform(network, self.omega_hidden, generator)
        add_noise(network, (self.s0 / self.omega_first, self.s1 / self.omega_hidden), generator)


def add_noise(
    network: CoordinateMLP, deviations: tuple[float, float], generator: torch.Generator
) -> None:
    """Add Gaussian noise to the first two weight matrices (paper, Eqn. 8).

    Args:
        network: The network, which is changed in place. Call this under `torch.no_grad()`.
        deviations: The standard deviations of the noise on W_1 and on W_2.
        generator: Where the random numbers come from.
    """
    for linear, deviation in zip(network.layers[:2], deviations, strict=True):
        noise = linear.weight.new_empty(linear.weight.shape).normal_(generator=generator)
        linear.weight.add_(noise, alpha=deviation)
