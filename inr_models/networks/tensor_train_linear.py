"""Define a linear map whose matrix is a tensor train (Oseledets 2011)."""

from collections.abc import Sequence
from functools import reduce

import torch
from torch import Tensor, nn


class TensorTrainLinear(nn.Module):
    """Computes `W x + b`, where the matrix W [out_features, in_features] is a product of cores.

    Args:
        out_features: features of the output.
        in_features: features of the input.
        shapes: the shape [r, mode, r'] of each core, the output's modes first.
    """

    def __init__(
        self, out_features: int, in_features: int, shapes: Sequence[tuple[int, int, int]]
    ) -> None:
        super().__init__()
        self.out_features, self.in_features = out_features, in_features
        self.cores = nn.ParameterList(torch.full(shape, torch.nan) for shape in shapes)
        self.bias = nn.Parameter(torch.full((self.out_features,), torch.nan))

    @property
    def weight(self) -> Tensor:
        """Return the dense matrix [out_features, in_features]."""
        whole = reduce(lambda a, b: torch.einsum("...r,rms->...ms", a, b), self.cores)
        return whole.reshape(self.out_features, self.in_features)

    def forward(self, x: Tensor) -> Tensor:
        return nn.functional.linear(x, self.weight, self.bias)

    @torch.no_grad()
    def set_to(self, weight: Tensor) -> None:
        """Set the cores to the TT-SVD of a dense `weight`, scaled to its Frobenius norm."""
        rest = weight.double().reshape(1, -1)
        for core in list(self.cores)[:-1]:
            r, mode, s = core.shape
            u, values, v = torch.linalg.svd(rest.reshape(r * mode, -1), full_matrices=False)
            core.copy_(u[:, :s].reshape(core.shape))
            rest = values[:s, None] * v[:s]
        last = self.cores[-1]
        last.copy_(rest.reshape(last.shape) * (weight.norm() / rest.norm()))
