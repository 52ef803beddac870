"""Dimensionless measures of a SIREN²'s noise scales.

s0 means nothing without the number of samples, nor s1 without the width. Angular
frequencies are in rad per unit of coordinate; coordinates run from -1 to 1.
"""

import math


def nyquist(num_samples: int) -> float:
    """Nyquist frequency in rad per unit: pi * n / 2, for n samples along an axis over [-1, 1]."""
    return math.pi * num_samples / 2


def bandwidth(
    s0: float, s1: float, *, width: int, omega_first: float = 30.0, in_features: int = 1
) -> float:
    """Root-mean-square angular frequency K of layer 2 at initialization, in rad per unit.

        K = sqrt(omega_first^2 / (3 d^2) + s0^2) * sqrt(1 + width * s1^2 / 2)

    The first factor is the rms frequency of layer 1 along one of d coordinates: weights
    U(-1/d, 1/d) times omega_first, plus the noise. The second is the standard deviation of layer
    2's pre-activations (paper, Theorem 3.1). Later layers keep K in expectation.
    """
    return math.sqrt((omega_first / in_features) ** 2 / 3 + s0**2) * gain(s1, width=width)


def gain(s1: float, *, width: int) -> float:
    """Standard deviation g of layer 2's pre-activations: sqrt(1 + width * s1^2 / 2)."""
    return math.sqrt(1 + width * s1**2 / 2)


def scales_of(
    bandwidth: float, gain: float, *, width: int, omega_first: float = 30.0, in_features: int = 1
) -> tuple[float, float]:
    """(s0, s1) of a bandwidth K and a gain g of 1 or more: the inverse of the two above.

    A K below g omega_first / (sqrt(3) d), which s0 = 0 has already, is reached by less gain; below
    plain SIREN's, where s0 = s1 = 0, there is nothing.
    """
    floor = omega_first / in_features / math.sqrt(3)
    gain = max(1.0, min(gain, bandwidth / floor))
    s0 = math.sqrt(max((bandwidth / gain) ** 2 - floor**2, 0.0))
    return s0, math.sqrt(2 * (gain**2 - 1) / width)
