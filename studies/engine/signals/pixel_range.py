"""Scale pixels to [-1, 1]: by the range of their type, or by the file's own lowest and highest.

    x = 2 (v - low) / (high - low) - 1

The paper scales by the type (0 and 255 become -1 and 1). So a dark picture stays dark, and a PSNR
means the same for every file. Types with a customary range are

    bool                        False to True
    uint8, uint16, int8, int16  the lowest to the highest number of the type
    floats                      0 to 1

The same picture thus has the same samples in each of them. Nobody fills the range of a wider whole
number, and a float outside [0, 1] says nothing about its range. Such files need their own range.
"""

from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from inr_models.errors import InputError

SMALL_SHARE = 0.25
"""A file whose values span at most this share of its type's range gets a note.

14 bits in 16 span just below a quarter, and 12 bits a sixteenth. A photograph of low contrast may
span a half."""

FLAG = "--rescale"


class PixelRange(NamedTuple):
    """The values that become -1 and 1."""

    low: float
    high: float

    @property
    def half(self) -> float:
        """Half of the range, which is one unit of a sample."""
        return self.high / 2 - self.low / 2  # high - low could overflow


class ScaledPixels(NamedTuple):
    """The samples of an image.

    Args:
        values: The samples [n, c] in [-1, 1].
        half: Half of the range that became [-1, 1].
        note: What is odd about the file's values, None if nothing is.
    """

    values: NDArray[np.float32]
    half: float
    note: str | None


def scale_pixels(path: Path, whole: NDArray, crop: NDArray, rescale: bool) -> ScaledPixels:
    """Return the samples of a crop [h, w, c] of the pixels [H, W, C] of a file.

    Args:
        path: The file, for messages.
        whole: All its pixels.
        crop: Those that are fitted.
        rescale: Scale by the lowest and the highest value in `whole`, over all channels.

    Raises:
        InputError: The crop is constant, or one of its channels is zero everywhere. Without
            `rescale` also if the type has no customary range, or the file leaves it.

    Example:
        >>> pixels = np.array([[[0], [51]], [[102], [255]]], np.uint8)
        >>> scaled = scale_pixels(Path("a.png"), pixels, pixels, rescale=False)
        >>> scaled.values.ravel().tolist(), scaled.half
        ([-1.0, -0.6000000238418579, -0.20000000298023224, 1.0], 127.5)
    """
    full = own = PixelRange(float(whole.min()), float(whole.max()))
    if own.half == 0:
        raise _constant(path, crop)
    if not rescale:
        full = _range_of_type(path, whole.dtype, own)
    # By way of [0, 1]: so rounding neither leaves the range nor misses its ends.
    values = 2 * ((crop.astype(np.float64) / 2 - full.low / 2) / full.half) - 1
    values = values.astype("<f4").reshape(-1, crop.shape[2])
    if not np.ptp(values, axis=0).any():
        raise _constant(path, crop)
    zero = np.flatnonzero(~values.any(axis=0))
    if len(zero):
        raise InputError.at(
            "constant",
            path,
            f"channel {zero[0]} is at the middle of the range everywhere and has no "
            "spectrum; leave it out.",
        )
    return ScaledPixels(values, full.half, _small_share_note(whole.dtype, own, full))


def _range_of_type(path: Path, dtype: np.dtype, own: PixelRange) -> PixelRange:
    if dtype.kind in "iu":
        if dtype.itemsize > 2:
            raise InputError.at(
                "unsupported",
                path,
                f"{8 * dtype.itemsize}-bit whole numbers, here {_span(own, dtype)}, have "
                f"no customary range; save it as uint8 or uint16, or add {FLAG} to scale by the "
                "file's own range.",
            )
        limits = np.iinfo(dtype)
        return PixelRange(float(limits.min), float(limits.max))
    if own.low < 0 or own.high > 1:
        raise InputError.at(
            "out-of-range",
            path,
            f"its floating numbers, {_span(own, dtype)}, leave the range 0 to 1; scale "
            f"them to 0 to 1, or add {FLAG} to scale by the file's own range.",
        )
    return PixelRange(0.0, 1.0)


def _small_share_note(dtype: np.dtype, own: PixelRange, full: PixelRange) -> str | None:
    share = own.half / full.half
    if share > SMALL_SHARE:
        return None
    return (
        f"its values, {_span(own, dtype)}, use {100 * share:.2g} % of the range of {dtype.name}, "
        f"{_span(full, dtype)}; add {FLAG} to scale by the file's own range"
    )


def _span(ends: PixelRange, dtype: np.dtype) -> str:
    if dtype.kind in "iu":
        return f"{ends.low:,.0f} to {ends.high:,.0f}"
    # As many digits as the type has: 1.0000001 is not 1.
    return " to ".join(str(dtype.type(end)) for end in ends)


def _constant(path: Path, crop: NDArray) -> InputError:
    color = ", ".join(f"{value:g}" for value in crop.min(axis=(0, 1)).tolist())
    return InputError.at(
        "constant",
        path,
        f"the pixels to fit are all {color}; give an image that varies (alpha does not count).",
    )
