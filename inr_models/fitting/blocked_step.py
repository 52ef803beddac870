"""Compute the errors and the gradient of a multilayer perceptron without autograd, block by block.

With h_0 = x, u_l = gain_l (W_l h_{l-1} + b_l), h_l = activation_l(u_l), f = W h + b and an error
E = S / N of the objective:

    delta = dS/df / 2 behind the output layer,  delta_l = activation_l'(u_l) * back_{l+1},
    back_l = (gain_l W_l)^T delta_l,            dE/dW_l = 2 gain_l / N sum delta_l h_{l-1}^T

In a regression delta is f - y, and N is the number of values. Three things make it fast on a CPU.
The features of a block stay in the cache. The gain is multiplied into the weights once an epoch.
Features end in a row of ones, so that a bias is the last column of the weights and its gradient
comes with theirs. The parameters themselves, and so Adam's steps, stay as published.
"""

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import NamedTuple, cast

import torch
from torch import Tensor, nn

from inr_models.fitting.block_work import BlockWork, Layers
from inr_models.fitting.layout import Layout
from inr_models.fitting.objective import Objective, PointwiseObjective
from inr_models.fitting.task import Task
from inr_models.networks.coordinate_mlp import CoordinateMLP
from inr_models.networks.elementwise import Elementwise, stacked

Weights = tuple[Tensor, Tensor]
"""The weight and the bias of a layer."""


def has_slopes(network: CoordinateMLP) -> bool:
    """Return whether all layers are plain and all activations are `Elementwise`."""
    # From Python 3.12 on, isinstance with a protocol does not see a buffer such as `gain`.
    return all(type(linear) is nn.Linear for linear in network.layers) and all(
        hasattr(activation, name)
        for activation in network.activations
        for name in ("gain", "value_and_slope")
    )


def needs_autograd(network: CoordinateMLP, objective: Objective) -> bool:
    """Return whether `BlockedStep` cannot train this network with this objective."""
    return not (has_slopes(network) and isinstance(objective, PointwiseObjective))


class _Views(NamedTuple):
    """Holds what an update does to the parameters of one layer, and where it writes them.

    Args:
        gain: The activation's gain, by which the products' weights are larger.
        weight: The weight times the gain [w_out, w_in].
        bias: The bias times the gain [w_out].
        transposed: The weight times the gain [w_in, w_out].
        factor: The gain times what the mean over all samples and the square bring to a gradient.
    """

    gain: Tensor
    weight: Tensor
    bias: Tensor
    transposed: Tensor
    factor: Tensor


class BlockedStep:
    """Computes what `EagerStep` computes, for networks and objectives that give their slopes.

    Args:
        networks: R networks of equal shapes.
        task: What they are fitted to. Its objective gives its slope.
        block: Number of samples in a block.
        num_threads: Threads that each work on a block of their own. With 1, the matrix products
            use the threads.
        compiled: Whether torch.compile fuses the work on a block.
    """

    def __init__(
        self,
        networks: Sequence[CoordinateMLP],
        task: Task,
        block: int,
        *,
        num_threads: int = 1,
        compiled: bool = False,
    ) -> None:
        template, coords, objective = networks[0], task.coords, task.objective
        assert isinstance(objective, PointwiseObjective), "others need autograd"
        self.layout = Layout(template)
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
        targets = objective.targets(task.coords, task.values)
        self.counts = objective.counts(targets)
        rows = torch.cat([coords, torch.ones_like(coords[:, :1])], 1)
        parts = [_columns(target, block) for target in targets]
        blocks = list(zip(_columns(rows, block), zip(*parts, strict=True), strict=True))
        self.works = [
            BlockWork(self.layers, blocks[i::num_threads], objective, compiled=compiled)
            for i in range(min(num_threads, len(blocks)))
        ]
        self.views = [
            _Views(gain, w[..., :-1], w[..., -1], transposed, gain * (2 / self.counts[0]))
            for gain, w, transposed in zip(self.gains, weights, self.layers.transposed, strict=True)
        ]
        self.known: list[tuple[Tensor, list[Weights]]] = []
        self.pool = ThreadPoolExecutor(
            num_threads, initializer=torch.set_num_threads, initargs=(1,)
        )

    @torch.no_grad()
    def __call__(self, theta: Tensor, gradient: Tensor | None, epoch: int) -> tuple[Tensor, ...]:
        for (weight, bias), layer in zip(self._parts(theta), self.views, strict=True):
            torch.mul(weight, layer.gain, out=layer.weight)
            torch.mul(bias, layer.gain[..., 0], out=layer.bias)
            layer.transposed.copy_(layer.weight.mT)
        totals = self._run(backward=gradient is not None)
        if gradient is not None:
            for part, (weight, bias) in enumerate(self._parts(gradient)):
                layer, sums = self.views[part], self._sums(part)
                torch.mul(sums[..., :-1], layer.factor, out=weight)
                torch.mul(sums[..., -1], layer.factor[..., 0], out=bias)
        return tuple(
            total.reshape(-1) / count for total, count in zip(totals, self.counts, strict=True)
        )

    def _sums(self, part: int) -> Tensor:
        """Return a layer's sums of gradients [w_out, w_in + 1], added in the order of the works."""
        first, *others = self.works
        return sum((work.sums[part] for work in others), first.sums[part])

    def _run(self, *, backward: bool) -> tuple[Tensor, ...]:
        """Return the sum over all samples for each error, added in the order of the threads."""
        if len(self.works) == 1:
            return self.works[0].run(backward=backward)
        before = torch.get_num_threads()
        # MKL has one number of threads for the whole process, OpenMP has one for each thread.
        torch.set_num_threads(1)
        try:
            totals = list(self.pool.map(lambda work: work.run(backward=backward), self.works))
        finally:
            torch.set_num_threads(before)
        return tuple(torch.stack(parts).sum(0) for parts in zip(*totals, strict=True))

    def _parts(self, flat: Tensor) -> list[Weights]:
        """Return views of `flat` [r, p]: each layer's weight and bias, without r if it is 1.

        Adam passes the same two tensors in every update. Their views are kept, because it takes
        as long to make them as to add up a small block.
        """
        for known, parts in self.known:
            if known is flat:
                return parts
        params = self.layout.unpack(flat if len(flat) > 1 else flat[0])
        parts = [
            (params[f"linears.{i}.weight"], params[f"linears.{i}.bias"])
            for i in range(len(self.gains))
        ]
        self.known = [*self.known[-1:], (flat, parts)]
        return parts


def _columns(samples: Tensor, block: int) -> list[Tensor]:
    """Return blocks [k, m] of samples [n, k]. Samples are columns in the products."""
    return [part.mT.contiguous() for part in samples.split(block)]
