"""SIREN² with a hidden layer in tensor-train form (Oseledets 2011; paper, App. B.1, Table 4).

W[(o_1 o_2 ..), (i_1 i_2 ..)] = G_1[o_1] G_2[o_2] .. G_k[i_k],   G_l[j] of size r_{l-1} x r_l

Every mode of the output and of the input has one core, and ranks go up to `tt_rank`. The layer is
initialized to the TT-SVD of SIREN's own draw, scaled to its Frobenius norm. So at full rank the
layer is the dense one.

The paper's Fig. 15 names cores 1x10x8, 8x30x8, 8x30x1 for a 300 x 300 matrix. Three modes of 10, 30
and 30 are 9,000 entries, not 90,000. With a fourth core 8x10x8 between them, both sides are
10 x 30, as here. The paper's 182,426 parameters follow from no such cores. 4 x 300 with these has
184,681.

A library (torchTT, TensorLy-Torch) would add a tensor class and an initialization of its own to
code that has to run with torch alone, and the contraction is one einsum for each core.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, Any, ClassVar, cast

from inr_models.checks import check_counts
from inr_models.columns import Meaning
from inr_models.errors import InputError
from inr_models.networks.network_config import Varied, Width
from inr_models.networks.winner import Siren2Config

if TYPE_CHECKING:
    import torch

    from inr_models.networks.coordinate_mlp import CoordinateMLP
    from inr_models.networks.tensor_train_linear import TensorTrainLinear


@dataclass(frozen=True, kw_only=True)
class TensorTrainConfig(Siren2Config):
    """A SIREN² with one hidden layer in tensor-train form.

    >>> config = TensorTrainConfig(s0=1400, s1=0.5, width=300, tt_modes=(10, 30), tt_rank=8)

    Args:
        tt_layer: the hidden layer, which counts from 1.
        tt_modes: the modes of both sides of its matrix. Their product is the width.
        tt_rank: the largest rank.

    Raises:
        InputError: as for `Siren2Config`, or the modes do not multiply to the width, the rank is
            below 1, or the layer does not exist or carries noise.
    """

    network: ClassVar[str] = "siren2_tt"
    needs_autograd: ClassVar[bool] = True
    # The paper's rank of 8 is in the middle.
    space: ClassVar = {"tt_rank": Varied((2, 4, 8, 16, 32))}

    width: Width = 300
    tt_layer: Annotated[int, Meaning("hidden layer in tensor-train form (siren2_tt)")] = 4
    tt_modes: Annotated[
        tuple[int, ...], Meaning("modes of both sides of that layer's matrix (siren2_tt)")
    ] = (10, 30)
    tt_rank: Annotated[int, Meaning("largest rank of the tensor train (siren2_tt)")] = 8

    def __post_init__(self) -> None:
        super().__post_init__()
        check_counts(self, "tt_rank")
        if not 3 <= self.tt_layer <= self.depth:
            fix = f"give a hidden layer from 3 (two carry the noise) to the depth, {self.depth}."
            raise InputError.of_value("out-of-range", "tt_layer", self.tt_layer, fix)
        if min(self.tt_modes, default=0) < 1 or math.prod(self.tt_modes) != self.width:
            fix = f"give whole numbers whose product is the width, {self.width}."
            raise InputError.of_value("out-of-range", "tt_modes", self.tt_modes, fix)

    @property
    def cores(self) -> list[tuple[int, int, int]]:
        """Return the shape [r, mode, r'] of each core."""
        return core_shapes(self.tt_modes, self.tt_modes, self.tt_rank)

    @property
    def structure(self) -> tuple[object, ...]:
        return "tt", self.tt_layer, self.tt_modes, self.tt_rank, self.width, self.depth

    def fields_at(self, width: int) -> dict[str, Any]:
        return {"width": width, "tt_modes": modes_of(width)}

    def num_parameters(self, *, in_features: int, out_features: int) -> int:
        whole = super().num_parameters(in_features=in_features, out_features=out_features)
        return whole - self.width**2 + sum(map(math.prod, self.cores))

    def build(self, in_features: int, out_features: int) -> CoordinateMLP:
        from inr_models.networks.tensor_train_linear import TensorTrainLinear

        network = super().build(in_features, out_features)
        network.linears[self.tt_layer - 1] = TensorTrainLinear(self.width, self.width, self.cores)
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
    """Return the shape [r, mode, r'] of each core.

    Every rank is as large as the modes allow, but at most `rank`.

    Args:
        out_modes: Modes of the output. Their product is the number of rows.
        in_modes: Modes of the input. Their product is the number of columns.
        rank: The largest rank.

    >>> core_shapes((10, 30), (10, 30), 8)
    [(1, 10, 8), (8, 30, 8), (8, 10, 8), (8, 30, 1)]
    """
    modes = [*out_modes, *in_modes]
    ranks = [min(rank, math.prod(modes[:k]), math.prod(modes[k:])) for k in range(len(modes) + 1)]
    return list(zip(ranks, modes, ranks[1:], strict=False))


def modes_of(width: int) -> tuple[int, int]:
    """Return two modes whose product is `width` and whose ratio is nearest to Fig. 15's 10 x 30.

    >>> modes_of(60)
    (4, 15)
    """
    divisors = [d for d in range(1, width + 1) if width % d == 0]
    low = min(divisors, key=lambda d: abs(math.log(3 * d * d / width)))
    return low, width // low
