"""Spectral centroids."""

import numpy as np
from numpy.typing import NDArray


def spectral_centroid(values: NDArray) -> float:
    """The paper's psi (Eqn. 10) of `values` [n], as a share of Nyquist, in [0, 1].

        psi = 2 * sum_k f_k |y_k| / sum_k |y_k|,   y = rfft(values), f in cycles per sample

    The paper's text says "power spectrum"; its Table 6 is made with MAGNITUDES, one-sided,
    with the mean (DC) included, and that is what this computes. An all-zero signal has no
    spectrum and gives NaN.
    """
    magnitudes = np.abs(np.fft.rfft(np.asarray(values, dtype=np.float64)))
    total = magnitudes.sum()
    if total == 0:
        return float("nan")
    return float(2 * (np.fft.rfftfreq(len(values)) * magnitudes).sum() / total)
