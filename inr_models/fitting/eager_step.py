"""Compute the errors and the gradient of any network by autograd, block by block."""

from collections.abc import Sequence
from functools import partial

import torch
from torch import Tensor
from torch.func import functional_call, stack_module_state, vmap

from inr_models.fitting.layout import Layout
from inr_models.fitting.objective import SampleObjective
from inr_models.fitting.task import Task
from inr_models.networks.coordinate_mlp import CoordinateMLP


class StackedNetworks:
    """Computes the outputs of R networks of equal shapes from their packed parameters.

    Args:
        networks: The networks.
    """

    def __init__(self, networks: Sequence[CoordinateMLP]) -> None:
        self.template, self.layout = networks[0], Layout(networks[0])
        _, self.buffers = stack_module_state(list(networks))  # type: ignore[arg-type]

    def __call__(self, theta: Tensor, coords: Tensor) -> Tensor:
        """Return the outputs [r, m, c].

        Args:
            theta: The parameters [r, p].
            coords: Coordinates for all networks [m, d], or for each its own [r, m, d].
        """

        def single(params: dict[str, Tensor], buffers: dict[str, Tensor], coords: Tensor) -> Tensor:
            return functional_call(self.template, (params, buffers), (coords,))

        params, own = self.layout.unpack(theta), coords.ndim == 3
        if len(theta) > 1:
            return vmap(single, (0, 0, 0 if own else None))(params, self.buffers, coords)
        first, buffers = (
            {name: value[0] for name, value in stack.items()} for stack in (params, self.buffers)
        )
        return single(first, buffers, coords[0] if own else coords)[None]


class EagerStep:
    """Computes the errors of R networks that train together, and their gradients, by autograd.

    `step(theta, gradient, epoch)` takes the parameters `theta` [r, p] and returns the objective's
    errors, [r] each. If it is given a `gradient` [r, p], it writes the gradient of the first error
    there.

    Args:
        networks: R networks of equal shapes.
        task: What they are fitted to. Its errors are sums over the samples.
        block: Number of samples that are in memory at a time.
    """

    def __init__(self, networks: Sequence[CoordinateMLP], task: Task, block: int) -> None:
        assert isinstance(task.objective, SampleObjective), "others have a step of their own"
        self.networks, self.objective = StackedNetworks(networks), task.objective
        targets = self.objective.targets(task.coords, task.values)
        self.counts = self.objective.counts(targets)
        parts = zip(*(target.split(block) for target in targets), strict=True)
        self.blocks = list(zip(task.coords.split(block), parts, strict=True))

    def __call__(self, theta: Tensor, gradient: Tensor | None, epoch: int) -> tuple[Tensor, ...]:
        leaf = theta.detach().requires_grad_(gradient is not None)
        forward = partial(self.networks, leaf)
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
