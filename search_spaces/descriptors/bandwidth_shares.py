"""Describe how much of the band a spectrum fills, without its mean (DC).

Frequencies are shares of Nyquist, powers |y|^2.
"""

import math

import numpy as np

from search_spaces.descriptors.spectrum import Spectrum, weighted_mean

ROLLOFFS = (50, 85, 95, 99)
ABOVE = (0.1, 0.25, 0.5)
"""Shares of Nyquist above which the energy is counted."""

SPLIT = 0.1
"""The share of Nyquist that separates "low" from "high"."""


def describe(spectrum: Spectrum) -> dict[str, float]:
    """Return descriptors of the bandwidth, by name.

    These are: roll-offs; the share of the power above some shares of Nyquist; the ratio of the low
    band's power to the high band's in dB; the effective bandwidth, (sum |y|^2)^2 / sum |y|^4 over
    the number of lines; and the root-mean-square frequency.
    """
    power = spectrum.weight * spectrum.power
    total, fourth = power.sum(), (power * spectrum.power).sum()
    values = {f"rolloff_{percent}": rolloff(spectrum, percent / 100) for percent in ROLLOFFS}
    for share in ABOVE:
        above = power[spectrum.frequency > share].sum()
        values[f"energy_above_{share:g}"] = float(above / total) if total > 0 else math.nan
    high = power[spectrum.frequency > SPLIT].sum()
    low = total - high
    values["low_to_high_db"] = 10 * math.log10(low / high) if low > 0 and high > 0 else math.nan
    values["effective_bandwidth"] = (
        float(total**2 / fourth / spectrum.weight.sum()) if fourth > 0 else math.nan
    )
    mean_square = weighted_mean(spectrum.frequency**2, power)
    return values | {"rms_frequency": math.sqrt(mean_square)}


def rolloff(spectrum: Spectrum, share: float) -> float:
    """Return the frequency below which `share` of the power without DC lies.

    It is a share of Nyquist (Peeters 2004, Sec. 6.1.6), NaN without any power.
    """
    power = np.cumsum(spectrum.weight * spectrum.power)
    if not len(power) or power[-1] == 0:
        return math.nan
    return float(spectrum.frequency[np.searchsorted(power, share * power[-1])])
