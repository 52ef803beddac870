"""SIREN on random Fourier features, in the textbook's form (Tancik et al. 2020).

h_0 = (cos(2 pi B x), sin(2 pi B x)),   B ~ N(0, sigma^2), not trained

A SIREN takes the features as its input. Its first fan-in is their number.

Table 1's "SIREN-RFF" is another network. It has no 2 pi, and its first weights do not shrink with
the number of features (see `rff_authors`). Both are here: this one to fit signals with, and the
other one to stand beside the paper's figures.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, Any, ClassVar, cast

from inr_models.checks import check_counts, check_positive
from inr_models.columns import Meaning
from inr_models.networks.network_config import Varied, Width, log_spaced
from inr_models.networks.siren import SirenConfig

if TYPE_CHECKING:
    import torch
    from torch import nn

    from inr_models.networks.coordinate_mlp import CoordinateMLP
    from inr_models.networks.encodings import FourierFeatures

NumFrequencies = Annotated[int, Meaning("number of random frequencies (siren_rff)")]
Sigma = Annotated[
    float, Meaning("standard deviation of the frequencies (siren_rff)", unit="cycles/unit")
]


@dataclass(frozen=True, kw_only=True)
class SirenRffConfig(SirenConfig):
    """A SIREN on 2 `num_frequencies` random Fourier features of the coordinates.

    >>> config = SirenRffConfig(width=64, num_frequencies=32, sigma=300)

    The defaults, 194 features at 4 x 193, have Table 1's 150,155 parameters. The code behind that
    table has 192 features at this width, see `AuthorsRffConfig`.

    Args:
        num_frequencies: how many frequencies are drawn.
        sigma: their standard deviation, in cycles per unit of coordinate.

    Raises:
        InputError: as for `SirenConfig`, or `num_frequencies` is below 1, or `sigma` is not
            positive and finite.
    """

    network: ClassVar[str] = "siren_rff"
    space: ClassVar = {"sigma": Varied(log_spaced(3, 3000, 7))}

    width: Width = 193
    num_frequencies: NumFrequencies = 97
    sigma: Sigma = 30.0

    def __post_init__(self) -> None:
        super().__post_init__()
        check_counts(self, "num_frequencies")
        check_positive(self, "sigma")

    @property
    def structure(self) -> tuple[object, ...]:
        return "rff", self.num_frequencies, self.width, self.depth

    def fields_at(self, width: int) -> dict[str, Any]:
        # As many Fourier features as the layer has, as in Table 1.
        return {"width": width, "num_frequencies": (width + 1) // 2}

    def encoded(self, in_features: int) -> int:
        return 2 * self.num_frequencies

    def encoding(self, in_features: int) -> nn.Module:
        from inr_models.networks.encodings import FourierFeatures

        return FourierFeatures(self.num_frequencies, in_features)

    def draw(self, network: CoordinateMLP, generator: torch.Generator) -> None:
        super().draw(network, generator)
        encoding = cast("FourierFeatures", network.encoding)
        encoding.frequencies.normal_(0, self.sigma, generator=generator)
