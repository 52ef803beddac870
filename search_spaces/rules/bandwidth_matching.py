"""Define rules that set the bandwidth K of the untrained network, and the gain of its second layer.

    K = share * Nyquist
    s1 = sqrt(2 (g^2 - 1) / width),   s0 = sqrt((K / g)^2 - omega0^2 / (3 d^2))

K is the rms angular frequency of layer 2 and, in expectation, of every later layer. g is the
standard deviation of layer 2's pre-activations (`search_spaces.bandwidth`). Unlike s0 and s1, both
mean the same at every length and width.
"""

from dataclasses import dataclass
from typing import Literal

from inr_models.errors import InputError
from search_spaces.bandwidth import scales_of
from search_spaces.descriptors import DESCRIPTORS
from search_spaces.rules.target import NoiseScales, Target


@dataclass(frozen=True, kw_only=True)
class Constant:
    """Every signal gets the same share of Nyquist and the same gain."""

    kind: Literal["constant"] = "constant"

    share: float
    gain: float

    def __post_init__(self) -> None:
        check_positive("share", self.share)
        check_gain(self.gain)

    def __call__(self, target: Target) -> NoiseScales:
        return at_share(target, self.share, self.gain)

    @property
    def formula(self) -> str:
        """The rule as a person would write it down."""
        return f"K = {self.share:g} Nyquist,   g = {self.gain:g}"


@dataclass(frozen=True, kw_only=True)
class BandwidthMatching:
    """K is `factor` times a descriptor that is a frequency, as a share of Nyquist.

    Example:
        >>> rule = BandwidthMatching(descriptor="psi", factor=0.65, gain=5.2)
        >>> s0, s1 = rule(Target.of(samples, width=52))
    """

    kind: Literal["bandwidth"] = "bandwidth"

    descriptor: str
    factor: float
    gain: float

    def __post_init__(self) -> None:
        check_descriptor(self.descriptor)
        check_positive("factor", self.factor)
        check_gain(self.gain)

    def __call__(self, target: Target) -> NoiseScales:
        return at_share(target, self.factor * target.descriptor(self.descriptor), self.gain)

    @property
    def formula(self) -> str:
        """The rule as a person would write it down."""
        return f"K = {self.factor:g} {self.descriptor} Nyquist,   g = {self.gain:g}"


def at_share(target: Target, share: float, gain: float) -> NoiseScales:
    """Return the point that has a bandwidth, given as a share of Nyquist, and a gain."""
    return NoiseScales(
        *scales_of(share * target.nyquist, gain, width=target.width, in_features=target.dimensions)
    )


def check_descriptor(name: str) -> None:
    """Raise InputError if no descriptor has this name."""
    if name not in DESCRIPTORS:
        raise InputError.of_value(
            "unknown-name", "descriptor", repr(name), f"give one of {', '.join(DESCRIPTORS)}."
        )


LARGEST = 1e6
"""No constant of a rule is larger. None that must be above 0 is smaller than its inverse. Scales
would leave single precision."""


def check_positive(name: str, value: float) -> None:
    """Raise InputError if a number is not above 0, or is out of the range of `LARGEST`."""
    if not 1 / LARGEST <= value <= LARGEST:
        why = f"give a number from {1 / LARGEST:g} to {LARGEST:g}."
        raise InputError.of_value("out-of-range", name, value, why)


def check_gain(value: float) -> None:
    """Raise InputError if a gain is not at least 1, or is larger than `LARGEST`."""
    if not 1 <= value <= LARGEST:
        why = f"give a number from 1 to {LARGEST:g}."
        raise InputError.of_value("out-of-range", "gain", value, why)
