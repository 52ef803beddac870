"""Define Muon (Jordan et al. 2024) on the hidden matrices, with Adam on all other parameters.

    B = momentum B + (1 - momentum) G
    U = NS(momentum B + (1 - momentum) G)        nearly the orthogonal factor of its argument
    W = W - learning_rate 0.2 sqrt(max(rows, columns)) U

This is `torch.optim.Muon` without weight decay and with `adjust_lr_fn="match_rms_adamw"` (Liu et
al. 2025): an entry of W changes by about 0.2 learning rates in every update, as with Adam. So one
learning rate serves both. Torch's class takes one matrix at a time, reads the learning rate on the
host and rounds to bfloat16. This one takes all networks of a stack at once, and stays in float32.
"""

import math
from typing import ClassVar

import torch
from torch import Tensor

from inr_models.fitting.layout import Layout
from inr_models.fitting.optimizers.adam import Adam
from inr_models.fitting.optimizers.optimizer import Optimizer
from inr_models.networks.coordinate_mlp import CoordinateMLP

MOMENTUM = 0.95

COEFFICIENTS = (3.4445, -4.775, 2.0315)
"""Of the Newton-Schulz iteration, from Jordan et al. They are torch's as well."""

NUM_ITERATIONS = 5

RMS = 0.2
"""Root mean square of an update's entries in units of the learning rate, that of Adam's."""


def hidden_matrices(network: CoordinateMLP) -> list[str]:
    """Return the names of the real matrices between two hidden layers, which Muon trains.

    >>> hidden_matrices(networks[0])  # of depth 2
    ['linears.1.weight']
    """
    inner = range(1, len(network.linears) - 1)
    parameters = dict(network.named_parameters())
    names = [f"linears.{i}.weight" for i in inner if f"linears.{i}.weight" in parameters]
    return [name for name in names if not parameters[name].is_complex()]


def nearly_orthogonal(matrices: Tensor) -> Tensor:
    """Return matrices [.., a, b] with their singular values brought to between 0.5 and 1.5.

    >>> a = nearly_orthogonal(torch.diag(torch.tensor([3.0, 1.0])))
    >>> bool((torch.linalg.svdvals(a) - 1).abs().max() < 0.5)
    True
    """
    a, b, c = COEFFICIENTS
    rows, columns = matrices.shape[-2:]
    x = matrices.mT if rows > columns else matrices
    x = x / x.norm(dim=(-2, -1), keepdim=True).clamp(min=1e-7)
    for _ in range(NUM_ITERATIONS):
        gram = x @ x.mT
        x = a * x + (b * gram + c * gram @ gram) @ x
    return x.mT if rows > columns else x


class Muon(Optimizer):
    """Makes the updates of hidden matrices nearly orthogonal. Adam trains all else."""

    numbers_per_parameter: ClassVar[int] = 3

    def __init__(self, network: CoordinateMLP, theta: Tensor) -> None:
        self.layout, self.names = Layout(network), hidden_matrices(network)
        self.adam = Adam(network, theta)
        self.momentum = torch.zeros_like(theta)

    @property
    def state(self) -> dict[str, Tensor]:
        """Adam's state, and the mean gradient [r, p], which only hidden matrices use."""
        return {**self.adam.state, "momentum": self.momentum}

    def update(self, theta: Tensor, gradient: Tensor, error: Tensor, rate: Tensor) -> None:
        """See `Optimizer.update`."""
        parts = [self.layout.unpack(flat) for flat in (theta, gradient, self.momentum)]
        for name in self.names:
            weight, slope, momentum = (part[name] for part in parts)
            momentum.lerp_(slope, 1 - MOMENTUM)
            direction = nearly_orthogonal(torch.lerp(slope, momentum, MOMENTUM))
            weight -= rate * RMS * math.sqrt(max(weight.shape[-2:])) * direction
            # Adam does not move a parameter that never had a gradient.
            slope.zero_()
        self.adam.update(theta, gradient, error, rate)
