"""SIREN, the sinusoidal representation network (Sitzmann et al. 2020; paper, Eqn. 1).

h_1 = sin(omega_first  (W_1 x + b_1))
h_l = sin(omega_hidden (W_l h_{l-1} + b_l)),    l = 2 .. depth
f   = W h_depth + b

W_1 ~ U(-1/d_in, 1/d_in)
W   ~ U(-sqrt(6/fan_in)/omega_hidden, +sqrt(6/fan_in)/omega_hidden)   later, output too
b   ~ U(-1/sqrt(fan_in), 1/sqrt(fan_in))
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from inr_models.checks import check_positive
from inr_models.networks.mlp_config import MlpConfig

if TYPE_CHECKING:
    import torch
    from torch import nn

    from inr_models.networks.coordinate_mlp import CoordinateMLP


@dataclass(frozen=True, kw_only=True)
class SirenConfig(MlpConfig):
    """A SIREN of `depth` hidden layers of `width` features.

    `omega_first` and `omega_hidden` are in rad per unit of pre-activation. For sound the
    paper's SIREN has `omega_first` = 3000; see `search_spaces.audio.first_factor`. With
    `zero_output_bias` the output layer's bias begins at 0: at small scale it makes for most of
    the spread between seeds.

    Raises:
        InputError: a size below 1, or an omega that is not positive and finite.
    """

    network: ClassVar[str] = "siren"

    width: int = 222
    depth: int = 4
    omega_first: float = 30.0
    omega_hidden: float = 30.0
    zero_output_bias: bool = False

    def __post_init__(self) -> None:
        super().__post_init__()
        check_positive(self, "omega_first", "omega_hidden")

    @property
    def structure(self) -> tuple[object, ...]:
        return "sine", self.width, self.depth

    def activations(self) -> Sequence[nn.Module]:
        omegas = [self.omega_first] + [self.omega_hidden] * (self.depth - 1)
        return [self.activation(omega) for omega in omegas]

    def activation(self, omega: float) -> nn.Module:
        """Of a hidden layer."""
        from inr_models.networks.activations import Sine

        return Sine(omega)

    def initialize(self, network: CoordinateMLP, generator: torch.Generator) -> None:
        self.draw(network, generator)
        if self.zero_output_bias:
            network.layers[-1].bias.zero_()

    def draw(self, network: CoordinateMLP, generator: torch.Generator) -> None:
        """Draw all that is random of `network`."""
        siren_uniform(network, self.omega_hidden, generator)


def siren_uniform(network: CoordinateMLP, omega_hidden: float, generator: torch.Generator) -> None:
    """Draw SIREN's uniform weights and biases, layer by layer, weights first."""
    for index, linear in enumerate(network.layers):
        fan_in = linear.in_features
        bound = weight_bound(index, fan_in, omega_hidden)
        linear.weight.uniform_(-bound, bound, generator=generator)
        linear.bias.uniform_(-1 / math.sqrt(fan_in), 1 / math.sqrt(fan_in), generator=generator)


def weight_bound(index: int, fan_in: int, omega_hidden: float) -> float:
    """Of the uniform weights of layer `index`, counted from 0."""
    return 1 / fan_in if index == 0 else math.sqrt(6 / fan_in) / omega_hidden
