"""Gaussian activations (Ramasinghe and Lucey 2022, "Beyond periodicity").

h = exp(-(scale z)^2),   z = W h + b

All weights and biases ~ U(-1/sqrt(fan_in), 1/sqrt(fan_in)). This is torch's default. The codes of
WIRE, FINER and the paper keep it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from inr_models.checks import check_positive
from inr_models.networks.network_config import GaussianScale, NetworkConfig, Varied, log_spaced
from inr_models.networks.wire import uniform_by_fan_in

if TYPE_CHECKING:
    import torch
    from torch import nn

    from inr_models.networks.coordinate_mlp import CoordinateMLP


@dataclass(frozen=True, kw_only=True)
class GaussConfig(NetworkConfig):
    """A network of `depth` hidden layers of `width` Gaussian features.

    >>> config = GaussConfig(width=64, scale=10)

    Args:
        scale: factor on the pre-activation. The default of 30 is that of FINER's code and of the
            paper's. WIRE's code has 10.

    Raises:
        InputError: a size is below 1, or the scale is not positive and finite.
    """

    network: ClassVar[str] = "gauss"
    space: ClassVar = {"scale": Varied(log_spaced(3, 300, 5))}

    scale: GaussianScale = 30.0

    def __post_init__(self) -> None:
        super().__post_init__()
        check_positive(self, "scale")

    def activations(self) -> Sequence[nn.Module]:
        from inr_models.networks.activations import Gaussian

        return [Gaussian(self.scale) for _ in range(self.depth)]

    def initialize(self, network: CoordinateMLP, generator: torch.Generator) -> None:
        uniform_by_fan_in(network, generator)
