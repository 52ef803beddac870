"""SIREN on random Fourier features (Tancik et al. 2020; paper, Sec. 5.1, "SIREN-RFF").

h_0 = (cos(2 pi B x), sin(2 pi B x)),   B ~ N(0, sigma^2), not trained

and SIREN on top, its first fan-in the number of features.
"""

from dataclasses import dataclass
from typing import ClassVar, cast

import torch

from inr_models.checks import check_counts, check_positive
from inr_models.coordinate_mlp import CoordinateMLP, dense
from inr_models.encodings import FourierFeatures
from inr_models.siren import SirenConfig


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

    def build(self, in_features: int, out_features: int) -> CoordinateMLP:
        network = super().build(in_features, out_features)
        network.encoding = FourierFeatures(self.num_frequencies, in_features)
        network.linears[0] = dense([2 * self.num_frequencies, self.width])[0]
        return network

    def draw(self, network: CoordinateMLP, generator: torch.Generator) -> None:
        super().draw(network, generator)
        encoding = cast(FourierFeatures, network.encoding)
        encoding.frequencies.normal_(0, self.sigma, generator=generator)
