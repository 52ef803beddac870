"""Compute errors at points that every epoch draws again, and their gradient, by autograd."""

from collections.abc import Sequence

import numpy as np
import torch
from torch import Tensor

from inr_models.fitting.eager_step import StackedNetworks
from inr_models.fitting.objective import DrawnObjective
from inr_models.fitting.task import Task
from inr_models.networks.coordinate_mlp import CoordinateMLP


def generator_of(seed: int, epoch: int) -> torch.Generator:
    """Return the source of the draws of one epoch. It depends on nothing else.

    >>> a, b = (torch.rand(1, generator=generator_of(0, epoch)) for epoch in (3, 4))
    >>> bool(a == b)
    False
    """
    # torch uses 32 bits of a seed, so the two numbers are mixed before.
    (mixed,) = np.random.SeedSequence((seed, epoch)).generate_state(1)
    return torch.Generator().manual_seed(int(mixed))


class DrawnStep:
    """Computes the errors of a `DrawnObjective`, and the gradient of the first.

    It is called as an `EagerStep` is. All points of an epoch are in memory at once, the fixed
    samples block by block.

    Args:
        networks: R networks of equal shapes.
        task: What they are fitted to.
        block: Number of fixed samples that are in memory at a time.
    """

    def __init__(self, networks: Sequence[CoordinateMLP], task: Task, block: int) -> None:
        assert isinstance(task.objective, DrawnObjective), "others draw nothing"
        self.networks, self.objective = StackedNetworks(networks), task.objective
        self.device = task.coords.device
        # The CPU draws, so that every device sees the same points.
        self.coords, self.values = task.coords.cpu(), task.values.cpu()
        fixed = self.objective.fixed(task.coords, task.values)
        self.num_fixed = len(fixed[0])
        self.blocks = list(zip(*(part.split(block) for part in fixed), strict=True))

    def __call__(self, theta: Tensor, gradient: Tensor | None, epoch: int) -> tuple[Tensor, ...]:
        drawn = self.objective.drawn(
            self.coords, self.values, generator_of(self.objective.seed, epoch)
        )
        leaf = theta.detach().requires_grad_(gradient is not None)

        def field(coords: Tensor) -> tuple[Tensor, Tensor]:
            # Each network has a copy of the points, so that its slopes are its own.
            points = coords.expand(len(theta), *coords.shape).clone().requires_grad_()
            outputs = self.networks(leaf, points)
            (slopes,) = torch.autograd.grad(
                outputs.sum(), points, create_graph=gradient is not None
            )
            return outputs, slopes

        with torch.enable_grad():
            losses = self.objective.losses(field, tuple(part.to(self.device) for part in drawn))
            if gradient is not None:
                losses[0].sum().backward()
        if gradient is not None and leaf.grad is not None:
            gradient.copy_(leaf.grad)
        total = theta.new_zeros(len(theta))
        with torch.no_grad():
            for coords, values in self.blocks:
                total += self.objective.fixed_sum(self.networks(theta, coords), values)
        return *(loss.detach() for loss in losses), total / self.num_fixed
