"""Define rules whose bandwidth and gain are products of powers of descriptors.

    K / Nyquist = share * prod_i d_i^p_i,   g = gain * prod_i d_i^q_i

Such a rule is linear in logarithms. A ridge regression in logarithms is one, and so is a formula
that is short enough to remember.
"""

from dataclasses import dataclass
from typing import Literal

from inr_models.errors import InputError
from search_spaces.rules.bandwidth_matching import (
    at_share,
    check_descriptor,
    check_gain,
    check_positive,
)
from search_spaces.rules.target import NoiseScales, Target

LEAST = 1e-4
"""Smaller descriptors count as this value: a silent band has a share of 0, which has no log."""


LARGEST_POWER = 30
"""A larger power of a descriptor overflows."""


@dataclass(frozen=True, kw_only=True)
class Power:
    """The exponents of a positive descriptor in the bandwidth and in the gain."""

    descriptor: str
    bandwidth: float
    gain: float = 0.0

    def __post_init__(self) -> None:
        check_descriptor(self.descriptor)
        if not max(abs(self.bandwidth), abs(self.gain)) <= LARGEST_POWER:
            raise InputError.at(
                "out-of-range",
                self.descriptor,
                f"give powers from -{LARGEST_POWER} to {LARGEST_POWER}.",
            )


@dataclass(frozen=True, kw_only=True)
class PowerLaw:
    """A product of powers for the bandwidth, and one for the gain.

    Attributes:
        share: K / Nyquist where every descriptor is 1.
        gain: g where every descriptor is 1.
        powers: the descriptors and their exponents.
        shares, gains: (low, high) bounds of the results, the range that the fit has seen.
    """

    kind: Literal["power_law"] = "power_law"

    share: float
    gain: float
    powers: tuple[Power, ...]
    shares: tuple[float, float]
    gains: tuple[float, float]

    def __post_init__(self) -> None:
        check_positive("share", self.share)
        check_positive("gain", self.gain)
        for name in ("shares", "gains"):
            low, high = getattr(self, name)
            check_positive(name, low)
            check_positive(name, high)
            if not low <= high:
                raise InputError.of_value("out-of-range", name, (low, high), "give low <= high.")
        check_gain(self.gains[0])

    def __call__(self, target: Target) -> NoiseScales:
        return at_share(target, *self.share_and_gain(target))

    def share_and_gain(self, target: Target, factor: float = 1.0) -> tuple[float, float]:
        """Return K as a share of Nyquist, times a factor and within the bounds, and g."""
        share, gain = self.share * factor, self.gain
        for power in self.powers:
            value = max(target.descriptor(power.descriptor), LEAST)
            share *= value**power.bandwidth
            gain *= value**power.gain
        return _clipped(share, self.shares), _clipped(gain, self.gains)

    @property
    def formula(self) -> str:
        """The rule as a person would write it down."""
        share, gain = [f"K/Nyquist = {self.share:.3g}"], [f"g = {self.gain:.3g}"]
        for power in self.powers:
            if power.bandwidth:
                share.append(f"{power.descriptor}^{power.bandwidth:.2f}")
            if power.gain:
                gain.append(f"{power.descriptor}^{power.gain:.2f}")
        return f"{' '.join(share)},  {' '.join(gain)}"


def _clipped(value: float, bounds: tuple[float, float]) -> float:
    low, high = bounds
    return min(max(value, low), high)
