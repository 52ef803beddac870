"""Run the forward and the backward pass block by block. See `blocked_step` for the equations.

Axes: r replicates (in a stack only), w features (rows), m samples of a block (columns).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Self

import torch
from torch import Tensor, nn

from inr_models.fitting.objective import PointwiseObjective
from inr_models.fitting.products import exact_linear, product_for
from inr_models.networks.elementwise import Elementwise

Tensors = tuple[Tensor, ...]
Block = tuple[Tensor, Tensors]
"""Coordinates [d + 1, m], whose last row is ones, and the objective's targets, [k, m] each."""


class Layers:
    """Holds the layers of a network in the form that the products need.

    Args:
        weights: The weights of each layer times its gain, [w_out, w_in + 1], the bias last.
        activations: The activations between them.
        encoding: The encoding of the coordinates [m, d], if there is one.
    """

    def __init__(
        self,
        weights: Sequence[Tensor],
        activations: Sequence[Elementwise],
        encoding: nn.Module | None = None,
    ) -> None:
        self.weights, self.activations, self.encoding = weights, activations, encoding
        self.transposed = [torch.empty_like(w[..., :-1].mT.contiguous()) for w in weights]

    def encoded(self, coords: Tensor) -> Tensor:
        """Return the first layer's input [e + 1, m] for `coords` [d + 1, m].

        The last row of both is ones.
        """
        if self.encoding is None:
            return coords
        return _with_ones(self.encoding(coords[:-1].mT).mT, None)


class BlockWork:
    """Sums errors and gradients over some blocks of the signal, one block in memory at a time.

    Args:
        layers: The network.
        blocks: The blocks of samples.
        objective: What to minimize.
        compiled: Whether torch.compile fuses the work on a block.
    """

    def __init__(
        self,
        layers: Layers,
        blocks: Sequence[Block],
        objective: PointwiseObjective,
        *,
        compiled: bool,
    ) -> None:
        self.layers, self.blocks, self.objective = layers, blocks, objective
        self.sums = [torch.empty_like(w) for w in layers.weights]
        lead = self.sums[0].shape[:-2]
        self.errors = tuple(self.sums[0].new_empty(lead) for _ in objective.errors)
        self.products = [product_for(w, compiled=compiled) for w in layers.weights]
        # The first product must not round the coordinates. Behind an encoding it may: the encoding
        # has taken the high frequencies out of them.
        exactly = self.sums[0].is_cuda and layers.encoding is None
        self.first = exact_linear if exactly else self.products[0].multiply
        depth = len(layers.activations)
        self.buffers = {
            num: _Buffers.none(depth) if compiled else _Buffers.make(layers.weights, num)
            for num in {coords.shape[1] for coords, _ in blocks}
        }
        # Not a bound method: in a reference cycle its memory would outlive the training.
        work = BlockWork._work
        self.work = torch.compile(work, dynamic=False) if compiled else work

    @torch.no_grad()
    def run(self, *, backward: bool) -> Tensors:
        """Return the sum over all blocks for each error, [r] or []. Gradients go into `sums`."""
        for total in (*self.sums, *self.errors):
            total.zero_()
        for coords, targets in self.blocks:
            parts = self.work(self, coords, targets, backward)
            for total, part in zip(self.errors, parts, strict=True):
                total += part
        return self.errors

    def _work(self, coords: Tensor, targets: Tensors, backward: bool) -> Tensors:
        buffers, weights = self.buffers[coords.shape[1]], self.layers.weights
        features, slopes = [self.layers.encoded(coords)], []
        for i, activation in enumerate(self.layers.activations):
            multiply = self.products[i].multiply if i else self.first
            u = multiply(weights[i], features[i], buffers.u)
            value, slope = activation.value_and_slope(u, buffers.values[i], buffers.slopes[i])
            features.append(_with_ones(value, buffers.features[i]))
            slopes.append(slope)
        outputs = self.products[-1].multiply(weights[-1], features[-1], buffers.outputs)
        errors, delta = self.objective.sums_and_slope(outputs, targets, in_place=True)
        if not backward:
            return errors
        for i in reversed(range(len(weights))):
            self.products[i].accumulate(self.sums[i], delta, features[i])
            if i:
                back = self.products[i].multiply(self.layers.transposed[i], delta, buffers.back)
                delta = torch.mul(back, slopes[i - 1], out=buffers.u)
        return errors


@dataclass(frozen=True)
class _Buffers:
    """Holds memory for a block of m samples. All layers use `u` and `back` in turn."""

    features: Sequence[Tensor | None]
    values: Sequence[Tensor | None]
    slopes: Sequence[Tensor | None]
    u: Tensor | None = None
    back: Tensor | None = None
    outputs: Tensor | None = None

    @classmethod
    def none(cls, depth: int) -> Self:
        """Return no buffers: compiled code has its own."""
        return cls([None] * depth, [None] * depth, [None] * depth)

    @classmethod
    def make(cls, weights: Sequence[Tensor], num: int) -> Self:
        """Return buffers for `num` samples. The last row of the features is ones."""
        first, *later, last = weights
        *lead, width, _ = first.shape
        features = [first.new_ones(*lead, width + 1, num) for _ in (first, *later)]
        values = [f[..., :-1, :] for f in features]
        slopes = [torch.empty_like(v) for v in values]
        u, back = torch.empty_like(slopes[0]), torch.empty_like(slopes[0])
        return cls(features, values, slopes, u, back, last.new_empty(*lead, last.shape[-2], num))


def _with_ones(value: Tensor, buffer: Tensor | None) -> Tensor:
    """Return `value` with a last row of ones. A `buffer` holds both already."""
    if buffer is not None:
        return buffer
    return torch.cat([value, torch.ones_like(value[..., :1, :])], -2)
