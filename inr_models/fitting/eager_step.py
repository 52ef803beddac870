"""The error and gradient of any network, by autograd, block by block."""

from collections.abc import Sequence

import torch
from torch import Tensor
from torch.func import functional_call, stack_module_state, vmap

from inr_models.fitting.layout import Layout
from inr_models.networks.coordinate_mlp import CoordinateMLP


class EagerStep:
    """`step(theta, gradient)`: mean squared errors [r] of the networks with parameters `theta`
    [r, p]; their gradients go into `gradient` [r, p] if one is given.

    No replicate sees another: what is differentiated is the sum of their errors.

    Args:
        coords: [n, d].
        values: [n, c].
        block: samples that are held at a time.
    """

    def __init__(
        self, networks: Sequence[CoordinateMLP], coords: Tensor, values: Tensor, block: int
    ) -> None:
        self.template, self.layout = networks[0], Layout(networks[0])
        _, self.buffers = stack_module_state(list(networks))  # type: ignore[arg-type]
        self.blocks = list(zip(coords.split(block), values.split(block), strict=True))
        self.num_values = values.numel()

    def __call__(self, theta: Tensor, gradient: Tensor | None) -> Tensor:
        leaf = theta.detach().requires_grad_(gradient is not None)
        total = theta.new_zeros(len(theta))
        with torch.set_grad_enabled(gradient is not None):
            for coords, values in self.blocks:
                error = self._forward(leaf, coords) - values
                mse = error.square().sum((1, 2)) / self.num_values
                if gradient is not None:
                    mse.sum().backward()
                total += mse.detach()
        if gradient is not None and leaf.grad is not None:
            gradient.copy_(leaf.grad)
        return total

    def _forward(self, theta: Tensor, coords: Tensor) -> Tensor:
        """Outputs [r, n, c]."""

        def single(params: dict[str, Tensor], buffers: dict[str, Tensor]) -> Tensor:
            return functional_call(self.template, (params, buffers), (coords,))

        params = self.layout.unpack(theta)
        if len(theta) > 1:
            return vmap(single)(params, self.buffers)
        return single(*({k: v[0] for k, v in d.items()} for d in (params, self.buffers)))[None]
