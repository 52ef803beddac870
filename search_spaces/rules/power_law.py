"""Bandwidth and gain as products of powers of descriptors: linear rules, in logarithms.

    K / Nyquist = share * prod_i d_i^p_i,   g = gain * prod_i d_i^q_i

A ridge regression in logarithms is one of these, and so is a formula short enough to remember.
"""

import math
from dataclasses import dataclass
from typing import Literal

from inr_models.errors import InputError
from search_spaces.rules.bandwidth_matching import at_share, check_gain, check_positive
from search_spaces.rules.target import NoiseScales, Target

LEAST = 1e-4
"""Descriptors are taken to be no less: a silent band has a share of 0 and no logarithm."""


@dataclass(frozen=True, kw_only=True)
class Power:
    """A positive descriptor's exponents in the bandwidth and in the gain."""

    descriptor: str
    bandwidth: float
    gain: float = 0.0

    def __post_init__(self) -> None:
        if not (math.isfinite(self.bandwidth) and math.isfinite(self.gain)):
            raise InputError(
                "not-finite", self.descriptor, f"powers of {self.descriptor}: give finite numbers."
            )


@dataclass(frozen=True, kw_only=True)
class PowerLaw:
    """`share` and `gain` where every descriptor is 1; the results are kept within `shares` and
    `gains`, the (low, high) that the fit has seen.
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
            if not low <= high < math.inf:
                raise InputError(
                    "out-of-range",
                    name,
                    f"{name} = ({low}, {high}): give finite bounds with low <= high.",
                )
        check_gain(self.gains[0])

    def __call__(self, target: Target) -> NoiseScales:
        share, gain = self.share, self.gain
        for power in self.powers:
            value = max(target.descriptor(power.descriptor), LEAST)
            share *= value**power.bandwidth
            gain *= value**power.gain
        share, gain = (
            min(max(value, low), high)
            for value, (low, high) in ((share, self.shares), (gain, self.gains))
        )
        return at_share(target, share, gain)

    @property
    def formula(self) -> str:
        """As a person would write it down."""
        of = {"K/Nyquist": (self.share, "bandwidth"), "g": (self.gain, "gain")}
        return ",  ".join(
            " ".join(
                [f"{name} = {factor:.3g}"]
                + [
                    f"{power.descriptor}^{exponent:.2f}"
                    for power in self.powers
                    if (exponent := getattr(power, field))
                ]
            )
            for name, (factor, field) in of.items()
        )
