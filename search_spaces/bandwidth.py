"""Convert the noise scales of SIREN² to a bandwidth and a gain, and back.

s0 has a meaning only beside the number of samples, and s1 only beside the width. Bandwidth and gain
mean the same for all signals and widths. Angular frequencies are in rad per unit of coordinate, and
coordinates run from -1 to 1.
"""

import math


def nyquist(num_samples: int) -> float:
    """Return the Nyquist frequency in rad per unit, pi * n / 2, of n samples over [-1, 1]."""
    return math.pi * num_samples / 2


def bandwidth(
    s0: float, s1: float, *, width: int, omega_first: float = 30.0, in_features: int = 1
) -> float:
    """Return the root-mean-square angular frequency K of layer 2 at initialization.

        K = sqrt(omega_first^2 / (3 d^2) + s0^2) * sqrt(1 + width * s1^2 / 2)

    The first factor is the rms frequency of layer 1 along one of d coordinates: weights
    U(-1/d, 1/d) times omega_first, plus the noise. The second is the standard deviation of layer
    2's pre-activations (paper, Theorem 3.1). Later layers keep K in expectation.

    Args:
        s0: scale of the first layer's noise, in rad per unit.
        s1: scale of the second layer's noise.
        width: features of a hidden layer.
        omega_first: the first layer's factor.
        in_features: the number d of coordinates.

    Returns:
        K in rad per unit.

    Example:
        >>> bandwidth(0.0, 0.0, width=52)
        17.320508075688775
    """
    return math.sqrt((omega_first / in_features) ** 2 / 3 + s0**2) * gain(s1, width=width)


def gain(s1: float, *, width: int) -> float:
    """Return the standard deviation g of layer 2's pre-activations, sqrt(1 + width * s1^2 / 2)."""
    return math.sqrt(1 + width * s1**2 / 2)


def scales_of(
    bandwidth: float, gain: float, *, width: int, omega_first: float = 30.0, in_features: int = 1
) -> tuple[float, float]:
    """Return the (s0, s1) that have a bandwidth K and a gain g: the inverse of the functions above.

    At s0 = 0 the bandwidth is g omega_first / (sqrt(3) d) already. A lower K gets a smaller gain
    than was asked for. The lowest K is that of plain SIREN, where s0 = s1 = 0.

    Args:
        bandwidth: K in rad per unit.
        gain: g, at least 1.
        width: features of a hidden layer.
        omega_first: the first layer's factor.
        in_features: the number d of coordinates.
    """
    floor = omega_first / in_features / math.sqrt(3)
    gain = max(1.0, min(gain, bandwidth / floor))
    s0 = math.sqrt(max((bandwidth / gain) ** 2 - floor**2, 0.0))
    return s0, math.sqrt(2 * (gain**2 - 1) / width)
