"""FINER++, a FINER whose first biases reach further (Zhu et al. 2024).

b_1 ~ U(-k, k)

All else is FINER's.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from inr_models.checks import check_not_negative
from inr_models.networks.finer import FinerConfig

if TYPE_CHECKING:
    import torch

    from inr_models.networks.coordinate_mlp import CoordinateMLP


@dataclass(frozen=True, kw_only=True)
class FinerPlusConfig(FinerConfig):
    """A FINER++: a FINER whose first biases are U(-first_bias, first_bias).

    Raises:
        InputError: as `SirenConfig`, or a `first_bias` that is negative or not finite.
    """

    network: ClassVar[str] = "finer_pp"

    first_bias: float = 5.0

    def __post_init__(self) -> None:
        super().__post_init__()
        check_not_negative(self, "first_bias")

    def draw(self, network: CoordinateMLP, generator: torch.Generator) -> None:
        super().draw(network, generator)
        network.layers[0].bias.uniform_(-self.first_bias, self.first_bias, generator=generator)
