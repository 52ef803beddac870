"""Define the torch module of all networks, a multilayer perceptron from coordinates to values."""

from collections.abc import Sequence
from itertools import pairwise
from typing import cast

import torch
from torch import Tensor, nn


class CoordinateMLP(nn.Module):
    """`h_0 = encoding(x)`, `h_l = activation_l(W_l h_{l-1} + b_l)`, `f = W_L h_{L-1} + b_L` (paper,
    Eqn. 1).

    The output layer has no activation. If it is complex, its real part is the value. An
    initialization function (such as `siren.siren_uniform`) sets every weight and bias from an
    explicit generator. Until then they have torch's values.

    Args:
        in_features: coordinates of a sample (1 for sound).
        out_features: values of a sample (channels).
        linears: the linear maps in order, the output layer last (see `dense`).
        activations: one module for each hidden layer, so their number is the depth.
        encoding: maps coordinates [..., in_features] to features. It has no parameters.
    """

    needs_float32 = False
    """Whether TF32 would round the first layer's phases by several rad. `make_network` sets it."""

    def __init__(
        self,
        in_features: int,
        out_features: int,
        linears: Sequence[nn.Module],
        activations: Sequence[nn.Module],
        encoding: nn.Module | None = None,
    ) -> None:
        super().__init__()
        self.in_features, self.out_features = in_features, out_features
        self.encoding = encoding or nn.Identity()
        self.linears = nn.ModuleList(linears)
        self.activations = nn.ModuleList(activations)

    @property
    def layers(self) -> list[nn.Linear]:
        """Return the linear maps in order, the output layer last."""
        return cast(list[nn.Linear], list(self.linears))

    def forward(self, coords: Tensor) -> Tensor:
        """Return the values [n, out_features] at `coords` [n, in_features]."""
        h = self.encoding(coords)
        *hidden, output = self.layers
        for linear, activation in zip(hidden, self.activations, strict=True):
            h = activation(linear(h))
        return torch.real(output(h))

    def num_parameters(self) -> int:
        """Return how many numbers are trained. A complex number counts as two."""
        return sum(p.numel() * (2 if p.is_complex() else 1) for p in self.parameters())


def dense(sizes: Sequence[int], *, is_complex: bool = False) -> list[nn.Linear]:
    """Return linear maps from each size to the next.

    >>> [tuple(linear.weight.shape) for linear in dense([1, 64, 2])]
    [(64, 1), (2, 64)]

    Torch's global random state stays as it is.

    Args:
        sizes: features from layer to layer.
        is_complex: make all maps after the first complex.
    """
    later = torch.complex64 if is_complex else torch.float32
    types = [torch.float32] + [later] * (len(sizes) - 2)
    with torch.random.fork_rng(devices=[]):
        return [
            nn.Linear(before, after, dtype=dtype)
            for (before, after), dtype in zip(pairwise(sizes), types, strict=True)
        ]
