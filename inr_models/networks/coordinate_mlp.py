"""The one network class: a multilayer perceptron from coordinates to values."""

from collections.abc import Sequence
from itertools import pairwise
from typing import cast

import torch
from torch import Tensor, nn


class CoordinateMLP(nn.Module):
    """`h_0 = encoding(x)`, `h_l = activation_l(W_l h_{l-1} + b_l)`, `f = W_L h_{L-1} + b_L` (paper,
    Eqn. 1).

    One activation a hidden layer, so `len(activations)` is the depth; the output layer is
    linear, its real part the value where it is complex. An initialization function (such as
    `siren.siren_uniform`) sets every weight and bias from an explicit generator; until then they
    are torch's.

    Args:
        in_features: coordinates a sample (1 for sound).
        out_features: values a sample (channels).
        linears: the linear maps in order, the output layer last: see `dense`.
        activations: one module for each hidden layer.
        encoding: of coordinates [..., in_features], without parameters of its own.
    """

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
        """The linear maps in order, the output layer last."""
        return cast(list[nn.Linear], list(self.linears))

    def forward(self, coords: Tensor) -> Tensor:
        """Map `coords` [n, in_features] to values [n, out_features]."""
        h = self.encoding(coords)
        *hidden, output = self.layers
        for linear, activation in zip(hidden, self.activations, strict=True):
            h = activation(linear(h))
        return torch.real(output(h))

    def num_parameters(self) -> int:
        """Trainable numbers, weights and biases together; a complex one is two."""
        return sum(p.numel() * (1 + p.is_complex()) for p in self.parameters())


def dense(sizes: Sequence[int], *, is_complex: bool = False) -> list[nn.Linear]:
    """Linear maps from each size to the next, complex ones after the first if `is_complex`.

    Torch's own draws leave no trace.
    """
    later = torch.complex64 if is_complex else torch.float32
    types = [torch.float32] + [later] * (len(sizes) - 2)
    with torch.random.fork_rng(devices=[]):
        return [nn.Linear(*p, dtype=t) for p, t in zip(pairwise(sizes), types, strict=True)]
