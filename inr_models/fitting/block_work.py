"""Forward and backward pass, block by block: see `blocked_step` for the equations.

Axes: r replicates (of a stack only), w features (rows), m samples of a block (columns).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Self

import torch
from torch import Tensor, nn

from inr_models.fitting.products import exact_linear, product_for
from inr_models.networks.elementwise import Elementwise


class Layers:
    """The layers as products need them: weights [w_out, w_in + 1] times their gain, the bias last,
    and transposed without it. `encoding`, if any, is of coordinates [m, d].
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
        """What the first layer gets of `coords` [d + 1, m], their last row ones: [e + 1, m]."""
        if self.encoding is None:
            return coords
        return _with_ones(self.encoding(coords[:-1].mT).mT, None)


class BlockWork:
    """All blocks of a signal, what is held of one at a time, and the gradients' `sums` over them.

    Args:
        blocks: coordinates [d + 1, m], their last row ones, and values [c, m].
        compiled: let torch.compile fuse what is done with a block.
    """

    def __init__(
        self, layers: Layers, blocks: Sequence[tuple[Tensor, Tensor]], *, compiled: bool
    ) -> None:
        self.layers, self.blocks = layers, blocks
        self.sums = [torch.empty_like(w) for w in layers.weights]
        self.error = self.sums[0].new_empty(self.sums[0].shape[:-2])
        self.products = [product_for(w, compiled=compiled) for w in layers.weights]
        # An encoding has taken all that must not be rounded out of the coordinates.
        exactly = self.sums[0].is_cuda and layers.encoding is None
        self.first = exact_linear if exactly else self.products[0].multiply
        depth = len(layers.activations)
        self.buffers = {
            num: _Buffers.none(depth) if compiled else _Buffers.make(layers.weights, num)
            for num in {values.shape[1] for _, values in blocks}
        }
        # Not bound to this object: in a cycle its memory would outlive the training.
        work = BlockWork._work
        self.work = torch.compile(work, dynamic=False) if compiled else work

    @torch.no_grad()
    def run(self, *, backward: bool) -> Tensor:
        """Squared errors [r] or [], summed over all blocks; gradients go into `sums`."""
        for total in self.sums:
            total.zero_()
        self.error.zero_()
        for coords, values in self.blocks:
            self.error += self.work(self, coords, values, backward)
        return self.error

    def _work(self, coords: Tensor, values: Tensor, backward: bool) -> Tensor:
        buffers, weights = self.buffers[values.shape[1]], self.layers.weights
        features, slopes = [self.layers.encoded(coords)], []
        for i, activation in enumerate(self.layers.activations):
            multiply = self.products[i].multiply if i else self.first
            u = multiply(weights[i], features[i], buffers.u)
            value, slope = activation.value_and_slope(u, buffers.values[i], buffers.slopes[i])
            features.append(_with_ones(value, buffers.features[i]))
            slopes.append(slope)
        delta = self.products[-1].multiply(weights[-1], features[-1], buffers.error).sub_(values)
        total = delta.square().sum((-2, -1))
        for i in reversed(range(len(weights)) if backward else ()):
            self.products[i].accumulate(self.sums[i], delta, features[i])
            if i:
                back = self.products[i].multiply(self.layers.transposed[i], delta, buffers.back)
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
