"""Read the clean version of a noisy signal from a file of its own."""

from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from inr_models.errors import InputError
from studies.engine.signals.crops import MOST_SAMPLES
from studies.engine.signals.signal import Reader, Signal

EQUAL_WITHIN = 1e-5
"""Two signals in [-1, 1] whose root mean square difference is smaller are one, up to rounding."""


def clean_version(noisy: Signal, path: Path, read: Reader) -> NDArray[np.float32]:
    """Return the clean samples [n, c] of a noisy signal, cropped and scaled as the noisy ones.

    Args:
        noisy: The noisy signal, with its samples.
        path: The file of the clean one. It has as many samples as the file of the noisy one.
        read: Reads it.

    Raises:
        InputError: The file cannot be read. Or its size differs, its pixels are of another type, or
            its samples are those of the noisy signal.
    """
    clean = read(path, MOST_SAMPLES)
    assert clean.values is not None, "it has just been read"
    assert noisy.values is not None, "a signal travels with its samples"
    sizes = (clean.file_samples, clean.channels), (noisy.file_samples, noisy.channels)
    if sizes[0] != sizes[1]:
        what = " and ".join(f"{num:,} samples of {channels} channels" for num, channels in sizes)
        why = f"it and {noisy.source} have {what}; give the clean version of this very signal."
        raise InputError.at("conflict", path, why)
    values = clean.values.reshape(*clean.shape, clean.channels)
    if len(clean.shape) == 2:
        if clean.peak != noisy.peak:
            why = f"its pixels have another range than those of {noisy.source}; give one type."
            raise InputError.at("conflict", path, why)
        whole = read(Path(noisy.source), MOST_SAMPLES)
        if clean.shape != whole.shape:
            given, own = (" x ".join(map(str, one.shape)) for one in (clean, whole))
            why = f"it has {given} pixels and {noisy.source} {own}; give images of one size."
            raise InputError.at("conflict", path, why)
        row, column = divmod(noisy.crop_start, clean.shape[1])
        height, width = noisy.shape
        cropped = values[row : row + height, column : column + width]
    else:
        cropped = values[noisy.crop_start : noisy.crop_start + noisy.num_samples]
        in_units = cropped.astype(np.float64) * clean.peak + clean.offset
        cropped = (in_units - noisy.offset) / noisy.peak
    truth = cropped.reshape(-1, clean.channels).astype(np.float32)
    if np.sqrt(np.mean(np.square(truth - noisy.values, dtype=np.float64))) < EQUAL_WITHIN:
        why = f"its samples are those of {noisy.source}, so it is not the clean version; give that."
        raise InputError.at("conflict", path, why)
    return truth
