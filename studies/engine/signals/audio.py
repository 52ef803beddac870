"""Read audio files into signals, block by block: a 10-hour file needs no more memory."""

import argparse
import os
import re
import stat
from pathlib import Path

import numpy as np
import soundfile
from numpy.typing import NDArray

from inr_models.errors import InputError
from inr_models.shown import count
from studies.engine.signals.channel_mix import Mix
from studies.engine.signals.containers import check_container
from studies.engine.signals.crops import (
    MOST_SAMPLES,
    WHOLE,
    check_crop,
    crop_policy,
    take_head,
    take_loudest,
)
from studies.engine.signals.generated import GENERATED
from studies.engine.signals.measured import measured, notes_about
from studies.engine.signals.signal import Signal, SignalType

MIN_SAMPLES = 256
AUDIO_SUFFIXES = (
    ".wav", ".wave", ".flac", ".ogg", ".oga", ".opus", ".aiff", ".aif", ".aifc",
)  # fmt: skip
STEPS = {"PCM_S8": 2.0**-7, "PCM_U8": 2.0**-7, "PCM_16": 2.0**-15, "PCM_24": 2.0**-23,
         "PCM_32": 2.0**-31}  # fmt: skip
"""One step of each type of samples, as a share of its range."""

FEW_STEPS = 2
"""A signal of so few steps is mostly rounding."""


def read_audio(path: Path, max_samples: int, channel: int = 0, crop: str = "") -> Signal:
    """Read, mix down, crop and normalize one audio file (paper, Sec. 5.1).

    Channels are averaged, and nothing is resampled. Unless `crop` is given, the crop is the paper's
    if `max_samples` is 150,000 or more, otherwise the loudest window; see `Signal`.

    Args:
        path: a WAV, FLAC, OGG or AIFF file, or a name from `generated.GENERATED`.
        max_samples: the longest crop.
        channel: the number of the channel to take, from 1 on; 0 takes the mean of all.
        crop: the seconds into the file at which the crop starts, as text, or "whole" for the whole
            file, whatever `max_samples` is.

    Raises:
        InputError: the file is missing, empty, not audio, damaged, too short, silent or
            constant, contradicts itself, lacks the channel, ends before the crop, or holds a sample
            that is not a finite number.
    """
    check_crop(crop)
    if str(path) in GENERATED and not path.exists():
        if channel > 1:
            why = f"{path} has one channel; leave the flag out."
            raise InputError.of_value("out-of-range", "--channel", channel, why)
        if crop:
            why = f"{path} is computed at any length; leave the flag out, or use --max-samples."
            raise InputError.of_value("unsupported", "--crop", crop, why)
        return _generated(str(path), max_samples)
    check_regular(path, "an audio")
    claims = check_container(path)
    with _open(path) as file:
        mix = Mix(path, file, claims.frames, channel)
        taken, start, samples, peak = _take(mix, max_samples, crop)
        rate, step = file.samplerate, STEPS.get(file.subtype)
    if len(samples) < MIN_SAMPLES:
        raise InputError.at(
            "too-few",
            path,
            f"it has only {count(len(samples), 'sample')}; give a clip of {MIN_SAMPLES} or more.",
        )
    with np.errstate(invalid="ignore"):
        values = (samples / peak).astype("<f4")
    if not np.abs(values).max() > 0:
        raise _silent(path, mix, "" if peak == 0 or taken != "head" else max_samples)
    if np.ptp(values) == 0:
        raise InputError.at(
            "constant",
            path,
            f"the {len(values):,} samples from {start:,} on, its crop, are all equal, so "
            f"there is no spectrum to suit; {mix.cancelled or 'give another part'}.",
        )
    notes = [*claims.notes]
    if mix.cancelled:
        notes.append(mix.cancelled)
    if step and np.ptp(samples) <= FEW_STEPS * step * (1 + 1e-9):
        notes.append(
            f"its crop spans {np.ptp(samples) / step:.2g} steps of {file.subtype}, so it is mostly "
            "rounding"
        )
    return Signal(
        name=f"{path.stem}-channel{channel}" if channel else path.stem,
        source=str(path),
        sample_rate=float(rate),
        file_samples=mix.read,
        crop=taken,
        crop_start=start,
        peak=float(peak),
        notes=notes_about(path, notes),
        **measured(values[:, None], (len(values),)),
    )


def _take(mix: Mix, max_samples: int, crop: str) -> tuple[str, int, NDArray[np.float64], float]:
    """Return the name of the crop, its start, its samples and its peak."""
    policy, path = crop_policy(max_samples), str(mix.path)
    if crop == WHOLE:
        if mix.frames > MOST_SAMPLES:
            why = f"{path} has more than {MOST_SAMPLES:,} samples; cut it, or give its start."
            raise InputError.of_value("too-large", "--crop", crop, why)
        return WHOLE, *take_head(mix.blocks(MOST_SAMPLES), MOST_SAMPLES)
    if not crop:
        take = take_head if policy == "head" else take_loudest
        return policy, *take(mix.blocks(max_samples), max_samples)
    rate = mix.file.samplerate
    first = round(float(crop) * rate)
    start, samples, peak = take_head(mix.blocks(max_samples), max_samples, first)
    if len(samples) < MIN_SAMPLES:
        why = f"{path} lasts {mix.read / rate:.3g} s; leave {MIN_SAMPLES} samples for the crop."
        raise InputError.of_value("out-of-range", "--crop", crop, why)
    # As without the flag, the loudest sample of a short crop is 1, and that of the file otherwise.
    return "start", start, samples, peak if policy == "head" else float(np.abs(samples).max())


def _generated(name: str, num_samples: int) -> Signal:
    """Return a sound that is computed and has no file, at the length asked for."""
    if num_samples < MIN_SAMPLES:
        why = f"give {MIN_SAMPLES} or more."
        raise InputError.of_value("too-few", "--max-samples", num_samples, why)
    values = GENERATED[name](num_samples).astype("<f4")
    return Signal(
        name=name,
        source=name,
        sample_rate=None,
        file_samples=num_samples,
        crop="head",
        crop_start=0,
        peak=1.0,
        **measured(values[:, None], (len(values),)),
    )


def _silent(path: Path, mix: Mix, head: int | str) -> InputError:
    where = f" in its first {head} samples" if head else ""
    return InputError.at(
        "constant",
        path,
        f"the clip is silent{where}; {mix.cancelled or 'there is nothing to fit'}.",
    )


def check_regular(path: Path, kind: str) -> None:
    """Raise InputError if `path` is no file, an empty one, or one that may not be read."""
    try:
        status = path.stat()
    except FileNotFoundError as error:
        raise InputError.at("not-there", path, "no such file; check the path.") from error
    except OSError as error:
        raise InputError.at(
            "unreadable", path, f"cannot be opened ({error.strerror}); check the path."
        ) from error
    if not stat.S_ISREG(status.st_mode):
        raise InputError.at("wrong-kind", path, f"not a file; give {kind} file.")
    if status.st_size == 0:
        raise InputError.at("empty", path, "the file is empty; get a whole copy.")
    if not os.access(path, os.R_OK):
        raise InputError.at(
            "unreadable", path, "cannot be opened (Permission denied); make it readable."
        )


def _open(path: Path) -> soundfile.SoundFile:
    try:
        # As bytes, because soundfile refuses a str that is not UTF-8.
        file = soundfile.SoundFile(os.fsencode(path))  # pyright: ignore[reportArgumentType]
    except (soundfile.SoundFileError, OSError) as error:
        reason = re.split(r": |\. ", str(error).rstrip(". "))[-1]
        raise InputError.at(
            "wrong-kind", path, f"not readable as audio ({reason}); give WAV, FLAC, OGG or AIFF."
        ) from error
    if file.frames >= 1 << 62:
        file.close()
        raise InputError.at(
            "missing",
            path,
            "its header gives no length, as after a pipe; save it again as a whole file.",
        )
    return file


def _channel_number(text: str) -> int:
    """Return the number of a channel from the command line. In a `Scale` 0 stands for the mean."""
    if not text.lstrip("-").isdecimal() or int(text) == 0:
        why = f"{text}: give a whole number of 1 or more, or leave it out for the mean of all"
        raise argparse.ArgumentTypeError(why)
    return int(text)


SOUND = SignalType(
    noun="clip",
    suffixes=AUDIO_SUFFIXES,
    files="your WAV, FLAC, OGG or AIFF files, globs or folders, or S1 to S8, broadband sounds with "
    "less and less low-frequency content, or low_tones and high_tones",
    size="longest crop",
    read=read_audio,
    options={
        "channel": {
            "help": "take this channel, from 1 on, instead of the mean of all",
            "type": _channel_number,
            "metavar": "N",
        },
        "crop": {
            "help": "start the crop so many seconds into each file instead of at its loudest part "
            "(from 150,000 samples on: at its beginning), or fit the whole file",
            "metavar": f"SECONDS|{WHOLE}",
        },
    },
    generated=dict.fromkeys(GENERATED, ""),
)
