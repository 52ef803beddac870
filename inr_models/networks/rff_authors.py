"""SIREN on random Fourier features, as in the code of the paper's authors (Table 1, "SIREN-RFF").

h_0 = (cos(B x), sin(B x)),   B ~ N(0, 30^2) rad per unit of coordinate, not trained
W_1 ~ U(-1/d, 1/d),   d the number of coordinates

All other weights and biases are SIREN's.

The textbook's form (see `rff`) differs in two ways. Its frequencies are in cycles, which makes them
2 pi times as high. Its first weights are bounded by 1/e for e features, not by 1/d. The paper's
text says neither. So the paper's figures stand beside this form, and the textbook's form keeps the
name and the results that it has had.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

from inr_models.networks.rff import NumFrequencies, Sigma, SirenRffConfig

if TYPE_CHECKING:
    import torch

    from inr_models.networks.coordinate_mlp import CoordinateMLP


@dataclass(frozen=True, kw_only=True)
class AuthorsRffConfig(SirenRffConfig):
    """A SIREN on 2 `num_frequencies` Fourier features with the first weights of the authors' code.

    >>> config = AuthorsRffConfig(width=64, num_frequencies=32)

    The code has 192 features at 4 x 193, so 149,769 parameters. Table 1 says 193 features and
    150,155 parameters, which are those of 194 features.

    The code has one `sigma` for signals of every length. For sound it also has one omega of the
    first layer, 3000. Here that omega shrinks with the length like those of all compared networks,
    and is 3000 at 150,000 samples. At 3000 the first layer's phases are 17,000 rad in the root
    mean square. TF32 would round them by 5 rad, so it is refused for this network.

    Args:
        num_frequencies: how many frequencies are drawn.
        sigma: their standard deviation, in cycles per unit of coordinate as for `SirenRffConfig`.
            The default is the code's 30 rad per unit.

    Raises:
        InputError: as for `SirenRffConfig`.
    """

    network: ClassVar[str] = "siren_rff_authors"
    needs_float32: ClassVar[bool] = True

    num_frequencies: NumFrequencies = 96
    sigma: Sigma = 4.77464829  # 30 / (2 pi), to the digits that a key keeps

    def fields_at(self, width: int) -> dict[str, Any]:
        # The code rounds half the width down. A network of width 1 needs a frequency all the same.
        return {"width": width, "num_frequencies": max(1, width // 2)}

    def draw(self, network: CoordinateMLP, generator: torch.Generator) -> None:
        super().draw(network, generator)
        # From the textbook's bound, 1 over the number of features, to 1 over that of coordinates.
        first = network.layers[0]
        first.weight.mul_(first.in_features / network.in_features)
