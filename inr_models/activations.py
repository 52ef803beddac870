"""Activation functions as small modules. They hold constants, never initialization.

One that has a `gain` and `value_and_slope` can be trained without autograd (`blocked_step`): it
is a function of u = gain z alone, and the gain is taken into the layer's product.
"""

from typing import Protocol, runtime_checkable

import torch
from torch import Tensor, nn


@runtime_checkable
class Elementwise(Protocol):
    """An activation of which the slope is known in closed form."""

    @property
    def gain(self) -> Tensor: ...

    def value_and_slope(
        self, u: Tensor, value: Tensor | None = None, slope: Tensor | None = None
    ) -> tuple[Tensor, Tensor]:
        """The activation at `u` and its derivative by `u`, in the given tensors if any."""
        ...


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

    @property
    def gain(self) -> Tensor:
        return self.omega

    def value_and_slope(
        self, u: Tensor, value: Tensor | None = None, slope: Tensor | None = None
    ) -> tuple[Tensor, Tensor]:
        return torch.sin(u, out=value), torch.cos(u, out=slope)
