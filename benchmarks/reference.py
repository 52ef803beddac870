"""Fit as published implementations do: the reference of every speed in `benchmarks/`.

The fit uses an nn.Sequential of linear layers and sin(omega x), the whole signal at once, Adam with
StepLR, and one `.item()` per epoch. `tests/test_paths.py` compares `fit()` with it in float64.
The other optimizers are written as their papers define them, on one vector of parameters.
"""

import math
from collections.abc import Callable, Iterator
from typing import cast

import torch
from torch import Tensor, nn
from torch.nn.utils import parameters_to_vector, vector_to_parameters

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
    update = {"adam": adam, "muon": muon, "lbfgs": lbfgs}[config.optimizer](model, config)
    for epoch in range(config.epochs):
        loss = ((model(coords) - values) ** 2).mean()
        model.zero_grad()
        loss.backward()
        update(epoch, loss)
        yield -10 * math.log10(loss.item())


Update = Callable[[int, Tensor], None]
"""Moves the parameters after the gradient of an epoch, and takes the epoch and its loss."""


def adam(model: nn.Module, config: FitConfig) -> Update:
    """Return torch's Adam with its schedule."""
    optimizer = torch.optim.Adam(model.parameters(), lr=config.learning_rate)
    schedule = torch.optim.lr_scheduler.StepLR(optimizer, config.decay_every, config.decay)

    def update(epoch: int, loss: Tensor) -> None:
        optimizer.step()
        schedule.step()

    return update


def muon(model: nn.Module, config: FitConfig) -> Update:
    """Return Muon on the matrices between hidden layers, and torch's Adam on the rest."""
    parameters = list(model.parameters())
    hidden = [p for p in parameters[2:-2] if p.ndim == 2]
    momenta = [torch.zeros_like(p) for p in hidden]
    others = [p for p in parameters if all(p is not q for q in hidden)]
    optimizer = torch.optim.Adam(others, lr=config.learning_rate)
    schedule = torch.optim.lr_scheduler.StepLR(optimizer, config.decay_every, config.decay)

    def update(epoch: int, loss: Tensor) -> None:
        for matrix, momentum in zip(hidden, momenta, strict=True):
            assert matrix.grad is not None
            momentum += 0.05 * (matrix.grad - momentum)
            x = 0.05 * matrix.grad + 0.95 * momentum
            x /= torch.linalg.matrix_norm(x)
            for _ in range(5):
                gram = x @ x.T
                x = 3.4445 * x - 4.775 * gram @ x + 2.0315 * gram @ gram @ x
            step = config.learning_rate_at(epoch) * 0.2 * math.sqrt(max(x.shape))
            matrix.data -= step * x
        optimizer.step()
        schedule.step()

    return update


def lbfgs(model: nn.Module, config: FitConfig) -> Update:
    """Return L-BFGS by the two-loop recursion (Nocedal 1980), with the line search of `fit()`."""
    x = parameters_to_vector(model.parameters()).detach().clone()
    error, slope, direction, t = math.inf, torch.zeros_like(x), torch.zeros_like(x), 0.0
    pairs: list[tuple[Tensor, Tensor]] = []

    def update(epoch: int, loss: Tensor) -> None:
        nonlocal x, error, slope, direction, t
        now = loss.item()
        here = parameters_to_vector(model.parameters()).detach()
        descent = float(slope @ direction)
        if now <= error + 1e-4 * t * descent:
            gradient = torch.cat(
                [p.grad.flatten() for p in model.parameters() if p.grad is not None]
            )
            step, change = here - x, gradient - slope
            if float(step @ change) > 1e-10 * float(change @ change):
                pairs.append((step, change))
            x, error, slope = here.clone(), now, gradient
            direction = _two_loops(slope, pairs)
            longest = config.learning_rate_at(epoch) / float(direction.square().mean().sqrt())
            t = min(1.0, longest) if pairs else longest
        else:
            best = -t * descent / (2 * (now - error - t * descent))
            t *= min(max(best, 0.1), 0.5)
        vector_to_parameters(x + t * direction, model.parameters())

    return update


def _two_loops(slope: Tensor, pairs: list[tuple[Tensor, Tensor]]) -> Tensor:
    if not pairs:
        return -slope
    q, factors = slope.clone(), []
    for step, change in reversed(pairs):
        factors.append((step @ q) / (step @ change))
        q -= factors[-1] * change
    step, change = pairs[-1]
    q *= (step @ change) / (change @ change)
    for (step, change), factor in zip(pairs, reversed(factors), strict=True):
        q += (factor - (change @ q) / (step @ change)) * step
    return -q
