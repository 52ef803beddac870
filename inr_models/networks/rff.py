"""SIREN on random Fourier features (Tancik et al. 2020; paper, Sec. 5.1, "SIREN-RFF").

h_0 = (cos(2 pi B x), sin(2 pi B x)),   B ~ N(0, sigma^2), not trained

and SIREN on top, its first fan-in the number of features.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar, cast

from inr_models.checks import check_counts, check_positive
from inr_models.networks.siren import SirenConfig

if TYPE_CHECKING:
    import torch
    from torch import nn

    from inr_models.networks.coordinate_mlp import CoordinateMLP
    from inr_models.networks.encodings import FourierFeatures


@dataclass(frozen=True, kw_only=True)
class SirenRffConfig(SirenConfig):
    """A SIREN of `2 num_frequencies` Fourier features, `sigma` in cycles per unit of coordinate.

    Its defaults have 194 features at 4 x 193: Table 1's 150,155 parameters.

    Raises:
        InputError: as `SirenConfig`, or no frequency, or a sigma that is not positive and finite.
    """

    network: ClassVar[str] = "siren_rff"

    width: int = 193
    num_frequencies: int = 97
    sigma: float = 30.0

    def __post_init__(self) -> None:
        super().__post_init__()
        check_counts(self, "num_frequencies")
        check_positive(self, "sigma")

    @property
    def structure(self) -> tuple[object, ...]:
        return "rff", self.num_frequencies, self.width, self.depth

    def encoded(self, in_features: int) -> int:
        return 2 * self.num_frequencies

    def encoding(self, in_features: int) -> nn.Module:
        from inr_models.networks.encodings import FourierFeatures

        return FourierFeatures(self.num_frequencies, in_features)

    def draw(self, network: CoordinateMLP, generator: torch.Generator) -> None:
        super().draw(network, generator)
        encoding = cast("FourierFeatures", network.encoding)
        encoding.frequencies.normal_(0, self.sigma, generator=generator)
