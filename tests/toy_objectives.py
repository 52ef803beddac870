"""Define an objective that only tests use: one that needs autograd."""

from dataclasses import dataclass

import torch

from inr_models.fitting.objective import SampleObjective


@dataclass(frozen=True, kw_only=True)
class Slope(SampleObjective):
    """Minimizes the squared error of the output's derivative by the coordinate."""

    name = "slope"
    errors = ("mse",)
    chosen_by = "mse"

    def targets(self, coords, values):
        return (values,)

    def scored(self, coords, values):
        return values

    def counts(self, targets):
        return (targets[0].numel(),)

    def sums(self, forward, coords, targets):
        trains = torch.is_grad_enabled()
        coords = coords.detach().requires_grad_()
        with torch.enable_grad():
            (slope,) = torch.autograd.grad(forward(coords).sum(), coords, create_graph=trains)
        return ((slope - targets[0]).square().sum()[None],)
