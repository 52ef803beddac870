"""Read what is to be represented: a file, an array or a tensor, whole and with all channels."""

import os
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import soundfile
from numpy.typing import NDArray

from inr_models.checks import check_between
from inr_models.errors import InputError
from inr_models.shown import count, first_line
from search_spaces.rules.target import MIN_SIDE
from search_spaces.samples import array_of, with_channels
from studies.engine.signals.audio import check_regular
from studies.engine.signals.containers import check_container
from studies.engine.signals.images import read_image
from studies.engine.signals.reading import type_of_file

WHOLE = 1 << 28
"""More samples than a file may have, so that it is read whole."""

HIGHEST_RATE = 2**31 - 1
"""The highest sample rate, in Hz, that a file can have."""

MIN_SAMPLES = 32
"""The fewest samples of a sound."""


class Source(NamedTuple):
    """Hold the values to represent, scaled to [-1, 1].

    A value in the units of the file or the array is `scaled * scale + offset`.

    Args:
        name: What messages call it.
        values: A sound [n, c], or an image [h, w, c], float32.
        sample_rate: In Hz, None if it is not known.
        scale: See above.
        offset: See above.
    """

    name: str
    values: NDArray[np.float32]
    sample_rate: float | None
    scale: float
    offset: float


def read_source(given: Any, sample_rate: float | None = None) -> Source:
    """Return a source from a path, an array or a tensor.

    Args:
        given: The path of a sound (WAV, FLAC, OGG, AIFF) or of an image. Or an array or a tensor:
            [n] or [n, c] with fewer than `MIN_SIDE` channels for a sound, [h, w] or [h, w, c] for
            an image.
        sample_rate: That of an array, in Hz.

    Raises:
        InputError: The file cannot be read, or the array has no such shape, or values that are not
            finite. Or there is a sample rate for a file.
    """
    if sample_rate is not None:
        check_rate("sample_rate", sample_rate)
    if isinstance(given, str | os.PathLike):
        path = Path(given).expanduser()
        if sample_rate is not None:
            why = f"only an array takes one; leave it out for {path.name}."
            raise InputError.at("conflict", "sample_rate", why)
        if type_of_file(path) == "image":
            return _from_image(path)
        return _from_sound(path)
    return _from_array(given, sample_rate)


def check_rate(name: str, rate: Any) -> None:
    """Refuse what is no sample rate of a file: a number of Hz from 1 to `HIGHEST_RATE`.

    Raises:
        InputError: It is something else.
    """
    is_number = isinstance(rate, int | float | np.number) and not isinstance(rate, bool)
    if not is_number:
        raise InputError.of_value("wrong-kind", name, repr(rate), "give a number of Hz.")
    check_between(name, float(rate), 1, HIGHEST_RATE)


def _from_sound(path: Path) -> Source:
    check_regular(path, "an audio")
    check_container(path)
    try:
        samples, rate = soundfile.read(path, dtype="float32", always_2d=True)
    except (soundfile.SoundFileError, OSError) as error:
        why = f"not readable as sound ({first_line(error).rstrip('.')}); convert it to WAV."
        raise InputError.at("wrong-kind", path, why) from error
    return _scaled_sound(path.name, samples, float(rate))


def _scaled_sound(name: str, samples: NDArray, rate: float | None) -> Source:
    if len(samples) < MIN_SAMPLES:
        why = f"it has only {count(len(samples), 'sample')}; give {MIN_SAMPLES} or more."
        raise InputError.at("too-few", name, why)
    if not np.isfinite(samples).all():
        raise InputError.at("not-finite", name, "some samples are not finite; repair them.")
    peak = float(np.abs(samples).max()) or 1.0
    return Source(name, (samples / peak).astype(np.float32), rate, peak, 0.0)


def _from_image(path: Path) -> Source:
    image = read_image(path, WHOLE)
    assert image.values is not None, "it has just been read"
    values = image.values.reshape(*image.shape, image.channels)
    return Source(path.name, values, None, 1.0, 0.0)


def _from_array(given: Any, sample_rate: float | None) -> Source:
    name = "array"
    array = array_of(given, name)
    if array.ndim not in (1, 2, 3) or 0 in array.shape:
        why = (
            f"shape {array.shape} of {array.dtype}; give [n], [n, c], [h, w] or [h, w, c] numbers."
        )
        raise InputError.at("wrong-kind", name, why)
    values = with_channels(array).astype(np.float64)
    if values.ndim == 2:
        return _scaled_sound(name, values, sample_rate)
    if min(values.shape[:2]) < MIN_SIDE:
        why = f"shape {array.shape}: an image has {MIN_SIDE} pixels or more on a side."
        raise InputError.at("too-few", name, why)
    if not np.isfinite(values).all():
        raise InputError.at("not-finite", name, "some values are not finite; repair them.")
    low, high = float(values.min()), float(values.max())
    half = (high - low) / 2 or 1.0
    offset = (high + low) / 2
    return Source(name, ((values - offset) / half).astype(np.float32), None, half, offset)
