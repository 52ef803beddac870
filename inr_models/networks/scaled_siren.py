"""SIREN with larger weights, a rival initialization.

Source: "Fast training of sinusoidal neural fields via scaling initialization" (Yeom et al. 2024).

    W_l <- alpha W_l,   l = 1 .. depth

W_l is SIREN's. The output layer's weights and all biases stay as they are.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, ClassVar

from inr_models.checks import check_positive
from inr_models.columns import Meaning
from inr_models.networks.network_config import Varied
from inr_models.networks.siren import SirenConfig

if TYPE_CHECKING:
    import torch

    from inr_models.networks.coordinate_mlp import CoordinateMLP


@dataclass(frozen=True, kw_only=True)
class ScaledSirenConfig(SirenConfig):
    """A SIREN whose hidden layers have `alpha` times SIREN's weights.

    >>> config = ScaledSirenConfig(width=64, alpha=2)

    Args:
        alpha: the factor. The default of 2.5 is published for images.

    Raises:
        InputError: as for `SirenConfig`, or `alpha` is not positive and finite.
    """

    network: ClassVar[str] = "siren_scaled"
    space: ClassVar = {"alpha": Varied((1.5, 2, 2.5, 4))}

    alpha: Annotated[float, Meaning("factor on the hidden weights (siren_scaled)")] = 2.5

    def __post_init__(self) -> None:
        super().__post_init__()
        check_positive(self, "alpha")

    def draw(self, network: CoordinateMLP, generator: torch.Generator) -> None:
        super().draw(network, generator)
        for linear in network.layers[:-1]:
            linear.weight.mul_(self.alpha)
