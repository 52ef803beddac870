"""The parameters of equal networks as one real matrix, so that an optimizer step, a copy of the
best weights and a checkpoint are one operation each, whatever the network is made of.
"""

from collections.abc import Sequence

import torch
from torch import Tensor, nn


class Layout:
    """Where each parameter of `template` is in a row of p numbers; a complex one has two each."""

    def __init__(self, template: nn.Module) -> None:
        self.shapes = {name: p.shape for name, p in template.named_parameters()}
        self.complex = {name for name, p in template.named_parameters() if p.is_complex()}

    def pack(self, networks: Sequence[nn.Module]) -> Tensor:
        """[r, p], a row for each network."""
        rows = [torch.cat([_real(p.detach()).flatten() for p in n.parameters()]) for n in networks]
        return torch.stack(rows)

    def unpack(self, flat: Tensor) -> dict[str, Tensor]:
        """The parameters of `flat` [..., p] by name, each [..., *shape]; views where real."""
        sizes = [shape.numel() * (1 + (n in self.complex)) for n, shape in self.shapes.items()]
        found = {}
        for (name, shape), part in zip(self.shapes.items(), flat.split(sizes, dim=-1), strict=True):
            if name in self.complex:
                # A view as complex numbers would have to begin at an even place.
                pairs = part.unflatten(-1, (*shape, 2))
                found[name] = torch.complex(pairs[..., 0], pairs[..., 1])
            else:
                found[name] = part.unflatten(-1, shape)
        return found


def _real(param: Tensor) -> Tensor:
    return torch.view_as_real(param) if param.is_complex() else param
