"""The parameters of equal networks as one matrix, so that an optimizer step, a copy of the best
weights and a checkpoint are one operation each, whatever the network is made of.
"""

from collections.abc import Sequence

import torch
from torch import Tensor, nn


class Layout:
    """Where each parameter of `template` is in a row of p numbers."""

    def __init__(self, template: nn.Module) -> None:
        self.shapes = {name: p.shape for name, p in template.named_parameters()}

    def pack(self, networks: Sequence[nn.Module]) -> Tensor:
        """[r, p], a row for each network."""
        rows = [torch.cat([p.detach().flatten() for p in n.parameters()]) for n in networks]
        return torch.stack(rows)

    def unpack(self, flat: Tensor) -> dict[str, Tensor]:
        """Views of `flat` [..., p] by the parameters' names, each [..., *shape]."""
        parts = flat.split([shape.numel() for shape in self.shapes.values()], dim=-1)
        return {
            name: part.unflatten(-1, shape)
            for (name, shape), part in zip(self.shapes.items(), parts, strict=True)
        }
