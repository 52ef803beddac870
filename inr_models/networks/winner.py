"""SIREN² = SIREN + WINNER, weight initialization with noise (paper, Eqns. 7 to 9).

    W_1 <- W_1 + N(0, (s0/omega_first)^2)
    W_2 <- W_2 + N(0, (s1/omega_hidden)^2)

over SIREN's uniform weights. The published formula writes N(0, s/omega); its second
argument is the STANDARD DEVIATION, as the proof of Theorem 3.1 has it. The noise is drawn
after all uniform weights, so that points with one seed share them, and s0 = s1 = 0 is
SIREN to the bit.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from inr_models.checks import check_not_negative
from inr_models.errors import InputError
from inr_models.networks.siren import SirenConfig, siren_uniform

if TYPE_CHECKING:
    import torch

    from inr_models.networks.coordinate_mlp import CoordinateMLP


@dataclass(frozen=True, kw_only=True)
class Siren2Config(SirenConfig):
    """A SIREN whose first two weight matrices carry Gaussian noise of scales s0 and s1.

    In units of omega times a weight: s0 is the standard deviation, in rad per unit of
    coordinate, that the noise adds to the first layer's angular frequencies.

    Raises:
        InputError: as `SirenConfig`, or a noise scale that is negative or not finite, or a
            depth of 1 (there is no second weight matrix between hidden layers).
    """

    network: ClassVar[str] = "siren2"

    s0: float
    s1: float

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.depth < 2:
            raise InputError(
                "out-of-range",
                "depth",
                f"depth = {self.depth}: SIREN² perturbs two hidden layers; give 2 or more.",
            )
        check_not_negative(self, "s0", "s1")

    def draw(self, network: CoordinateMLP, generator: torch.Generator) -> None:
        """Draw all that is random of `network`."""
        siren_uniform(network, self.omega_hidden, generator)
        add_noise(network, (self.s0 / self.omega_first, self.s1 / self.omega_hidden), generator)


def add_noise(
    network: CoordinateMLP, deviations: tuple[float, float], generator: torch.Generator
) -> None:
    """Add Gaussian noise of the given standard deviations to the first two weight matrices."""
    for linear, deviation in zip(network.layers[:2], deviations, strict=True):
        noise = linear.weight.new_empty(linear.weight.shape).normal_(generator=generator)
        linear.weight.add_(noise, alpha=deviation)
