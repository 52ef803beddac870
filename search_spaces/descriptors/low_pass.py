"""How wide a band a fit of a given quality needs.

    low_pass_40 = the least F such that the samples, without all above F, score a PSNR of 40 dB

An ideal low-pass filter at F leaves as mean squared error the power above F; PSNR is -10 log10 of
that, in units of the squared peak: the largest |x| of a sound, half the range of an image. Unlike
a roll-off, which goes by shares of the power, it is of the same quality for every target: a quiet
hiss behind a loud tone counts from the PSNR on at which a fit has to follow it.
"""

import math

import numpy as np
from numpy.typing import NDArray

from search_spaces.descriptors.bandwidth_shares import rolloff
from search_spaces.descriptors.spectrum import Spectrum

QUALITIES = (30, 40, 50, 60)
"""PSNR in dB."""


def peak(values: NDArray) -> float:
    """Of a sound [n] its largest |x|, of an image [h, w, c] half the range of its values."""
    return float(np.abs(values).max() if values.ndim == 1 else np.ptp(values) / 2)


def describe(spectrum: Spectrum, variance: float, peak: float) -> dict[str, float]:
    """Shares of Nyquist: 0 where the mean alone scores as much, NaN of samples that do not vary."""
    if not variance > 0:
        return {f"low_pass_{quality}": math.nan for quality in QUALITIES}
    left = {quality: 10 ** (-quality / 10) * peak**2 / variance for quality in QUALITIES}
    return {
        f"low_pass_{quality}": rolloff(spectrum, 1 - share) if share < 1 else 0.0
        for quality, share in left.items()
    }
