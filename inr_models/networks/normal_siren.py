"""SIREN with normal weights of SIREN's variances, a rival initialization.

Source: "Simple sinusoidal networks" (Belbute-Peres and Kolter 2022).

W_1 ~ N(0, 1/(3 d_in^2)),   W ~ N(0, 2/fan_in) / omega_hidden   all later layers

The biases are SIREN's uniform ones.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from inr_models.networks.siren import SirenConfig, weight_bound

if TYPE_CHECKING:
    import torch

    from inr_models.networks.coordinate_mlp import CoordinateMLP


@dataclass(frozen=True, kw_only=True)
class NormalSirenConfig(SirenConfig):
    """A SIREN whose weights are normal, with the variances of SIREN's uniform weights.

    >>> config = NormalSirenConfig(width=64)

    Raises:
        InputError: as for `SirenConfig`.
    """

    network: ClassVar[str] = "siren_normal"

    def draw(self, network: CoordinateMLP, generator: torch.Generator) -> None:
        super().draw(network, generator)
        for index, linear in enumerate(network.layers):
            # The deviation of a uniform distribution is its bound divided by the root of 3.
            bound = weight_bound(index, linear.in_features, self.omega_hidden)
            linear.weight.normal_(0, bound / math.sqrt(3), generator=generator)
