"""ReLU on positional encodings (Mildenhall et al. 2020, Eqn. 4; Sitzmann et al. 2020).

h_0 = (sin(2^k pi x), cos(2^k pi x)),  k = 0 .. octaves - 1
h   = max(W h + b, 0)

W ~ N(0, 2/fan_in) (He et al. 2015), b ~ U(-1/sqrt(fan_in), 1/sqrt(fan_in)).

A fair encoding reaches the signal's Nyquist frequency, pi n / 2 rad per unit along an axis of n
samples: see `octaves_to_nyquist`. The paper's did not. For images it stopped at 2^6 pi whatever
their size (Sec. 5.2), a quarter of Nyquist at 512 pixels; for sound its Table 1 counts 193 "Fourier
features" into 4 x 193 and reports zero output for most clips.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from inr_models.checks import check_counts
from inr_models.networks.mlp_config import MlpConfig
from inr_models.networks.wire import uniform_by_fan_in

if TYPE_CHECKING:
    import torch
    from torch import nn

    from inr_models.networks.coordinate_mlp import CoordinateMLP


def octaves_to_nyquist(num_samples: int) -> int:
    """Octaves 1, 2, 4 .. of pi rad per unit up to Nyquist, pi n / 2, of an axis of n samples."""
    return max(1, int(math.log2(max(num_samples, 2) / 2)) + 1)


@dataclass(frozen=True, kw_only=True)
class ReluPeConfig(MlpConfig):
    """A ReLU network of `depth` hidden layers of `width` features on `octaves` octaves.

    At 4 x 193 with 97 octaves, 194 encoded inputs, it has Table 1's 150,155 parameters; so many
    octaves are none that float32 can tell apart, and 17 reach Nyquist at 150,000 samples.

    Raises:
        InputError: a size below 1.
    """

    network: ClassVar[str] = "relu_pe"

    width: int = 193
    depth: int = 4
    octaves: int = 17

    def __post_init__(self) -> None:
        super().__post_init__()
        check_counts(self, "octaves")

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
