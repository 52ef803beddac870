"""What is fitted: a signal, its coordinates, and the crop that makes it from a long recording."""

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from search_spaces.rules.eqn11 import PAPER_SAMPLES

Crop = Literal["head", "loudest"]


@dataclass(frozen=True, kw_only=True)
class Signal:
    """What is fitted, and where it came from. `values` is [n, 1] float32 in [-1, 1].

    `crop` is "head" (the paper's: normalized by the whole file's maximum, first samples) or
    "loudest" (the non-overlapping window of largest mean |x|, normalized by its own
    maximum). `sha256` is of the little-endian float32 samples and tells signals apart.
    """

    name: str
    sha256: str
    source: str
    num_samples: int
    channels: int
    sample_rate: float
    file_samples: int
    crop: Crop
    crop_start: int
    peak: float
    psnr_zero: float
    descriptors: dict[str, float]
    values: NDArray[np.float32] | None = field(default=None, repr=False, compare=False)


def coordinates(num_samples: int) -> NDArray[np.float32]:
    """[n, 1] coordinates of a sound: n points from -1 to 1, both included."""
    return np.linspace(-1, 1, num_samples).astype(np.float32)[:, None]


def crop_policy(max_samples: int) -> Crop:
    """The paper's crop from its own length (150,000 samples) on, the loudest window below."""
    return "head" if max_samples >= PAPER_SAMPLES else "loudest"


def sha256_of(values: NDArray[np.float32]) -> str:
    """Hash of the little-endian float32 samples."""
    return hashlib.sha256(values.astype("<f4").tobytes()).hexdigest()


def take_head(blocks: Iterable[NDArray], max_samples: int) -> tuple[int, NDArray, float]:
    head, kept, peak = [], 0, 0.0
    for block in blocks:
        peak = max(peak, float(np.abs(block).max()))
        if kept < max_samples:
            head.append(block[: max_samples - kept])
            kept += len(head[-1])
    return 0, np.concatenate(head) if head else np.empty(0), peak


def take_loudest(blocks: Iterable[NDArray], max_samples: int) -> tuple[int, NDArray, float]:
    best, best_mean, best_start, start = np.empty(0), -1.0, 0, 0
    for block in blocks:  # a whole number of windows, but for the last
        for at in range(0, len(block), max_samples):
            window = block[at : at + max_samples]
            mean = float(np.abs(window).mean())
            # A shorter window at the end counts only if it is the whole file.
            if mean > best_mean and (len(window) == max_samples or start + at == 0):
                best, best_mean, best_start = window.copy(), mean, start + at
        start += len(block)
    return best_start, best, float(np.abs(best).max()) if len(best) else 0.0
