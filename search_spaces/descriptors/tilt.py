"""Describe how a spectrum falls with frequency, without its mean (DC).

- slope: least-squares slope of |y|, scaled to mean 1, over frequency (Peeters 2004, Sec. 6.1.5).
- decrease: sum_k (|y_k| - |y_1|) / (k - 1) / sum_k |y_k|, k from the second line on (Sec. 6.1.7).
- exponent: alpha of |y|^2 ~ 1/f^alpha, from a straight line through log power over log frequency.
  The line is fitted to means over equal steps of log frequency, so that the many high lines do
  not dominate.
"""

import math

import numpy as np

from search_spaces.descriptors.spectrum import Spectrum

BINS = 24
"""The number of steps of log frequency for the exponent."""


def describe(spectrum: Spectrum) -> dict[str, float]:
    """Return slope, decrease and exponent, NaN for a spectrum without lines."""
    magnitude, frequency = spectrum.magnitude, spectrum.frequency
    if len(magnitude) < 3 or not magnitude.sum() > 0:
        return dict.fromkeys(("slope", "decrease", "exponent"), math.nan)
    away = frequency - frequency.mean()
    slope = (away * magnitude).sum() / (away**2).sum() / magnitude.mean()
    steps = np.arange(1, len(magnitude))
    decrease = ((magnitude[1:] - magnitude[0]) / steps).sum() / magnitude[1:].sum()
    return {
        "slope": float(slope),
        "decrease": float(decrease),
        "exponent": _exponent(frequency, spectrum.power),
    }


def _exponent(frequency: np.ndarray, power: np.ndarray) -> float:
    edges = np.geomspace(frequency[0], frequency[-1] * (1 + 1e-9), BINS + 1)
    places = np.digitize(frequency, edges) - 1
    counts = np.bincount(places, minlength=BINS)
    sums = np.bincount(places, power, minlength=BINS)
    logs = np.bincount(places, np.log(frequency), minlength=BINS)
    filled = (counts > 0) & (sums > 0)
    if filled.sum() < 2:
        return math.nan
    x = logs[filled] / counts[filled]
    y = np.log(sums[filled] / counts[filled])
    return float(-np.polyfit(x, y, 1)[0])
