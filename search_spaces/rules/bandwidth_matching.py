"""Rules that set the bandwidth K of the untrained network, and the gain of its second layer.

    K = share * Nyquist
    s1 = sqrt(2 (g^2 - 1) / width),   s0 = sqrt((K / g)^2 - omega0^2 / (3 d^2))

K is the rms angular frequency of layer 2 and, in expectation, of every later layer; g is the
standard deviation of layer 2's pre-activations (`search_spaces.bandwidth`). Both mean the same at
every length and width, which s0 and s1 do not.
"""

import math
from dataclasses import dataclass
from typing import Literal

from inr_models.errors import InputError
from search_spaces.bandwidth import scales_of
from search_spaces.rules.target import NoiseScales, Target


@dataclass(frozen=True, kw_only=True)
class Constant:
    """The same share of Nyquist and the same gain for every signal."""

    kind: Literal["constant"] = "constant"

    share: float
    gain: float

    def __post_init__(self) -> None:
        check_positive("share", self.share)
        check_gain(self.gain)

    def __call__(self, target: Target) -> NoiseScales:
        return at_share(target, self.share, self.gain)


@dataclass(frozen=True, kw_only=True)
class BandwidthMatching:
    """K is `factor` times a frequency of the target: a descriptor that is a share of Nyquist."""

    kind: Literal["bandwidth"] = "bandwidth"

    descriptor: str
    factor: float
    gain: float

    def __post_init__(self) -> None:
        check_positive("factor", self.factor)
        check_gain(self.gain)

    def __call__(self, target: Target) -> NoiseScales:
        return at_share(target, self.factor * target.descriptor(self.descriptor), self.gain)


def at_share(target: Target, share: float, gain: float) -> NoiseScales:
    """The point of a bandwidth, given as a share of Nyquist, and a gain."""
    return NoiseScales(
        *scales_of(share * target.nyquist, gain, width=target.width, in_features=target.dimensions)
    )


def check_positive(name: str, value: float) -> None:
    """Raises: InputError."""
    if not 0 < value < math.inf:
        raise InputError("out-of-range", name, f"{name} = {value}: give a finite number above 0.")


def check_gain(value: float) -> None:
    """Raises: InputError."""
    if not 1 <= value < math.inf:
        raise InputError("out-of-range", "gain", f"gain = {value}: give a finite number from 1 on.")
