"""A linear map whose matrix is a tensor train (Oseledets 2011)."""

import math
from collections.abc import Sequence
from functools import reduce

import torch
from torch import Tensor, nn

from inr_models.networks.tensor_train import core_shapes


class TensorTrainLinear(nn.Module):
    """`W x + b` with W [out, in] from cores [r, mode, r']."""

    def __init__(self, out_modes: Sequence[int], in_modes: Sequence[int], rank: int) -> None:
        super().__init__()
        self.out_features, self.in_features = math.prod(out_modes), math.prod(in_modes)
        shapes = core_shapes(out_modes, in_modes, rank)
        self.cores = nn.ParameterList(torch.full(shape, torch.nan) for shape in shapes)
        self.bias = nn.Parameter(torch.full((self.out_features,), torch.nan))

    @property
    def weight(self) -> Tensor:
        """The dense matrix [out, in]."""
        whole = reduce(lambda a, b: torch.einsum("...r,rms->...ms", a, b), self.cores)
        return whole.reshape(self.out_features, self.in_features)

    def forward(self, x: Tensor) -> Tensor:
        return nn.functional.linear(x, self.weight, self.bias)

    @torch.no_grad()
    def set_to(self, weight: Tensor) -> None:
        """The cores nearest to a dense `weight` by TT-SVD, scaled to its Frobenius norm."""
        rest = weight.double().reshape(1, -1)
        for core in list(self.cores)[:-1]:
            r, mode, s = core.shape
            u, values, v = torch.linalg.svd(rest.reshape(r * mode, -1), full_matrices=False)
            core.copy_(u[:, :s].reshape(core.shape))
            rest = values[:s, None] * v[:s]
        last = self.cores[-1]
        last.copy_(rest.reshape(last.shape) * (weight.norm() / rest.norm()))
