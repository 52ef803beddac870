"""Choose which part of a long recording or a large image is fitted."""

import math
from collections.abc import Iterable

import numpy as np
from numpy.typing import NDArray

from inr_models.errors import InputError
from search_spaces.rules.eqn11 import PAPER_SAMPLES

MOST_SAMPLES = 1 << 28
"""The longest crop. The activations of its layers would not fit into memory long before."""

WHOLE = "whole"
"""The crop that is the whole file."""


def crop_policy(max_samples: int) -> str:
    """Return the crop of sounds: "head" from the paper's 150,000 samples on, "loudest" below."""
    return "head" if max_samples >= PAPER_SAMPLES else "loudest"


def check_crop(crop: str) -> None:
    """Refuse a crop that is neither a time in seconds nor the whole file.

    Args:
        crop: Seconds into the file, as text, or `WHOLE`. "" for `crop_policy`.

    Raises:
        InputError: It is another text, or a negative or infinite time.
    """
    if crop in ("", WHOLE):
        return
    try:
        is_time = 0 <= float(crop) < math.inf
    except ValueError:
        is_time = False
    if not is_time:
        why = f"give the seconds into the file at which the crop starts, such as 1.5, or {WHOLE}."
        raise InputError.of_value("out-of-range", "--crop", crop, why)


def take_head(
    blocks: Iterable[NDArray], max_samples: int, start: int = 0
) -> tuple[int, NDArray, float]:
    """Return the start, the samples and the peak of the samples from `start` on.

    The paper's crop starts at 0. The peak is the maximum of |x| over the whole file.

    Args:
        blocks: The file [n], in pieces.
        max_samples: Largest number of samples.
        start: The first sample.
    """
    pieces, place, peak = [], 0, 0.0
    for block in blocks:
        peak = max(peak, float(np.abs(block).max()))
        piece = block[max(start - place, 0) : max(start + max_samples - place, 0)]
        if len(piece):
            pieces.append(piece)
        place += len(block)
    return start, np.concatenate(pieces) if pieces else np.empty(0), peak


def take_loudest(blocks: Iterable[NDArray], max_samples: int) -> tuple[int, NDArray, float]:
    """Return the start, the samples and the peak of the window with the largest mean |x|.

    Windows do not overlap. The peak is the maximum of |x| in the window.
    """
    best, best_mean, best_start, start = np.empty(0), -1.0, 0, 0
    for block in blocks:  # each is a whole number of windows, except the last
        for at in range(0, len(block), max_samples):
            window = block[at : at + max_samples]
            mean = float(np.abs(window).mean())
            # A shorter window at the end counts only if it is the whole file.
            if mean > best_mean and (len(window) == max_samples or start + at == 0):
                best, best_mean, best_start = window.copy(), mean, start + at
        start += len(block)
    return best_start, best, float(np.abs(best).max()) if len(best) else 0.0


def take_busiest(pixels: NDArray, max_samples: int) -> tuple[tuple[int, int], NDArray]:
    """Return the (row, column) and the pixels of the square with the largest variance.

    Squares do not overlap. If an axis is shorter than the square, the window is smaller.

    Args:
        pixels: The image [H, W, C].
        max_samples: Largest number of pixels of the square.
    """
    side = int(np.sqrt(max_samples))
    high, wide = (min(side, num) for num in pixels.shape[:2])
    starts = [
        (i, j)
        for i in range(0, pixels.shape[0] - high + 1, high)
        for j in range(0, pixels.shape[1] - wide + 1, wide)
    ]
    variances = [
        pixels[i : i + high, j : j + wide].var(axis=(0, 1), dtype=np.float64).mean()
        for i, j in starts
    ]
    i, j = starts[int(np.argmax(variances))]
    return (i, j), pixels[i : i + high, j : j + wide]
