"""The error and gradient of a multilayer perceptron without autograd, block by block.

With h_0 = x, u_l = gain_l (W_l h_{l-1} + b_l), h_l = activation_l(u_l) and f = W h + b:

    delta = f - y behind the output layer,  delta_l = activation_l'(u_l) * back_{l+1},
    back_l = (gain_l W_l)^T delta_l,        dMSE/dW_l = 2 gain_l / (n c) sum delta_l h_{l-1}^T

What makes it fast on a CPU: a block's features stay in cache; the gain is taken into the weights,
once an epoch; and features end in a row of ones, so that a bias is a last column of the
weights and its gradient comes with theirs. The parameters themselves, and so Adam's steps, stay
as published.

Axes: r replicates (of a stack only), w features (rows), m samples of a block (columns).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Self

import torch
from torch import Tensor

from inr_models.activations import Elementwise
from inr_models.coordinate_mlp import CoordinateMLP
from inr_models.layout import Layout
from inr_models.products import exact_linear, product_for


def has_slopes(network: CoordinateMLP) -> bool:
    """Whether `BlockedStep` can train the network."""
    return all(isinstance(a, Elementwise) for a in network.activations)


class BlockedStep:
    """As `EagerStep`, of networks whose activations are all `Elementwise`.

    Args:
        compiled: let torch.compile fuse what is done with a block.
    """

    def __init__(
        self,
        networks: Sequence[CoordinateMLP],
        coords: Tensor,
        values: Tensor,
        block: int,
        *,
        compiled: bool = False,
    ) -> None:
        template = networks[0]
        self.layout = Layout(template)
        self.activations = [a for a in template.activations if isinstance(a, Elementwise)]
        lead = (len(networks),) if len(networks) > 1 else ()
        rows = torch.cat([coords, torch.ones_like(coords[:, :1])], 1)
        self.blocks = [
            (x.mT.contiguous(), y.mT.contiguous())
            for x, y in zip(rows.split(block), values.split(block), strict=True)
        ]
        self.num_values = values.numel()
        gains = [
            torch.stack([n.activations[i].gain for n in networks])  # type: ignore[arg-type]
            for i in range(len(self.activations))
        ]
        gains.append(torch.ones_like(gains[0]))
        self.gains = [gain.reshape(*lead, 1, 1) for gain in gains]
        # [w_out, w_in + 1], the bias last.
        shapes = [linear.weight.shape for linear in template.layers]
        self.weights = [coords.new_empty(*lead, out, fan_in + 1) for out, fan_in in shapes]
        self.transposed = [coords.new_empty(*lead, fan_in, out) for out, fan_in in shapes]
        self.sums = [torch.empty_like(weights) for weights in self.weights]
        self.products = [product_for(w, compiled=compiled) for w in self.weights]
        self.first = exact_linear if coords.is_cuda else self.products[0].multiply
        self.buffers = {
            num: _Buffers.none(len(gains)) if compiled else _Buffers.make(self.weights, num)
            for num in {y.shape[1] for _, y in self.blocks}
        }
        self.work = torch.compile(self._work, dynamic=False) if compiled else self._work

    @torch.no_grad()
    def __call__(self, theta: Tensor, gradient: Tensor | None) -> Tensor:
        for part, (weight, bias) in enumerate(self._layers(theta)):
            gain, weights = self.gains[part], self.weights[part]
            torch.mul(weight, gain, out=weights[..., :-1])
            torch.mul(bias, gain[..., 0], out=weights[..., -1])
            self.transposed[part].copy_(weights[..., :-1].mT)
            self.sums[part].zero_()
        total = theta.new_zeros(len(theta))
        for coords, values in self.blocks:
            total += self.work(coords, values, gradient is not None)
        if gradient is not None:
            for part, (weight, bias) in enumerate(self._layers(gradient)):
                factor = self.gains[part] * (2 / self.num_values)
                torch.mul(self.sums[part][..., :-1], factor, out=weight)
                torch.mul(self.sums[part][..., -1], factor[..., 0], out=bias)
        return total / self.num_values

    def _layers(self, flat: Tensor) -> list[tuple[Tensor, Tensor]]:
        """Views of `flat` [r, p]: weight and bias of every layer, without r where it is 1."""
        found = self.layout.unpack(flat if len(flat) > 1 else flat[0])
        return [
            (found[f"linears.{i}.weight"], found[f"linears.{i}.bias"])
            for i in range(len(self.weights))
        ]

    def _work(self, coords: Tensor, values: Tensor, backward: bool) -> Tensor:
        """Squared errors of a block, summed; adds its part of the gradients to `sums`."""
        buffers = self.buffers[values.shape[1]]
        features, slopes = [coords], []
        for i, activation in enumerate(self.activations):
            multiply = self.products[i].multiply if i else self.first
            u = multiply(self.weights[i], features[i], buffers.u)
            value, slope = activation.value_and_slope(u, buffers.values[i], buffers.slopes[i])
            features.append(_with_ones(value, buffers.features[i]))
            slopes.append(slope)
        delta = self.products[-1].multiply(self.weights[-1], features[-1], buffers.error)
        delta = delta.sub_(values)
        total = delta.square().sum((-2, -1))
        for i in reversed(range(len(self.weights)) if backward else ()):
            self.products[i].accumulate(self.sums[i], delta, features[i])
            if i:
                back = self.products[i].multiply(self.transposed[i], delta, buffers.back)
                delta = torch.mul(back, slopes[i - 1], out=buffers.u)
        return total


@dataclass(frozen=True)
class _Buffers:
    """What is held of a block of m samples, made once: `u` and `back` serve all layers in turn."""

    features: Sequence[Tensor | None]
    values: Sequence[Tensor | None]
    slopes: Sequence[Tensor | None]
    u: Tensor | None = None
    back: Tensor | None = None
    error: Tensor | None = None

    @classmethod
    def none(cls, depth: int) -> Self:
        """For compiled code, which has its own."""
        return cls([None] * depth, [None] * depth, [None] * depth)

    @classmethod
    def make(cls, weights: Sequence[Tensor], num: int) -> Self:
        """For `num` samples; features end in their row of ones."""
        first, *later, last = weights
        *lead, width, _ = first.shape
        features = [first.new_ones(*lead, width + 1, num) for _ in (first, *later)]
        values = [f[..., :-1, :] for f in features]
        slopes = [torch.empty_like(v) for v in values]
        u, back = torch.empty_like(slopes[0]), torch.empty_like(slopes[0])
        return cls(features, values, slopes, u, back, last.new_empty(*lead, last.shape[-2], num))


def _with_ones(value: Tensor, buffer: Tensor | None) -> Tensor:
    """`value` with its row of ones: `buffer`, which holds both already, if there is one."""
    if buffer is not None:
        return buffer
    return torch.cat([value, torch.ones_like(value[..., :1, :])], -2)
