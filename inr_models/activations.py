"""Activation functions as small modules. They hold constants, never initialization."""

import torch
from torch import Tensor, nn


class Sine(nn.Module):
    """`sin(omega * z)` (Sitzmann et al. 2020; paper, Eqn. 1).

    `omega` (rad per unit of `z`) is a buffer, so that networks with different values can
    share one stacked fit.
    """

    omega: Tensor

    def __init__(self, omega: float) -> None:
        super().__init__()
        self.register_buffer("omega", torch.tensor(float(omega)))

    def forward(self, z: Tensor) -> Tensor:
        return torch.sin(self.omega * z)
