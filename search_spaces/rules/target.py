"""What a rule may know, and what it answers."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import NamedTuple


@dataclass(frozen=True, kw_only=True)
class Target:
    """A signal's descriptors, an image's (rows, columns), and the network that is to fit it."""

    descriptors: Mapping[str, float]
    num_samples: int
    width: int
    depth: int = 4
    channels: int = 1
    image_shape: tuple[int, int] | None = None

    @property
    def side(self) -> int:
        """Samples along the longest axis: what decides the highest Nyquist frequency."""
        return max(self.image_shape or (self.num_samples,))


class NoiseScales(NamedTuple):
    """A point of SIREN²'s search space (paper, Eqn. 8)."""

    s0: float
    s1: float


Rule = Callable[[Target], NoiseScales]
