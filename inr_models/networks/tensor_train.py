"""SIREN² with a hidden layer in tensor-train form (Oseledets 2011; paper, App. B.1, Table 4).

W[(o_1 o_2 ..), (i_1 i_2 ..)] = G_1[o_1] G_2[o_2] .. G_k[i_k],   G_l[j] of size r_{l-1} x r_l

The output's and the input's modes, one core each, ranks up to `tt_rank`. Begun at the TT-SVD of
SIREN's own draw, scaled to its Frobenius norm: at full rank the layer is the dense one.

The paper's Fig. 15 names cores 1x10x8, 8x30x8, 8x30x1 for a 300 x 300 matrix. Three modes of 10, 30
and 30 are 9,000 entries, not 90,000; with a fourth core 8x10x8 between them both sides are 10 x 30,
as here. Its 182,426 parameters follow from no such cores: 4 x 300 with these has 184,681.

A library (torchTT, TensorLy-Torch) would bring a tensor class and an initialization of its own into
what has to run with torch alone; the contraction is one einsum a core.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar, cast

from inr_models.checks import check_counts
from inr_models.errors import InputError
from inr_models.networks.winner import Siren2Config

if TYPE_CHECKING:
    import torch

    from inr_models.networks.coordinate_mlp import CoordinateMLP
    from inr_models.networks.tensor_train_linear import TensorTrainLinear


@dataclass(frozen=True, kw_only=True)
class TensorTrainConfig(Siren2Config):
    """A SIREN² whose hidden layer `tt_layer` (counted from 1) is a tensor train of `tt_rank`.

    Both sides of its matrix have the modes `tt_modes`, whose product is the width.

    Raises:
        InputError: as `Siren2Config`, modes that do not multiply to the width, a rank below 1, or
            a layer that is not there or that carries noise.
    """

    network: ClassVar[str] = "siren2_tt"

    width: int = 300
    tt_layer: int = 4
    tt_modes: tuple[int, ...] = (10, 30)
    tt_rank: int = 8

    def __post_init__(self) -> None:
        super().__post_init__()
        check_counts(self, "tt_rank")
        if not 3 <= self.tt_layer <= self.depth:
            raise InputError(
                "out-of-range",
                "tt_layer",
                f"tt_layer = {self.tt_layer}: give a hidden layer from 3 (the first two carry the "
                f"noise) to the depth, {self.depth}.",
            )
        if min(self.tt_modes, default=0) < 1 or math.prod(self.tt_modes) != self.width:
            raise InputError(
                "out-of-range",
                "tt_modes",
                f"tt_modes = {self.tt_modes}: give whole numbers whose product is the width, "
                f"{self.width}.",
            )

    @property
    def structure(self) -> tuple[object, ...]:
        return "tt", self.tt_layer, self.tt_modes, self.tt_rank, self.width, self.depth

    def num_parameters(self, *, in_features: int, out_features: int) -> int:
        whole = super().num_parameters(in_features=in_features, out_features=out_features)
        cores = core_shapes(self.tt_modes, self.tt_modes, self.tt_rank)
        return whole - self.width**2 + sum(map(math.prod, cores))

    def build(self, in_features: int, out_features: int) -> CoordinateMLP:
        from inr_models.networks.tensor_train_linear import TensorTrainLinear

        network = super().build(in_features, out_features)
        layer = TensorTrainLinear(self.tt_modes, self.tt_modes, self.tt_rank)
        network.linears[self.tt_layer - 1] = layer
        return network

    def draw(self, network: CoordinateMLP, generator: torch.Generator) -> None:
        in_features, out_features = network.in_features, network.out_features
        whole = super().build(in_features, out_features)
        super().draw(whole, generator)
        for index, (ours, theirs) in enumerate(zip(network.layers, whole.layers, strict=True)):
            if index == self.tt_layer - 1:
                cast("TensorTrainLinear", ours).set_to(theirs.weight)
            else:
                ours.weight.copy_(theirs.weight)
            ours.bias.copy_(theirs.bias)


def core_shapes(
    out_modes: Sequence[int], in_modes: Sequence[int], rank: int
) -> list[tuple[int, int, int]]:
    """[r, mode, r'] of each core: ranks as far as the modes allow, `rank` at the most."""
    modes = [*out_modes, *in_modes]
    ranks = [min(rank, math.prod(modes[:k]), math.prod(modes[k:])) for k in range(len(modes) + 1)]
    return list(zip(ranks, modes, ranks[1:], strict=False))


def modes_of(width: int) -> tuple[int, int]:
    """Two modes that multiply to `width`, their ratio as near to the figure's 10 x 30 as may be."""
    divisors = [d for d in range(1, width + 1) if width % d == 0]
    low = min(divisors, key=lambda d: abs(math.log(3 * d * d / width)))
    return low, width // low
