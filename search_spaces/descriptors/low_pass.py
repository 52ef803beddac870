"""Describe how wide a band a fit of a given quality needs.

    low_pass_40 = the least F such that the samples' lines up to F have a PSNR of 40 dB

The mean squared error of an ideal low-pass filter at F is the power above F. PSNR is -10 log10 of
this error in units of the squared peak, which is the largest |x| of a sound and half the range of
an image. A roll-off counts shares of the power; `low_pass` means the same quality for every target.
A quiet hiss behind a loud tone counts only at PSNRs that a fit cannot reach without it.
"""

import math

import numpy as np
from numpy.typing import NDArray

from search_spaces.descriptors.spectrum import Spectrum

QUALITIES = (30, 40, 50, 60)
"""The qualities, as PSNR in dB."""


def peak(values: NDArray) -> float:
    """Return the largest |x| of a sound [n], or half the range of an image [h, w, c]."""
    return float(np.abs(values).max() if values.ndim == 1 else np.ptp(values) / 2)


def describe(spectrum: Spectrum, variance: float, peak: float) -> dict[str, float]:
    """Return the bandwidth for each quality, as shares of Nyquist, by name.

    It is 0 if the mean alone has this quality, and NaN if the samples do not vary.

    Args:
        spectrum: Of the samples.
        variance: Of the samples.
        peak: See `peak`.
    """
    if not variance > 0:
        return {f"low_pass_{quality}": math.nan for quality in QUALITIES}
    power = spectrum.weight * spectrum.power
    # Summing from the top keeps small remainders exact. above[k] is the power from line k on.
    above = np.append(np.cumsum(power[::-1])[::-1], 0.0)
    frequency = np.insert(spectrum.frequency, 0, 0.0)
    bandwidths = {}
    for quality in QUALITIES:
        allowed = 10 ** (-quality / 10) * peak**2 / variance * above[0]
        bandwidths[f"low_pass_{quality}"] = float(frequency[np.argmax(above <= allowed)])
    return bandwidths
