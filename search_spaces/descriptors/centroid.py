"""The paper's psi: of sounds [n], and of images [H, W, C]."""

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


def raster_centroid(values: NDArray) -> float:
    """The paper's psi of an image [H, W, C], as its Table 6 has it: already divided by C.

        psi = (1/C^2) sum_c spectral_centroid(channel c, row after row)

    The mean over channels, divided once more by their number, as Eqn. 11 asks for. It is no 2-D
    spectrum: it sees columns as low frequencies, whatever is in them.
    """
    pixels = np.asarray(values)
    channels = pixels.shape[-1]
    flat = pixels.reshape(-1, channels)
    return float(np.mean([spectral_centroid(c) for c in flat.T])) / channels
