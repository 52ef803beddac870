"""Describe how evenly the lines of a spectrum share its power, without the mean (DC).

With p_k = |y_k|^2 / sum |y|^2 over K lines, where the line at Nyquist counts as half a line:

- entropy: -sum p log p / log K, 0 for one line, 1 for equal ones (Misra et al. 2004).
- flatness: geometric over arithmetic mean of the power (Johnston 1988), 0 to 1.
- crest: largest line over the mean power, in dB (Peeters 2004, Sec. 6.6).
- participation: 1 / sum p^2, over K: the share of lines that carry the power (inverse
  participation ratio); its inverse is peakiness.
- irregularity: sum (|y_k| - |y_{k+1}|)^2 / sum |y_k|^2 (Jensen 1999).
"""

import math

import numpy as np

from search_spaces.descriptors.spectrum import Spectrum, weighted_mean

LEAST = 1e-30
"""The least share of the power, so that a single empty line does not make the flatness 0."""


def describe(spectrum: Spectrum) -> dict[str, float]:
    """Return all of these by name, NaN for a spectrum without power."""
    weight = spectrum.weight
    total = (weight * spectrum.power).sum()
    names = ("entropy", "flatness", "crest_db", "participation", "irregularity")
    if len(weight) < 2 or not total > 0:
        return dict.fromkeys(names, math.nan)
    share = spectrum.power / total
    count = weight.sum()
    information = np.log(np.where(share > 0, share, 1))
    steps = np.diff(spectrum.magnitude)
    geometric = np.exp(weighted_mean(np.log(np.maximum(share, LEAST)), weight))
    return {
        "entropy": float(-(weight * share * information).sum() / math.log(count)),
        "flatness": float(geometric * count),
        "crest_db": float(10 * math.log10(share.max() * count)),
        "participation": float(1 / (weight * share**2).sum() / count),
        "irregularity": float((steps**2).sum() / total),
    }
