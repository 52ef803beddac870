"""Describe how evenly the lines of a spectrum share its power, without the mean (DC).

With p_k = |y_k|^2 / sum |y|^2 over K lines:

- entropy: -sum p log p / log K, 0 for one line, 1 for equal ones (Misra et al. 2004).
- flatness: geometric over arithmetic mean of the power (Johnston 1988), 0 to 1.
- crest: largest line over the mean power, in dB (Peeters 2004, Sec. 6.6).
- participation: 1 / sum p^2, over K: the share of lines that carry the power (inverse
  participation ratio); its inverse is peakiness.
- irregularity: sum (|y_k| - |y_{k+1}|)^2 / sum |y_k|^2 (Jensen 1999).
"""

import math

import numpy as np

from search_spaces.descriptors.spectrum import Spectrum

LEAST = 1e-30
"""The least share of the power, so that a single empty line does not make the flatness 0."""


def describe(spectrum: Spectrum) -> dict[str, float]:
    """Return all of these by name, NaN for a spectrum without power."""
    lines = spectrum.without_mean
    total = lines.power.sum()
    names = ("entropy", "flatness", "crest_db", "participation", "irregularity")
    if len(lines.power) < 2 or not total > 0:
        return dict.fromkeys(names, math.nan)
    share = lines.power / total
    count = len(share)
    known = share[share > 0]
    steps = np.diff(lines.magnitude)
    return {
        "entropy": float(-(known * np.log(known)).sum() / math.log(count)),
        "flatness": float(np.exp(np.log(np.maximum(share, LEAST)).mean()) * count),
        "crest_db": float(10 * math.log10(share.max() * count)),
        "participation": float(1 / (share**2).sum() / count),
        "irregularity": float((steps**2).sum() / total),
    }
