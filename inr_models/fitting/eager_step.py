"""Compute the errors and the gradient of any network by autograd, block by block."""

from collections.abc import Sequence
from functools import partial

import torch
from torch import Tensor
from torch.func import functional_call, stack_module_state, vmap

from inr_models.fitting.layout import Layout
from inr_models.fitting.task import Task
from inr_models.networks.coordinate_mlp import CoordinateMLP


class EagerStep:
    """Computes the errors of R networks that train together, and their gradients, by autograd.

    `step(theta, gradient)` takes the parameters `theta` [r, p] and returns the objective's errors,
    [r] each. If it is given a `gradient` [r, p], it writes the gradient of the first error there.

    Args:
        networks: R networks of equal shapes.
        task: What they are fitted to.
        block: Number of samples that are in memory at a time.
    """

    def __init__(self, networks: Sequence[CoordinateMLP], task: Task, block: int) -> None:
        self.template, self.layout = networks[0], Layout(networks[0])
        _, self.buffers = stack_module_state(list(networks))  # type: ignore[arg-type]
        self.objective = task.objective
        targets = self.objective.targets(task.coords, task.values)
        self.counts = self.objective.counts(targets)
        parts = zip(*(target.split(block) for target in targets), strict=True)
        self.blocks = list(zip(task.coords.split(block), parts, strict=True))

    def __call__(self, theta: Tensor, gradient: Tensor | None) -> tuple[Tensor, ...]:
        leaf = theta.detach().requires_grad_(gradient is not None)
        forward = partial(self._forward, leaf)
        totals = tuple(theta.new_zeros(len(theta)) for _ in self.counts)
        with torch.set_grad_enabled(gradient is not None):
            for coords, targets in self.blocks:
                sums = self.objective.sums(forward, coords, targets)
                errors = [part / count for part, count in zip(sums, self.counts, strict=True)]
                if gradient is not None:
                    # No network sees another: each error depends on the parameters of one.
                    errors[0].sum().backward()
                for total, error in zip(totals, errors, strict=True):
                    total += error.detach()
        if gradient is not None and leaf.grad is not None:
            gradient.copy_(leaf.grad)
        return totals

    def _forward(self, theta: Tensor, coords: Tensor) -> Tensor:
        """Return the outputs [r, m, c]."""

        def single(params: dict[str, Tensor], buffers: dict[str, Tensor]) -> Tensor:
            return functional_call(self.template, (params, buffers), (coords,))

        params = self.layout.unpack(theta)
        if len(theta) > 1:
            return vmap(single)(params, self.buffers)
        return single(*({k: v[0] for k, v in d.items()} for d in (params, self.buffers)))[None]
