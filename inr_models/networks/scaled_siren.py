"""SIREN with larger weights: a rival initialization (Yeom et al. 2024, "Fast training of
sinusoidal neural fields via scaling initialization").

    W_l <- alpha W_l,   l = 1 .. depth

over SIREN's weights. The output layer's weights and all biases stay as they are.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from inr_models.checks import check_positive
from inr_models.networks.siren import SirenConfig

if TYPE_CHECKING:
    import torch

    from inr_models.networks.coordinate_mlp import CoordinateMLP


@dataclass(frozen=True, kw_only=True)
class ScaledSirenConfig(SirenConfig):
    """A SIREN whose hidden layers' weights are `alpha` times SIREN's; 2.5 is published for images.

    Raises:
        InputError: as `SirenConfig`, or an alpha that is not positive and finite.
    """

    network: ClassVar[str] = "siren_scaled"

    alpha: float = 2.5

    def __post_init__(self) -> None:
        super().__post_init__()
        check_positive(self, "alpha")

    def draw(self, network: CoordinateMLP, generator: torch.Generator) -> None:
        super().draw(network, generator)
        for linear in network.layers[:-1]:
            linear.weight.mul_(self.alpha)
