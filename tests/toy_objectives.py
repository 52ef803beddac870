"""Objectives that only tests use: one that holds samples out, and one that needs autograd."""

from dataclasses import dataclass

import torch

from inr_models.fitting.objective import Objective, PointwiseObjective


@dataclass(frozen=True, kw_only=True)
class HeldOut(PointwiseObjective):
    """Minimizes the squared error on all but every k-th sample, and chooses by the rest."""

    every: int = 4

    name = "held_out"
    errors = ("kept_mse", "held_out_mse")
    chosen_by = "held_out_mse"

    def targets(self, values):
        kept = torch.ones_like(values[:, :1])
        kept[:: self.every] = 0
        return values, kept

    def counts(self, targets):
        values, kept = targets
        num = int(kept.sum()) * values.shape[1]
        return num, values.numel() - num

    def sums_and_slope(self, outputs, targets, *, in_place=False):
        values, kept = targets
        error = outputs - values
        squares = error.square()
        sums = ((squares * kept).sum((-2, -1)), (squares * (1 - kept)).sum((-2, -1)))
        return sums, error * kept


@dataclass(frozen=True, kw_only=True)
class Slope(Objective):
    """Minimizes the squared error of the output's derivative by the coordinate."""

    name = "slope"
    errors = ("mse",)
    chosen_by = "mse"

    def targets(self, values):
        return (values,)

    def counts(self, targets):
        return (targets[0].numel(),)

    def sums(self, forward, coords, targets):
        trains = torch.is_grad_enabled()
        coords = coords.detach().requires_grad_()
        with torch.enable_grad():
            (slope,) = torch.autograd.grad(forward(coords).sum(), coords, create_graph=trains)
        return ((slope - targets[0]).square().sum()[None],)
