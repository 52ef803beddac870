"""Keep the parameters of equal networks in one real matrix.

An optimizer step, a copy of the best weights and a checkpoint are then one operation each, whatever
the layers of the network are.
"""

from collections.abc import Sequence

import torch
from torch import Tensor, nn


class Layout:
    """Assigns each parameter of `template` its place in a row of p numbers, two for a complex one.

    >>> layout = Layout(networks[0])
    >>> layout.unpack(layout.pack(networks))["linears.0.weight"].shape  # [r, width, d]
    torch.Size([2, 8, 1])
    """

    def __init__(self, template: nn.Module) -> None:
        self.shapes = {name: p.shape for name, p in template.named_parameters()}
        self.complex = {name for name, p in template.named_parameters() if p.is_complex()}

    def pack(self, networks: Sequence[nn.Module]) -> Tensor:
        """Return the parameters [r, p], a row for each network."""
        rows = [torch.cat([_real(p.detach()).flatten() for p in n.parameters()]) for n in networks]
        return torch.stack(rows)

    def unpack(self, flat: Tensor) -> dict[str, Tensor]:
        """Return the parameters in `flat` [..., p] by name, [..., *shape] each.

        Real parameters are views of `flat`.
        """
        sizes = [
            shape.numel() * (2 if name in self.complex else 1)
            for name, shape in self.shapes.items()
        ]
        params = {}
        for (name, shape), part in zip(self.shapes.items(), flat.split(sizes, dim=-1), strict=True):
            if name in self.complex:
                # A view as complex numbers would have to begin at an even offset.
                pairs = part.unflatten(-1, (*shape, 2))
                params[name] = torch.complex(pairs[..., 0], pairs[..., 1])
            else:
                params[name] = part.unflatten(-1, shape)
        return params


def _real(param: Tensor) -> Tensor:
    return torch.view_as_real(param) if param.is_complex() else param
