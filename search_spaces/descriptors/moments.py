"""Describe where in frequency a spectrum lies and how wide it is (Peeters 2004, Sec. 6.1).

With w = |y| (magnitude) or |y|^2 (power) over all lines but DC, and frequency f as a share of
Nyquist:

    centroid mu = sum f w / sum w               spread sigma = sqrt(sum (f - mu)^2 w / sum w)
    skewness = sum (f - mu)^3 w / (sigma^3 sum w),   kurtosis likewise with power 4 (3 if normal)

On real sounds the two centroids differ up to 15-fold, so both are kept. The centroid of magnitudes
is the paper's psi of a sound (Eqn. 10) but for the mean, which psi includes, and for the line at
Nyquist, which counts twice in psi. The centroid of the power is Masri's high-frequency content
(1996) over the power.
"""

import math
from typing import NamedTuple

from search_spaces.descriptors.spectrum import Array, Spectrum, weighted_mean


class Moments(NamedTuple):
    """Centroid and spread in shares of Nyquist; skewness and kurtosis are pure numbers."""

    centroid: float
    spread: float
    skewness: float
    kurtosis: float


def moments(frequency: Array, weights: Array) -> Moments:
    """Return the first four moments. A single line has no spread: skewness and kurtosis are NaN."""
    centroid = weighted_mean(frequency, weights)
    away = frequency - centroid
    spread = math.sqrt(max(weighted_mean(away**2, weights), 0.0))
    # Rounding leaves about this much spread around a single line.
    if not spread > 1e-6:
        return Moments(centroid, spread, math.nan, math.nan)
    unit = away / spread
    third, fourth = (weighted_mean(unit**power, weights) for power in (3, 4))
    return Moments(centroid, spread, third, fourth)


def describe(spectrum: Spectrum) -> dict[str, float]:
    """Return the moments by magnitude and by power."""
    by_magnitude = moments(spectrum.frequency, spectrum.weight * spectrum.magnitude)._asdict()
    by_power = moments(spectrum.frequency, spectrum.weight * spectrum.power)._asdict()
    return by_magnitude | {f"{name}_power": value for name, value in by_power.items()}
