"""ReLU on positional encodings, in the textbook's form (Mildenhall et al. 2020, Eqn. 4).

h_0 = (sin(2^k pi x), cos(2^k pi x)),  k = 0 .. octaves - 1
h   = max(W h + b, 0)

W ~ N(0, 2/fan_in) (He et al. 2015), b ~ U(-1/sqrt(fan_in), 1/sqrt(fan_in)).

A fair encoding reaches the signal's Nyquist frequency, pi n / 2 rad per unit along an axis of n
samples (see `octaves_to_nyquist`).

The paper's "ReLU-PE" is another network. It has seven octaves for signals of every size, the
coordinates beside them, and torch's default weights (see `relu_pe_authors`). Both are here: this
one for a fair comparison, and the other one to stand beside the paper's figures.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, ClassVar, Self

from inr_models.checks import check_counts
from inr_models.columns import Meaning
from inr_models.networks.network_config import NetworkConfig, Setting, Varied, Width
from inr_models.networks.wire import uniform_by_fan_in

if TYPE_CHECKING:
    import torch
    from torch import nn

    from inr_models.networks.coordinate_mlp import CoordinateMLP

NumOctaves = Annotated[int, Meaning("octaves of the encoding (relu_pe)", unit="octaves")]


def octaves_to_nyquist(num_samples: int) -> int:
    """Return how many octaves 1, 2, 4, ... of pi rad per unit there are up to Nyquist, pi n / 2.

    >>> octaves_to_nyquist(8192)  # 2^12 pi = 8192 pi / 2
    13

    Args:
        num_samples: samples n along the signal's longest axis.
    """
    return max(1, int(math.log2(max(num_samples, 2) / 2)) + 1)


@dataclass(frozen=True, kw_only=True)
class ReluPeConfig(NetworkConfig):
    """A ReLU network of `depth` hidden layers of `width` features on encoded coordinates.

    >>> config = ReluPeConfig(width=64, octaves=octaves_to_nyquist(8192))

    At 4 x 193 with 97 octaves, which are 194 encoded inputs, it has Table 1's 150,155 parameters.
    But float32 cannot represent so many octaves, and 17 reach Nyquist at 150,000 samples. The code
    behind that table has seven, see `AuthorsReluPeConfig`.

    Args:
        octaves: octaves of the encoding.

    Raises:
        InputError: a size or `octaves` is below 1.
    """

    network: ClassVar[str] = "relu_pe"
    # Fewer octaves than those up to Nyquist alias nothing, more do.
    space: ClassVar = {"octaves": Varied((-4, -2, -1, 0), by="step")}

    width: Width = 193
    octaves: NumOctaves = 17

    def __post_init__(self) -> None:
        super().__post_init__()
        check_counts(self, "octaves")

    @classmethod
    def published(cls, setting: Setting) -> Self:
        return cls(octaves=octaves_to_nyquist(setting.longest_axis))

    @property
    def structure(self) -> tuple[object, ...]:
        return "relu_pe", self.octaves, self.width, self.depth

    def encoded(self, in_features: int) -> int:
        return 2 * self.octaves * in_features

    def encoding(self, in_features: int) -> nn.Module:
        from inr_models.networks.encodings import Octaves

        return Octaves(self.octaves)

    def activations(self) -> Sequence[nn.Module]:
        from inr_models.networks.activations import Rectifier

        return [Rectifier() for _ in range(self.depth)]

    def initialize(self, network: CoordinateMLP, generator: torch.Generator) -> None:
        uniform_by_fan_in(network, generator)
        for linear in network.layers:
            linear.weight.normal_(0, math.sqrt(2 / linear.in_features), generator=generator)
