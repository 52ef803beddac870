"""Scores of a fit. No torch."""

import numpy as np
from numpy.typing import ArrayLike, NDArray

CURVE_POINTS = 50


def psnr_db(mse: ArrayLike) -> NDArray[np.float64]:
    """Peak signal-to-noise ratio in dB, -10 log10(MSE): peak 1, data in [-1, 1].

    This is the paper's convention. Papers that take the range 2 as the peak report
    20 log10(2) = 6.02 dB more. An MSE of 0 gives infinity; NaN stays NaN.
    """
    with np.errstate(divide="ignore"):
        return -10 * np.log10(np.asarray(mse, dtype=np.float64))


def psnr_of_zero_db(values: ArrayLike) -> float:
    """PSNR in dB of an all-zero output against `values`: what a dead network scores."""
    return float(psnr_db(np.mean(np.square(np.asarray(values, dtype=np.float64)))))


def curve_epochs(last: int) -> NDArray[np.int64]:
    """About `CURVE_POINTS` log-spaced epochs from 0 to `last`, both included."""
    spaced = np.geomspace(1, max(last, 1), CURVE_POINTS).round().astype(np.int64)
    return np.unique(np.concatenate([[0], np.minimum(spaced, last)]))
