"""Score a denoised signal against the clean one."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from inr_models.fitting.metrics import psnr_db

FRAME = 1024
"""Samples in a frame of the log-spectral distance."""

FLOOR_DB = 80.0
"""Parts of a spectrum so far below the clean sound's loudest line count as silent."""

IMAGE_SCORES = ("PSNR", "SSIM", "MAE")
SOUND_SCORES = ("PSNR", "LSD")


def scores(output: NDArray, truth: NDArray, shape: tuple[int, ...]) -> dict[str, float]:
    """Return the scores of an output by name: PSNR and LSD of a sound, PSNR, SSIM, MAE of an image.

    Args:
        output: The denoised samples [n, c].
        truth: The clean samples [n, c].
        shape: Samples along each axis.

    Example:
        >>> output = np.zeros((2048, 1))
        >>> sorted(scores(output, output + 0.1, (2048,)))
        ['LSD', 'PSNR']
    """
    psnr = float(psnr_db(np.mean(np.square(output - truth, dtype=np.float64))))
    if len(shape) == 1:
        return {"PSNR": psnr, "LSD": log_spectral_distance(output[:, 0], truth[:, 0])}
    from skimage.metrics import structural_similarity

    pictures = [values.reshape(*shape, -1).astype(np.float64) for values in (output, truth)]
    similarity: Any = structural_similarity(*pictures, data_range=2.0, channel_axis=-1)
    return {
        "PSNR": psnr,
        "SSIM": float(similarity),
        "MAE": float(np.mean(np.abs(pictures[0] - pictures[1]))),
    }


def log_spectral_distance(output: NDArray, truth: NDArray) -> float:
    """Return the log-spectral distance of two sounds in dB, 0 if they are equal.

        LSD = mean over frames of sqrt(mean over frequencies of (P_dB - P'_dB)²)

    Frames are Hann windows of `FRAME` samples that overlap by three quarters. Powers are cut off
    `FLOOR_DB` below the largest of the clean sound (Gray and Markel 1976).

    Args:
        output: Samples [n].
        truth: The clean samples [n].

    Example:
        >>> tone = np.sin(0.3 * np.arange(4096))
        >>> log_spectral_distance(0.1 * tone, tone) < 20.1
        True
    """
    from scipy.signal import stft

    frame = min(FRAME, len(truth))
    options = {"window": "hann", "nperseg": frame, "noverlap": 3 * frame // 4}
    powers = [np.abs(stft(values, **options)[2]) ** 2 for values in (output, truth)]
    floor = powers[1].max() * 10 ** (-FLOOR_DB / 10)
    levels = [10 * np.log10(np.maximum(power, max(floor, 1e-300))) for power in powers]
    return float(np.sqrt(np.mean(np.square(levels[0] - levels[1]), axis=0)).mean())
