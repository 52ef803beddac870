"""The one network class: a multilayer perceptron from coordinates to values."""

from collections.abc import Sequence
from typing import cast

import torch
from torch import Tensor, nn


class CoordinateMLP(nn.Module):
    """`h_l = activation_l(W_l h_{l-1} + b_l)`, `f = W_L h_{L-1} + b_L` (paper, Eqn. 1).

    One activation a hidden layer, so `len(activations)` is the depth; the output layer is
    linear. An initialization function (such as `siren.siren_uniform`) sets every weight and bias
    from an explicit generator; until then they are torch's.

    Args:
        in_features: coordinates a sample (1 for sound).
        out_features: values a sample (channels).
        width: features of every hidden layer.
        activations: one module for each hidden layer.
    """

    def __init__(
        self, in_features: int, out_features: int, width: int, activations: Sequence[nn.Module]
    ) -> None:
        super().__init__()
        fan_ins = [in_features] + [width] * len(activations)
        fan_outs = [width] * len(activations) + [out_features]
        with torch.random.fork_rng(devices=[]):  # torch's own draws leave no trace
            self.linears = nn.ModuleList(
                nn.Linear(fan_in, fan_out)
                for fan_in, fan_out in zip(fan_ins, fan_outs, strict=True)
            )
        self.activations = nn.ModuleList(activations)

    @property
    def layers(self) -> list[nn.Linear]:
        """The linear maps in order, the output layer last."""
        return cast(list[nn.Linear], list(self.linears))

    def forward(self, coords: Tensor) -> Tensor:
        """Map `coords` [n, in_features] to values [n, out_features]."""
        h = coords
        *hidden, output = self.layers
        for linear, activation in zip(hidden, self.activations, strict=True):
            h = activation(linear(h))
        return output(h)

    def num_parameters(self) -> int:
        """Trainable parameters, weights and biases together."""
        return sum(p.numel() for p in self.parameters())
