"""SIREN, the sinusoidal representation network (Sitzmann et al. 2020; paper, Eqn. 1).

h_1 = sin(omega_first  (W_1 x + b_1))
h_l = sin(omega_hidden (W_l h_{l-1} + b_l)),    l = 2 .. depth
f   = W h_depth + b

W_1 ~ U(-1/d_in, 1/d_in)
W   ~ U(-sqrt(6/fan_in)/omega_hidden, +sqrt(6/fan_in)/omega_hidden)   all later layers
b   ~ U(-1/sqrt(fan_in), 1/sqrt(fan_in))
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, ClassVar, Self

from inr_models.checks import check_positive
from inr_models.columns import Meaning
from inr_models.networks.network_config import (
    NetworkConfig,
    OmegaFirst,
    OmegaHidden,
    Setting,
    Varied,
    log_spaced,
)

if TYPE_CHECKING:
    import torch
    from torch import nn

    from inr_models.networks.coordinate_mlp import CoordinateMLP


@dataclass(frozen=True, kw_only=True)
class SirenConfig(NetworkConfig):
    """A SIREN of `depth` hidden layers of `width` features.

    >>> config = SirenConfig(width=64, omega_first=300)

    Args:
        omega_first: omega of the first layer, in rad per unit of pre-activation. The paper's SIREN
            has 3000 for sound, see `search_spaces.grids.first_factor`.
        omega_hidden: omega of the other hidden layers, in the same unit.
        zero_output_bias: initialize the output bias to 0. A random one causes most of the
            difference between seeds at small scale.

    Raises:
        InputError: a size is below 1, or an omega is not positive and finite.
    """

    network: ClassVar[str] = "siren"
    # From about the omega for images (factor 1) to ten times the one for sound.
    space: ClassVar = {"omega_first": Varied(log_spaced(0.1, 10, 5), by="factor")}

    omega_first: OmegaFirst = 30.0
    omega_hidden: OmegaHidden = 30.0
    zero_output_bias: Annotated[bool, Meaning("whether the output bias starts at 0")] = False

    def __post_init__(self) -> None:
        super().__post_init__()
        check_positive(self, "omega_first", "omega_hidden")

    @classmethod
    def published(cls, setting: Setting) -> Self:
        return cls(omega_first=cls.omega_first * setting.omega_factor)

    @property
    def structure(self) -> tuple[object, ...]:
        return "sine", self.width, self.depth

    def activations(self) -> Sequence[nn.Module]:
        omegas = [self.omega_first] + [self.omega_hidden] * (self.depth - 1)
        return [self.activation(omega) for omega in omegas]

    def activation(self, omega: float) -> nn.Module:
        """Return the activation of one hidden layer."""
        from inr_models.networks.activations import Sine

        return Sine(omega)

    def initialize(self, network: CoordinateMLP, generator: torch.Generator) -> None:
        self.draw(network, generator)
        if self.zero_output_bias:
            network.layers[-1].bias.zero_()

    def draw(self, network: CoordinateMLP, generator: torch.Generator) -> None:
        """Draw every random number of `network`."""
        siren_uniform(network, self.omega_hidden, generator)


def siren_uniform(network: CoordinateMLP, omega_hidden: float, generator: torch.Generator) -> None:
    """Draw SIREN's uniform weights and biases, layer by layer, the weights first.

    Args:
        network: The network, which is changed in place. Call this under `torch.no_grad()`.
        omega_hidden: The omega of its later layers, in rad per unit of pre-activation.
        generator: Where the random numbers come from.
    """
    for index, linear in enumerate(network.layers):
        fan_in = linear.in_features
        bound = weight_bound(index, fan_in, omega_hidden)
        linear.weight.uniform_(-bound, bound, generator=generator)
        linear.bias.uniform_(-1 / math.sqrt(fan_in), 1 / math.sqrt(fan_in), generator=generator)


def weight_bound(index: int, fan_in: int, omega_hidden: float) -> float:
    """Return the bound of SIREN's uniform weights.

    Args:
        index: The layer, from 0.
        fan_in: Features that the layer takes.
        omega_hidden: The omega of later layers, in rad per unit of pre-activation.

    Example:
        >>> weight_bound(0, 2, 30.0), round(weight_bound(1, 6, 30.0), 4)
        (0.5, 0.0333)
    """
    return 1 / fan_in if index == 0 else math.sqrt(6 / fan_in) / omega_hidden
