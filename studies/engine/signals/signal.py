"""What is fitted: a signal, its coordinates, and the crop that makes it from a long recording."""

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from inr_models.shown import printable
from search_spaces.rules import Target
from search_spaces.rules.eqn11 import PAPER_SAMPLES

Crop = Literal["head", "loudest", "whole", "busiest"]
Media = Literal["sound", "image"]


@dataclass(frozen=True, kw_only=True)
class Signal:
    """What is fitted, and where it came from. `values` is [n, c] float32 in [-1, 1].

    A sound has one channel; its `crop` is "head" (the paper's: normalized by the whole file's
    maximum, first samples) or "loudest" (the non-overlapping window of largest mean |x|,
    normalized by its own maximum). An image has an `image_shape` (rows, columns) and its pixels
    row by row; its crop is "whole" or "busiest" (the non-overlapping square of largest variance),
    `crop_start` the place of the crop's first pixel. `peak` is what 1 stands for: of a sound the
    maximum of |x|, of its window if that is the "loudest"; of an image half the range of its type,
    or of its values where these are not of 8 or 16 bits. `sha256` is of the little-endian float32
    samples, and of the shape of an image; it tells signals apart. `name` and `source` are
    printable, whatever they were. `bands` are its coarse spectrum (`descriptors.bands`); `notes`
    say what was left out of the file.
    """

    name: str
    sha256: str
    source: str
    num_samples: int
    channels: int
    sample_rate: float | None
    file_samples: int
    crop: Crop
    crop_start: int
    peak: float
    psnr_zero: float
    descriptors: dict[str, float]
    image_shape: tuple[int, int] | None = None
    bands: tuple[float, ...] = field(default=(), repr=False, compare=False)
    notes: tuple[str, ...] = field(default=(), compare=False)
    values: NDArray[np.float32] | None = field(default=None, repr=False, compare=False)

    def __post_init__(self) -> None:
        # Files may be called anything, and rows say what others wrote.
        object.__setattr__(self, "name", printable(self.name))
        object.__setattr__(self, "source", printable(self.source))

    @property
    def shape(self) -> tuple[int, ...]:
        """Samples along each coordinate."""
        return self.image_shape or (self.num_samples,)

    def target(self, width: int, depth: int) -> Target:
        """What a rule is told of the signal, and of the network that is to fit it."""
        return Target(
            descriptors=self.descriptors,
            num_samples=self.num_samples,
            width=width,
            depth=depth,
            channels=self.channels,
            image_shape=self.image_shape,
            bands=self.bands,
            sha256=self.sha256,
        )


def coordinates(shape: tuple[int, ...]) -> NDArray[np.float32]:
    """[n, d] coordinates from -1 to 1, both included, the last one changing fastest."""
    axes = [np.linspace(-1, 1, num).astype(np.float32) for num in shape]
    return np.stack(np.meshgrid(*axes, indexing="ij"), -1).reshape(-1, len(shape))


def crop_policy(max_samples: int) -> Crop:
    """The paper's crop from its own length (150,000 samples) on, the loudest window below."""
    return "head" if max_samples >= PAPER_SAMPLES else "loudest"


def sha256_of(values: NDArray[np.float32], image_shape: tuple[int, int] | None = None) -> str:
    """Hash of the little-endian float32 samples, and of an image's shape."""
    shape = b"" if image_shape is None else repr(tuple(map(int, image_shape))).encode()
    return hashlib.sha256(shape + values.astype("<f4").tobytes()).hexdigest()


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


def take_busiest(pixels: NDArray, max_samples: int) -> tuple[tuple[int, int], NDArray]:
    """(row, column) and pixels of the square of at most `max_samples` that varies most.

    `pixels` [H, W, C] of which an axis is shorter than the square give a smaller window.
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
