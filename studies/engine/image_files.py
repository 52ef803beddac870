"""From image files and arrays to signals, and the fields that the project makes itself."""

import math
import warnings
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image, UnidentifiedImageError

from inr_models.errors import InputError
from inr_models.metrics import psnr_of_zero_db
from search_spaces.descriptors import describe
from studies.engine.audio_files import check_regular, readable
from studies.engine.riemann import cached_density
from studies.engine.signals import Signal, sha256_of, take_busiest

IMAGE_SUFFIXES = (".png", ".jpg", ".jpeg", ".tif", ".tiff", ".webp", ".npy")
GENERATED = ("riemann",)
"""Names that `--signals` takes in the place of a file: a 2-D Riemann problem's density."""

RIEMANN_SIDE = 512
MAX_PIXELS = 1 << 26
MAX_CHANNELS = 16
MIN_SIDE, MIN_PIXELS = 8, 256

_HALF_RANGES = {"uint8": 127.5, "uint16": 32767.5}


def read_image(path: Path, max_samples: int) -> Signal:
    """An image or array [H, W] or [H, W, C] with values in [-1, 1], or a generated field.

    Whole numbers of 8 and 16 bits are scaled by their type's range, other numbers by their own.
    More than `max_samples` pixels are cropped, see `Signal`; nothing is resampled or rotated. Alpha
    is dropped and a palette resolved, which the signal's notes say.

    Raises:
        InputError: the file is missing, damaged, no such image, too large or small, constant, or
            holds a number that is not finite; CMYK; color of 16 bits, which Pillow would cut to 8.
    """
    notes: tuple[str, ...] = ()
    if str(path) in GENERATED and not path.exists():
        pixels = cached_density(min(RIEMANN_SIDE, math.isqrt(max_samples)))
    elif path.suffix.lower() == ".npy":
        pixels = _load_array(path)
    else:
        pixels, notes = _load_image(path)
    pixels = np.asarray(pixels)
    pixels = pixels[..., None] if pixels.ndim == 2 else pixels
    _check_size(path, *pixels.shape[:2])
    whole = pixels.shape[0] * pixels.shape[1]
    (i, j), taken = ((0, 0), pixels) if whole <= max_samples else take_busiest(pixels, max_samples)
    values, half = _normalized(path, taken)
    shape = (taken.shape[0], taken.shape[1])
    return Signal(
        name=Path(readable(path)).stem,
        sha256=sha256_of(values, shape),
        source=readable(path),
        num_samples=len(values),
        channels=values.shape[1],
        sample_rate=None,
        file_samples=whole,
        crop="whole" if whole <= max_samples else "busiest",
        crop_start=i * pixels.shape[1] + j,
        peak=half,
        psnr_zero=psnr_of_zero_db(values),
        descriptors=describe(values.reshape(*shape, -1)),
        image_shape=shape,
        notes=notes,
        values=values,
    )


def _normalized(path: Path, pixels: NDArray) -> tuple[NDArray[np.float32], float]:
    """[n, c] float32 in [-1, 1], and half the range that became that of 2."""
    if not np.isfinite(pixels).all():
        row, column = map(int, np.argwhere(~np.isfinite(pixels))[0, :2])
        raise InputError(
            f"{path}: the value at row {row}, column {column} is not a finite number; repair or "
            "drop the file."
        )
    low, high = float(pixels.min()), float(pixels.max())
    if low == high:
        raise InputError(f"{path}: all pixels are {low:g}; there is nothing to fit.")
    half = _HALF_RANGES.get(pixels.dtype.name)
    middle = half if half is not None else low / 2 + high / 2
    half = half if half is not None else high / 2 - low / 2
    values = ((pixels.astype(np.float64) - middle) / half).astype("<f4")
    return values.reshape(-1, pixels.shape[2]), half


def _check_size(path: Path, height: int, width: int) -> None:
    if height * width > MAX_PIXELS:
        raise InputError(
            f"{path}: {height:,} x {width:,} pixels are more than the limit of {MAX_PIXELS:,}; "
            "give a part of it."
        )
    if min(height, width) < MIN_SIDE or height * width < MIN_PIXELS:
        raise InputError(
            f"{path}: {height} x {width} pixels are too few; give an image of {MIN_PIXELS} "
            f"pixels or more, {MIN_SIDE} on a side."
        )


def _load_array(path: Path) -> NDArray:
    check_regular(path, "an image")
    try:
        array = np.load(path, mmap_mode="r", allow_pickle=False)
    except (ValueError, OSError, EOFError, SyntaxError) as error:
        raise InputError(
            f"{path}: not readable as an array of numbers; save it with numpy.save."
        ) from error
    is_image = isinstance(array, np.ndarray) and (
        array.ndim == 2 or (array.ndim == 3 and 1 <= array.shape[2] <= MAX_CHANNELS)
    )
    if not is_image:
        raise InputError(
            f"{path}: an array of shape {array.shape}; give height x width, or height x width x "
            f"channels with at most {MAX_CHANNELS} channels."
        )
    if array.dtype.kind not in "fiu" or array.dtype.itemsize > 8:
        raise InputError(f"{path}: an array of {array.dtype}; give whole or floating numbers.")
    _check_size(path, *array.shape[:2])
    return array


def _load_image(path: Path) -> tuple[NDArray, tuple[str, ...]]:
    check_regular(path, "an image")
    try:
        with warnings.catch_warnings():
            # Pillow's own limit is below ours, and it warns where ours refuses.
            warnings.simplefilter("ignore", Image.DecompressionBombWarning)
            with Image.open(path) as image:
                _check_size(path, image.height, image.width)
                return _decoded(path, image)
    except Image.DecompressionBombError as error:
        size = str(error).partition("(")[2].partition(" ")[0]
        raise InputError(
            f"{path}: {int(size):,} pixels are more than the limit of {MAX_PIXELS:,}; give a part "
            "of it."
        ) from error
    except UnidentifiedImageError as error:
        raise InputError(
            f"{path}: not readable as an image; give PNG, JPEG, TIFF, WebP or a NumPy array."
        ) from error
    except InputError:
        raise
    except Exception as error:  # Pillow's plugins raise whatever their format brings about
        raise InputError(f"{path}: the image is damaged or cut short; get a whole copy.") from error


def _decoded(path: Path, image: Image.Image) -> tuple[NDArray, tuple[str, ...]]:
    if image.mode in ("CMYK", "YCbCr", "LAB", "HSV"):
        raise InputError(f"{path}: a {image.mode} image; convert it to RGB or gray first.")
    if image.mode.startswith(("RGB", "LA")) and any(";16" in str(t.args) for t in image.tile):
        raise InputError(
            f"{path}: color of 16 bits, of which only 8 would be read; save it as a NumPy array."
        )
    if image.mode == "I":
        raise InputError(f"{path}: gray of 32 bits; save it as 16 bits or as a NumPy array.")
    notes = []
    if image.mode in ("P", "PA"):
        notes.append(f"{path}: a palette image, read as RGB.")
        image = image.convert("RGBA" if "transparency" in image.info else "RGB")
    if image.mode in ("RGBA", "LA", "PA", "RGBa", "La"):
        notes.append(f"{path}: its alpha channel is left out.")
        image = image.convert("L" if image.mode in ("LA", "La") else "RGB")
    if image.mode == "1":
        image = image.convert("L")
    return np.asarray(image), tuple(notes)
