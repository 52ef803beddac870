"""What activations tell that can be trained without autograd (`blocked_step`), and their stacks."""

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
