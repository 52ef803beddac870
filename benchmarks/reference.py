"""Fit as published implementations do: the reference of every speed in `benchmarks/`.

The fit uses an nn.Sequential of linear layers and sin(omega x), the whole signal at once, Adam with
StepLR, and one `.item()` per epoch. `tests/test_paths.py` compares `fit()` with it in float64.
"""

import math
from collections.abc import Iterator
from typing import cast

import torch
from torch import Tensor, nn

from inr_models import FitConfig
from inr_models.networks.activations import Sine
from inr_models.networks.coordinate_mlp import CoordinateMLP


class SineLayer(nn.Module):
    """Computes sin(omega x)."""

    def __init__(self, omega: float) -> None:
        super().__init__()
        self.omega = omega

    def forward(self, x: Tensor) -> Tensor:
        return torch.sin(self.omega * x)


def sequential(network: CoordinateMLP) -> nn.Sequential:
    """Return the same network of sines as an nn.Sequential, with copies of its weights."""
    modules: list[nn.Module] = []
    for linear, activation in zip(network.layers, [*network.activations, None], strict=True):
        copy = nn.Linear(linear.in_features, linear.out_features)
        copy.load_state_dict(linear.state_dict())
        modules.append(copy)
        if activation is not None:
            modules.append(SineLayer(float(cast(Sine, activation).omega)))
    return nn.Sequential(*modules)


def psnr_curve(
    model: nn.Module, coords: Tensor, values: Tensor, config: FitConfig
) -> Iterator[float]:
    """Train `model` in place, and yield the PSNR in dB before each update.

    Args:
        model: the network.
        coords: coordinates [n, d].
        values: the signal [n, c].
        config: how to train.
    """
    optimizer = torch.optim.Adam(model.parameters(), lr=config.learning_rate)
    schedule = torch.optim.lr_scheduler.StepLR(optimizer, config.decay_every, config.decay)
    for _ in range(config.epochs):
        loss = ((model(coords) - values) ** 2).mean()
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        schedule.step()
        yield -10 * math.log10(loss.item())
