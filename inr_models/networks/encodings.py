"""Encode coordinates [..., n, d] as features [..., n, e]. No encoding has parameters.

All operations are elementwise, so that the precision of matrix products cannot round them.
"""

import math

import torch
from torch import Tensor, nn


class Octaves(nn.Module):
    """Computes `sin(2^k pi x), cos(2^k pi x)`, k = 0 .. octaves - 1, for every coordinate x.

    There are e = 2 octaves d features (Mildenhall et al. 2020, Eqn. 4).
    """

    def __init__(self, octaves: int) -> None:
        super().__init__()
        self.octaves = octaves

    def forward(self, coords: Tensor) -> Tensor:
        powers = 2.0 ** torch.arange(self.octaves, device=coords.device, dtype=coords.dtype)
        phases = (math.pi * coords[..., None] * powers).flatten(-2)
        return torch.cat([torch.sin(phases), torch.cos(phases)], -1)


class CoordinatesAndOctaves(Octaves):
    """The coordinates x themselves, then their octaves. There are e = d + 2 octaves d features."""

    def forward(self, coords: Tensor) -> Tensor:
        return torch.cat([coords, super().forward(coords)], -1)


class FourierFeatures(nn.Module):
    """Computes `cos(2 pi B x), sin(2 pi B x)` (Tancik et al. 2020).

    There are e = 2 num_frequencies features. `frequencies` B [num_frequencies, d], in cycles per
    unit, are drawn once and not trained.
    """

    frequencies: Tensor

    def __init__(self, num_frequencies: int, in_features: int) -> None:
        super().__init__()
        self.register_buffer("frequencies", torch.full((num_frequencies, in_features), torch.nan))

    def forward(self, coords: Tensor) -> Tensor:
        rows = self.frequencies[..., None, :, :]  # [1, e/2, d], or [r, 1, e/2, d] in a stack
        phases = 2 * math.pi * coords[..., :1] * rows[..., 0]
        for k in range(1, coords.shape[-1]):
            phases = phases + 2 * math.pi * coords[..., k : k + 1] * rows[..., k]
        return torch.cat([torch.cos(phases), torch.sin(phases)], -1)
