"""Read image files and arrays into signals, and generate fields."""

import math
import re
import warnings
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image, UnidentifiedImageError
from PIL.ImageFile import ImageFile

from inr_models.errors import InputError
from search_spaces.rules.target import MIN_SIDE
from studies.engine.signals.audio import check_regular
from studies.engine.signals.crops import take_busiest
from studies.engine.signals.measured import measured, notes_about
from studies.engine.signals.pixel_range import FLAG, scale_pixels
from studies.engine.signals.riemann import cached_density
from studies.engine.signals.signal import Signal, SignalType

IMAGE_SUFFIXES = (".png", ".jpg", ".jpeg", ".tif", ".tiff", ".webp", ".npy")
GENERATED = {"riemann": " (this takes two minutes the first time)"}
"""Names that `--signals` takes instead of a file: the density of a 2-D Riemann problem."""

RIEMANN_SIDE = 512
MAX_PIXELS = 1 << 26
MAX_CHANNELS = 16
MIN_PIXELS = 256

_HEADERS = {
    (1, 0): np.lib.format.read_array_header_1_0,
    (2, 0): np.lib.format.read_array_header_2_0,
}
_FORMATS = ("PNG", "JPEG", "TIFF", "WEBP")  # Pillow starts other programs for some of its others
_READ_AS = {"1": "L", "LA": "L", "P": "RGB", "PA": "RGB", "RGBA": "RGB"}
_KEPT = ("L", "RGB", "F", "I;16", "I;16B")  # Pillow's modes that are arrays as they are
_BITS_PER_SAMPLE, _ORIENTATION = 258, 274  # tags of a TIFF


def read_image(path: Path, max_samples: int, rescale: bool = False) -> Signal:
    """Read an image or an array [H, W] or [H, W, C], or generate a field.

    Pixels are scaled to [-1, 1] by the range of their type, see `pixel_range`. A generated field
    has no such type and is scaled by its own range. More than `max_samples` pixels are cropped, see
    `Signal`. Nothing is resampled or rotated. Alpha and all frames but the first are left out, and
    a palette is resolved: the signal's notes say so. They also name a file that uses only a small
    part of its type's range.

    Args:
        path: a PNG, JPEG, TIFF, WebP or .npy file, or a name from `GENERATED`.
        max_samples: the most pixels.
        rescale: scale by the lowest and the highest value of the whole file, over all channels.

    Raises:
        InputError: the file is missing, damaged, of another format, too large or small, constant,
            or holds a number that is not finite. Also for CMYK, and for color of 16 bits, of which
            Pillow would read only 8. Without `rescale` also for floats outside [0, 1] and for whole
            numbers of more than 16 bits.
    """
    notes = []
    if str(path) in GENERATED and not path.exists():
        pixels = cached_density(min(RIEMANN_SIDE, math.isqrt(max_samples)))
        rescale = True
    elif path.suffix.lower() == ".npy":
        pixels = _load_array(path)
    else:
        pixels, notes = _load_image(path)
    pixels = pixels[..., None] if pixels.ndim == 2 else pixels
    _check_finite(path, pixels)
    whole = pixels.shape[0] * pixels.shape[1]
    (i, j), taken = ((0, 0), pixels) if whole <= max_samples else take_busiest(pixels, max_samples)
    scaled = scale_pixels(path, pixels, taken, rescale)
    if scaled.note:
        notes.append(scaled.note)
    return Signal(
        name=path.stem,
        source=str(path),
        sample_rate=None,
        file_samples=whole,
        crop="whole" if whole <= max_samples else "busiest",
        crop_start=i * pixels.shape[1] + j,
        peak=scaled.half,
        notes=notes_about(path, notes),
        **measured(scaled.values, (taken.shape[0], taken.shape[1])),
    )


def _check_size(path: Path, height: int, width: int) -> None:
    if height * width > MAX_PIXELS:
        raise InputError.at(
            "too-large",
            path,
            f"{height:,} x {width:,} pixels are more than the limit of {MAX_PIXELS:,}; "
            "give a part of it.",
        )
    if min(height, width) < MIN_SIDE or height * width < MIN_PIXELS:
        raise InputError.at(
            "too-few",
            path,
            f"{height} x {width} pixels are too few; give an image of {MIN_PIXELS} "
            f"pixels or more, {MIN_SIDE} on a side.",
        )


def _check_finite(path: Path, pixels: NDArray) -> None:
    rows = max(1, (1 << 20) // pixels[0].size)  # blocks: a mapped array may not fit in memory
    for start in range(0, len(pixels), rows):
        bad = np.argwhere(~np.isfinite(pixels[start : start + rows]))
        if len(bad):
            raise InputError.at(
                "not-finite",
                path,
                f"the value at row {start + bad[0, 0]}, column {bad[0, 1]} is not a finite "
                "number; repair or drop the file.",
            )


def _load_array(path: Path) -> NDArray:
    check_regular(path, "an image")
    try:
        with path.open("rb") as file:
            shape, by_columns, dtype = _HEADERS[np.lib.format.read_magic(file)](file)
            offset = file.tell()
    except Exception as error:  # NumPy evaluates the header and raises anything
        raise InputError.at(
            "wrong-kind", path, "not readable as an array; save it with numpy.save."
        ) from error
    if not (len(shape) == 2 or (len(shape) == 3 and 1 <= shape[2] <= MAX_CHANNELS)):
        raise InputError.at(
            "wrong-kind",
            path,
            f"an array of shape {shape}; give height x width, or height x width x "
            f"channels with the channels last and at most {MAX_CHANNELS}.",
        )
    if dtype.kind not in "fiub" or dtype.itemsize > 8:
        raise InputError.at(
            "wrong-kind",
            path,
            f"an array of {dtype}; give truth values, whole or floating numbers.",
        )
    _check_size(path, *shape[:2])
    try:
        array = np.memmap(path, dtype, "r", offset, shape, "F" if by_columns else "C")
    except (ValueError, OSError) as error:
        raise InputError.at("damaged", path, "the array is cut short; get a whole copy.") from error
    return np.asarray(array)


def _load_image(path: Path) -> tuple[NDArray, list[str]]:
    check_regular(path, "an image")
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # about sizes below our limit, and metadata
            with path.open("rb") as file, Image.open(file, formats=_FORMATS) as image:
                _check_size(path, image.height, image.width)
                return _decoded(path, image)
    except InputError:
        raise
    except Image.DecompressionBombError as error:
        size = re.search(r"\d+", str(error))
        raise InputError.at(
            "too-large",
            path,
            f"{int(size[0]) if size else 2 * MAX_PIXELS:,} pixels are more than the limit "
            f"of {MAX_PIXELS:,}; give a part of it.",
        ) from error
    except UnidentifiedImageError as error:
        raise InputError.at(
            "wrong-kind",
            path,
            "not readable as an image; give PNG, JPEG, WebP or TIFF (gray "
            "or RGB of 8 bits, gray of 16 bits or of floats of 32), or an array of numpy.save.",
        ) from error
    except Exception as error:  # Pillow's plugins raise anything
        raise InputError.at(
            "damaged", path, "the image is damaged or cut short; get a whole copy."
        ) from error


def _decoded(path: Path, file: ImageFile) -> tuple[NDArray, list[str]]:
    bits = getattr(file, "tag_v2", {}).get(_BITS_PER_SAMPLE, (8,))
    deep = max(bits) > 8 or any(";16" in str(tile.args) for tile in file.tile)
    if deep and len(file.getbands()) > 1:
        raise InputError.at(
            "unsupported",
            path,
            "color of 16 bits, of which only 8 would be read; save it as a NumPy array.",
        )
    if file.mode == "I":
        raise InputError.at(
            "unsupported",
            path,
            "whole numbers with a sign or of 32 bits; save it as unsigned 16 bits or as a "
            f"NumPy array and add {FLAG}.",
        )
    if file.mode not in (*_KEPT, *_READ_AS):
        raise InputError.at(
            "unsupported", path, f"a {file.mode} image; convert it to RGB or gray first."
        )
    boxes = [tile.extents or (0, 0, *file.size) for tile in file.tile]
    covered = sum((x1 - x0) * (y1 - y0) for x0, y0, x1, y1 in boxes)
    if file.format == "TIFF" and covered < file.width * file.height:
        raise ValueError("strips are missing, which Pillow would fill with zeros")
    notes = []
    if getattr(file, "is_animated", False):
        notes.append("only the first of its images is read")
    if file.mode in ("P", "PA"):
        notes.append("a palette image, read as RGB")
    if file.has_transparency_data:
        notes.append("its alpha channel is left out")
    orientation = file.getexif().get(_ORIENTATION, 1)
    if orientation in range(2, 9):
        notes.append(
            f"its EXIF orientation of {orientation} is not applied, so it is fitted as stored, "
            "turned or mirrored"
        )
    # Pillow rotates a TIFF by this tag, and no other format. The copy has the size as stored.
    turned = file.format == "TIFF" and file.getexif().pop(_ORIENTATION, None)
    image = file.copy() if turned else file
    if image.mode in _READ_AS:
        image = image.convert(_READ_AS[image.mode])
    pixels = np.asarray(image)
    if max(bits) == 12:
        pixels = pixels / 4095  # Pillow scales 2 and 4 bits to the range of 8, and leaves 12
    return pixels, notes


IMAGE = SignalType(
    noun="image",
    suffixes=IMAGE_SUFFIXES,
    files="your PNG, JPEG, TIFF, WebP or .npy files, globs or folders, or riemann, the density of "
    "a 2-D Riemann problem",
    size="pixels of the largest crop",
    read=read_image,
    options={
        "rescale": {
            "help": "scale each image by its own lowest and highest value, not by the range of its "
            "type",
            "action": "store_true",
        }
    },
    generated=GENERATED,
)
