"""What a rule may know, and what it answers."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import NamedTuple


@dataclass(frozen=True, kw_only=True)
class Target:
    """A signal's descriptors and the network that is to fit it."""

    descriptors: Mapping[str, float]
    num_samples: int
    width: int
    channels: int = 1


class NoiseScales(NamedTuple):
    """A point of SIREN²'s search space (paper, Eqn. 8)."""

    s0: float
    s1: float


Rule = Callable[[Target], NoiseScales]
