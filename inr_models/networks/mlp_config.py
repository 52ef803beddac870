"""What the configs of all networks share: their sizes, and what follows from these.

A config is a value and needs no torch, so that trials are planned, keyed and counted without it.
Torch is imported where a network is built.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING, ClassVar

from inr_models.checks import check_counts

if TYPE_CHECKING:
    import torch
    from torch import nn

    from inr_models.networks.coordinate_mlp import CoordinateMLP


@dataclass(frozen=True, kw_only=True)
class MlpConfig:
    """A network of `depth` hidden layers of `width` features; one subclass a network.

    Raises:
        InputError: a size below 1.
    """

    network: ClassVar[str]
    """Its name, which rows have."""
    is_complex: ClassVar[bool] = False
    """Whether all layers but the first are."""

    width: int
    depth: int

    def __post_init__(self) -> None:
        check_counts(self, "width", "depth")

    @property
    def structure(self) -> tuple[object, ...]:
        """What networks share that can train as one stack."""
        return self.network, self.width, self.depth

    def encoded(self, in_features: int) -> int:
        """Features of the encoded coordinates."""
        return in_features

    def sizes(self, in_features: int, out_features: int) -> list[int]:
        """Features from layer to layer, those of the encoded coordinates first."""
        return [self.encoded(in_features), *[self.width] * self.depth, out_features]

    def num_parameters(self, *, in_features: int, out_features: int) -> int:
        """Trainable numbers of the network; a complex one is two."""
        first, *later = ((a + 1) * b for a, b in pairwise(self.sizes(in_features, out_features)))
        return first + sum(later) * (2 if self.is_complex else 1)

    def flops_per_sample(self, *, in_features: int, out_features: int) -> int:
        """Floating-point operations of the matrix products of one sample's update.

        A product with a weight is two of them, eight between complex numbers: forward, back
        to the weights, and from all layers but the first back to the features.
        """
        first, *later = (a * b for a, b in pairwise(self.sizes(in_features, out_features)))
        return 2 * 2 * first + 3 * (8 if self.is_complex else 2) * sum(later)

    def build(self, in_features: int, out_features: int) -> CoordinateMLP:
        """The network, its weights and biases not yet set."""
        from inr_models.networks.coordinate_mlp import CoordinateMLP, dense

        linears = dense(self.sizes(in_features, out_features), is_complex=self.is_complex)
        encoding = self.encoding(in_features)
        return CoordinateMLP(in_features, out_features, linears, self.activations(), encoding)

    def encoding(self, in_features: int) -> nn.Module | None:
        """Of the coordinates, if there is one."""

    def activations(self) -> Sequence[nn.Module]:
        """Of the hidden layers."""
        raise NotImplementedError

    def initialize(self, network: CoordinateMLP, generator: torch.Generator) -> None:
        """Set every weight and bias of `network` in place, where torch records no gradients."""
        raise NotImplementedError
