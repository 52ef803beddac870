"""Compute the scores of a fit. No torch."""

import numpy as np
from numpy.typing import ArrayLike, NDArray

CURVE_POINTS = 50


def psnr_db(mse: ArrayLike) -> NDArray[np.float64]:
    """Return the peak signal-to-noise ratio in dB, -10 log10(MSE), for a peak of 1.

    This is the paper's convention for data in [-1, 1]. Papers that take the range 2 as the peak
    report 20 log10(2) = 6.02 dB more. An MSE of 0 gives infinity, and NaN gives NaN.

    >>> float(psnr_db(0.01))
    20.0
    """
    with np.errstate(divide="ignore"):
        return -10 * np.log10(np.asarray(mse, dtype=np.float64))


def psnr_of_zero_db(values: ArrayLike) -> float:
    """Return the PSNR in dB of an all-zero output.

    >>> psnr_of_zero_db([0.1, -0.1]), psnr_of_zero_db([1, -1])
    (20.0, 0.0)
    """
    psnr = float(psnr_db(np.mean(np.square(np.asarray(values, dtype=np.float64)))))
    return psnr + 0.0  # a mask of -1 and 1 has 0.0, not -0.0


def psnr_of_constant_db(values: ArrayLike) -> float:
    """Return the PSNR in dB of the best constant output: the mean of each channel.

        psnr = -10 log10(mean over channels of the variance around the channel's mean)

    A network reaches it with its output bias alone. It is never below `psnr_of_zero_db`, and equal
    to it if every channel has the mean 0. It is infinite if no channel varies.

    >>> psnr_of_constant_db([0.4, 0.2])
    20.0

    Args:
        values: Samples of a signal with one channel [n], or of any signal [n, c].
    """
    return float(psnr_db(np.mean(np.var(np.asarray(values, dtype=np.float64), axis=0))))


def curve_epochs(last: int) -> NDArray[np.int64]:
    """Return about `CURVE_POINTS` log-spaced epochs from 0 to `last`, both included.

    >>> curve_epochs(3).tolist()
    [0, 1, 2, 3]
    """
    spaced = np.geomspace(1, max(last, 1), CURVE_POINTS).round().astype(np.int64)
    return np.unique(np.concatenate([[0], np.minimum(spaced, last)]))
