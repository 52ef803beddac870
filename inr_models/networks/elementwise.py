"""Define the activations that `blocked_step` trains without autograd, and stack activations."""

import copy
from collections.abc import Sequence
from typing import Protocol, TypeVar

import torch
from torch import Tensor, nn

Pair = tuple[Tensor, Tensor]
Out = Tensor | None
"""Where to write a result, None for a new tensor."""


class Elementwise(Protocol):
    """Gives an activation and its slope, which has a closed form."""

    @property
    def gain(self) -> Tensor:
        """Return the factor on the pre-activation z: the activation is a function of u = gain z."""
        ...

    def value_and_slope(self, u: Tensor, value: Out = None, slope: Out = None) -> Pair:
        """Return the activation at `u` and its derivative by `u`, in the given tensors if any."""
        ...


T = TypeVar("T", bound=nn.Module)


def stacked(modules: Sequence[T]) -> T:
    """Return one module that applies r modules of one class to a batch [r, n, features].

    Each of its buffers stacks theirs. A buffer that is one number has the shape [r, 1, 1]. For a
    single module, the axis of r is left out.
    """
    stack = copy.deepcopy(modules[0])
    for name, _ in modules[0].named_buffers():
        values = torch.stack([module.get_buffer(name) for module in modules])
        values = values if values.ndim > 1 else values[:, None, None]
        stack.register_buffer(name, values if len(modules) > 1 else values[0])
    return stack
