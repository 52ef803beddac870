"""Activation functions as small modules. They hold constants, never initialization.

Constants are buffers, so that networks with different values can share one stacked fit. One that
has a `gain` and `value_and_slope` can be trained without autograd (`blocked_step`): it is a
function of u = gain z, and the gain is taken into the layer's product.
"""

import copy
from collections.abc import Sequence
from typing import Protocol, TypeVar, runtime_checkable

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


T = TypeVar("T", bound=nn.Module)


def stacked(modules: Sequence[T]) -> T:
    """One module in the place of r: its buffers are theirs, those that are numbers [r, 1, 1].

    Of one alone without r.
    """
    made = copy.deepcopy(modules[0])
    for name, _ in modules[0].named_buffers():
        values = torch.stack([module.get_buffer(name) for module in modules])
        values = values if values.ndim > 1 else values[:, None, None]
        made.register_buffer(name, values if len(modules) > 1 else values[0])
    return made


class Sine(nn.Module):
    """`sin(omega * z)` (Sitzmann et al. 2020; paper, Eqn. 1), `omega` in rad per unit of `z`."""

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
