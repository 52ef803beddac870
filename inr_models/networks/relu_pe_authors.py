"""ReLU on positional encodings, as in the code of the paper's authors (Tables 1 and 2, "ReLU-PE").

h_0 = (x, sin(2^k pi x), cos(2^k pi x)),  k = 0 .. 6
h   = max(W h + b, 0)

All weights and biases ~ U(-1/sqrt(fan_in), 1/sqrt(fan_in)), which is torch's default.

The textbook's form (see `relu_pe`) differs in three ways. It does not feed the coordinates x
themselves, it draws weights for ReLU (He et al. 2015), and its octaves reach the signal's Nyquist
frequency. The paper's text gives the seven octaves for images (Sec. 5.2) and says no more. So the
paper's figures stand beside this form, and the textbook's form keeps the name and the results that
it has had.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar, Self

from inr_models.networks.network_config import Setting, Varied
from inr_models.networks.relu_pe import NumOctaves, ReluPeConfig
from inr_models.networks.wire import uniform_by_fan_in

if TYPE_CHECKING:
    import torch
    from torch import nn

    from inr_models.networks.coordinate_mlp import CoordinateMLP


@dataclass(frozen=True, kw_only=True)
class AuthorsReluPeConfig(ReluPeConfig):
    """A ReLU network on the coordinates and their octaves, with torch's default weights.

    >>> config = AuthorsReluPeConfig(width=64)

    The code computes its octaves from a side of 512 samples, whatever the sound or image is. So the
    published number is seven at every length: up to 2^6 pi, a quarter of Nyquist at 512 pixels. Up
    to Nyquist there are 13 octaves at 8,192 samples, and 17 at 150,000.

    Code and tables disagree. With seven octaves, 4 x 193 has 115,608 parameters and not Table 1's
    150,155, which are those of 194 encoded inputs. 4 x 256 with two coordinates has 205,569 and not
    Table 2's 263,553.

    Args:
        octaves: octaves of the encoding.

    Raises:
        InputError: as for `ReluPeConfig`.
    """

    network: ClassVar[str] = "relu_pe_authors"
    # 13 octaves reach Nyquist at the 8,192 samples of the small studies.
    space: ClassVar = {"octaves": Varied((3, 5, 9, 11, 13))}

    octaves: NumOctaves = 7

    @classmethod
    def published(cls, setting: Setting) -> Self:
        return cls()

    @property
    def structure(self) -> tuple[object, ...]:
        return self.network, self.octaves, self.width, self.depth

    def encoded(self, in_features: int) -> int:
        return in_features + super().encoded(in_features)

    def encoding(self, in_features: int) -> nn.Module:
        from inr_models.networks.encodings import CoordinatesAndOctaves

        return CoordinatesAndOctaves(self.octaves)

    def initialize(self, network: CoordinateMLP, generator: torch.Generator) -> None:
        uniform_by_fan_in(network, generator)
