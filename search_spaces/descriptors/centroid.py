"""Compute the paper's psi of sounds [n] and of images [H, W, C]."""

import numpy as np
from numpy.typing import NDArray


def spectral_centroid(values: NDArray) -> float:
    """Return the paper's psi (Eqn. 10) of `values` [n], as a share of Nyquist, in [0, 1].

        psi = 2 * sum_k f_k |y_k| / sum_k |y_k|,   y = rfft(values), f in cycles per sample

    The paper's text says "power spectrum", but its Table 6 uses one-sided MAGNITUDES that include
    the mean (DC), and so does this function. An all-zero signal has no spectrum and gives NaN.

    Example:
        >>> round(spectral_centroid(np.array([1.0, -1.0, 1.0, -1.0])), 6)
        1.0
    """
    magnitudes = np.abs(np.fft.rfft(np.asarray(values, dtype=np.float64)))
    total = magnitudes.sum()
    if total == 0:
        return float("nan")
    return float(2 * (np.fft.rfftfreq(len(values)) * magnitudes).sum() / total)


def raster_centroid(values: NDArray) -> float:
    """Return the paper's psi of an image [H, W, C] as in its Table 6, already divided by C.

        psi = (1/C^2) sum_c spectral_centroid(channel c, row after row)

    It is the mean over channels, divided once more by their number, because Eqn. 11 needs psi/C. It
    is not a 2-D spectrum: variation along a column counts as low frequency.
    """
    pixels = np.asarray(values)
    channels = pixels.shape[-1]
    flat = pixels.reshape(-1, channels)
    return float(np.mean([spectral_centroid(c) for c in flat.T])) / channels
