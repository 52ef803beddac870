"""The error and gradient of a multilayer perceptron without autograd, block by block.

With h_0 = x, u_l = gain_l (W_l h_{l-1} + b_l), h_l = activation_l(u_l) and f = W h + b:

    delta = f - y behind the output layer,  delta_l = activation_l'(u_l) * back_{l+1},
    back_l = (gain_l W_l)^T delta_l,        dMSE/dW_l = 2 gain_l / (n c) sum delta_l h_{l-1}^T

What makes it fast on a CPU: a block's features stay near the core; the gain is taken into the
weights, once an epoch; and features end in a row of ones, so that a bias is a last column of the
weights and its gradient comes with theirs. The parameters themselves, and so Adam's steps, stay
as published.
"""

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import cast

import torch
from torch import Tensor, nn

from inr_models.fitting.block_work import BlockWork, Layers
from inr_models.fitting.layout import Layout
from inr_models.networks.coordinate_mlp import CoordinateMLP
from inr_models.networks.elementwise import Elementwise, stacked


def has_slopes(network: CoordinateMLP) -> bool:
    """Whether `BlockedStep` can train the network."""
    return all(type(linear) is nn.Linear for linear in network.layers) and all(
        isinstance(activation, Elementwise) for activation in network.activations
    )


class BlockedStep:
    """As `EagerStep`, of networks whose activations are all `Elementwise`.

    Args:
        num_threads: that work on a block each, every product by one thread; 1 leaves the threads
            to the products.
        compiled: let torch.compile fuse what is done with a block.
    """

    def __init__(
        self,
        networks: Sequence[CoordinateMLP],
        coords: Tensor,
        values: Tensor,
        block: int,
        *,
        num_threads: int = 1,
        compiled: bool = False,
    ) -> None:
        template = networks[0]
        self.layout, self.num_values = Layout(template), values.numel()
        lead = (len(networks),) if len(networks) > 1 else ()
        activations = [
            cast(Elementwise, stacked([network.activations[i] for network in networks]))
            for i in range(len(template.activations))
        ]
        gains = [activation.gain for activation in activations]
        self.gains = [g.expand(*lead, 1, 1) for g in (*gains, gains[0].new_ones(1, 1))]
        shapes = [linear.weight.shape for linear in template.layers]
        weights = [coords.new_empty(*lead, out, fan_in + 1) for out, fan_in in shapes]
        encoding = None
        if not isinstance(template.encoding, nn.Identity):
            encoding = stacked([network.encoding for network in networks])
        self.layers = Layers(weights, activations, encoding)
        rows = torch.cat([coords, torch.ones_like(coords[:, :1])], 1)
        blocks = [
            (x.mT.contiguous(), y.mT.contiguous())
            for x, y in zip(rows.split(block), values.split(block), strict=True)
        ]
        self.works = [
            BlockWork(self.layers, blocks[i::num_threads], compiled=compiled)
            for i in range(min(num_threads, len(blocks)))
        ]
        self.pool = ThreadPoolExecutor(
            num_threads, initializer=torch.set_num_threads, initargs=(1,)
        )

    @torch.no_grad()
    def __call__(self, theta: Tensor, gradient: Tensor | None) -> Tensor:
        for part, (weight, bias) in enumerate(self._parts(theta)):
            gain, weights = self.gains[part], self.layers.weights[part]
            torch.mul(weight, gain, out=weights[..., :-1])
            torch.mul(bias, gain[..., 0], out=weights[..., -1])
            self.layers.transposed[part].copy_(weights[..., :-1].mT)
        total = self._run(backward=gradient is not None)
        if gradient is not None:
            for part, (weight, bias) in enumerate(self._parts(gradient)):
                sums = sum((w.sums[part] for w in self.works[1:]), self.works[0].sums[part])
                factor = self.gains[part] * (2 / self.num_values)
                torch.mul(sums[..., :-1], factor, out=weight)
                torch.mul(sums[..., -1], factor[..., 0], out=bias)
        return total.reshape(-1) / self.num_values

    def _run(self, *, backward: bool) -> Tensor:
        """Squared errors, summed in the order of the threads' shares."""
        if len(self.works) == 1:
            return self.works[0].run(backward=backward)
        before = torch.get_num_threads()
        # MKL counts its threads for the whole process, OpenMP for each thread.
        torch.set_num_threads(1)
        try:
            totals = list(self.pool.map(lambda work: work.run(backward=backward), self.works))
        finally:
            torch.set_num_threads(before)
        return torch.stack(totals).sum(0)

    def _parts(self, flat: Tensor) -> list[tuple[Tensor, Tensor]]:
        """Views of `flat` [r, p]: weight and bias of every layer, without r where it is 1."""
        found = self.layout.unpack(flat if len(flat) > 1 else flat[0])
        return [
            (found[f"linears.{i}.weight"], found[f"linears.{i}.bias"])
            for i in range(len(self.gains))
        ]
