"""FINER++, a FINER with larger first biases (Zhu et al. 2024).

b_1 ~ U(-k, k)

Everything else is FINER's.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, ClassVar

from inr_models.checks import check_not_negative
from inr_models.columns import Meaning
from inr_models.networks.finer import FinerConfig
from inr_models.networks.network_config import Varied

if TYPE_CHECKING:
    import torch

    from inr_models.networks.coordinate_mlp import CoordinateMLP


@dataclass(frozen=True, kw_only=True)
class FinerPlusConfig(FinerConfig):
    """A FINER whose first biases are uniform in [-first_bias, first_bias].

    >>> config = FinerPlusConfig(first_bias=10)

    Raises:
        InputError: as for `SirenConfig`, or `first_bias` is negative or not finite.
    """

    network: ClassVar[str] = "finer_pp"
    # The default is the authors'. They report biases from 1 to 20.
    space: ClassVar = {"first_bias": Varied((0, 1, 2.5, 5, 10, 20))}

    first_bias: Annotated[float, Meaning("bound of the first biases (finer_pp)")] = 5.0

    def __post_init__(self) -> None:
        super().__post_init__()
        check_not_negative(self, "first_bias")

    def draw(self, network: CoordinateMLP, generator: torch.Generator) -> None:
        super().draw(network, generator)
        network.layers[0].bias.uniform_(-self.first_bias, self.first_bias, generator=generator)
