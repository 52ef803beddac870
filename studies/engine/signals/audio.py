"""Read audio files into signals, block by block: a 10-hour file needs no more memory."""

import os
import re
import stat
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import soundfile
from numpy.typing import NDArray

from inr_models.errors import InputError
from inr_models.fitting.metrics import psnr_of_zero_db
from search_spaces.descriptors import describe
from search_spaces.descriptors.bands import bands
from studies.engine.signals.signal import (
    Signal,
    SignalType,
    crop_policy,
    sha256_of,
    take_head,
    take_loudest,
)

MIN_SAMPLES = 256
AUDIO_SUFFIXES = (".wav", ".flac", ".ogg", ".oga", ".aiff", ".aif")
BLOCK_SAMPLES = 1 << 18
# libsndfile knows thirty more formats, and takes files for one that they are not.
_BEGINNINGS = (b"RIFF", b"RIFX", b"RF64", b"fLaC", b"OggS", b"FORM")


def read_audio(path: Path, max_samples: int) -> Signal:
    """Read, mix down, crop and normalize one audio file (paper, Sec. 5.1).

    Channels are averaged, and nothing is resampled. The crop is the paper's if `max_samples` is
    150,000 or more, otherwise the loudest window; see `Signal`.

    Args:
        path: a WAV, FLAC, OGG or AIFF file.
        max_samples: the longest crop.

    Raises:
        InputError: the file is missing, empty, not audio, truncated, too short, silent or
            constant, or holds a sample that is not a finite number.
    """
    crop = crop_policy(max_samples)
    take = take_head if crop == "head" else take_loudest
    with _open(path) as file:
        start, samples, peak = take(_mono_blocks(path, file, max_samples), max_samples)
        rate, total = file.samplerate, file.frames
    if len(samples) < MIN_SAMPLES:
        raise InputError(
            "too-few",
            str(path),
            f"{path}: {len(samples)} samples are too few; give a clip of {MIN_SAMPLES} or more.",
        )
    with np.errstate(invalid="ignore"):
        values = (samples / peak).astype("<f4")
    if not np.abs(values).max() > 0:
        where = "" if peak == 0 or crop == "loudest" else f" in its first {max_samples} samples"
        raise InputError(
            "constant", str(path), f"{path}: the clip is silent{where}; there is nothing to fit."
        )
    if np.ptp(values) == 0:
        raise InputError(
            "constant",
            str(path),
            f"{path}: the {len(values):,} samples from {start:,} on, its crop, are all equal, so "
            "there is no spectrum to suit; give another part.",
        )
    return Signal(
        name=path.stem,
        sha256=sha256_of(values, (len(values),)),
        source=str(path),
        shape=(len(values),),
        channels=1,
        sample_rate=float(rate),
        file_samples=total,
        crop=crop,
        crop_start=start,
        peak=float(peak),
        psnr_zero=psnr_of_zero_db(values),
        descriptors=describe(values),
        bands=bands(values),
        values=values[:, None],
    )


def _mono_blocks(
    path: Path, file: soundfile.SoundFile, max_samples: int
) -> Iterator[NDArray[np.float64]]:
    """Yield blocks that hold a whole number of windows, except the last."""
    size = max_samples * max(1, BLOCK_SAMPLES // max_samples)
    most = max(1, BLOCK_SAMPLES // file.channels)  # a header may claim a thousand channels
    read, more = 0, True
    while more:
        pieces, left = [], size
        while more and left:
            wanted = min(left, most)
            piece = _read(path, file, wanted, read)
            pieces.append(piece.mean(axis=1))
            read, left, more = read + len(piece), left - len(piece), len(piece) == wanted
        if left < size:
            yield np.concatenate(pieces)
    if read < file.frames or _says_truncated(path, file):
        raise _truncated(path, read)


def _read(path: Path, file: soundfile.SoundFile, size: int, start: int) -> NDArray[np.float64]:
    try:
        piece = np.asarray(file.read(size, dtype="float64", always_2d=True), np.float64)
    except soundfile.SoundFileError as error:
        raise _truncated(path, start) from error
    if not np.isfinite(piece).all():
        bad = start + int(np.argmin(np.isfinite(piece).all(axis=1)))
        raise InputError(
            "not-finite",
            str(path),
            f"{path}: sample {bad} is not a finite number; repair or drop the clip.",
        )
    return np.asarray(piece, np.float64)


def _truncated(path: Path, read: int) -> InputError:
    reach = f" (it reads up to sample {read:,})" if read else ""
    return InputError(
        "damaged",
        str(path),
        f"{path}: the file is truncated or damaged{reach}; "
        "get a whole copy, or save what is there as a new file.",
    )


def _says_truncated(path: Path, file: soundfile.SoundFile) -> bool:
    """Return whether the header promises more data than there is, which libsndfile ignores."""
    if file.format == "OGG":
        with path.open("rb") as raw:
            raw.seek(max(0, path.stat().st_size - (1 << 17)))
            tail = raw.read()
        page = tail[max(0, tail.rfind(b"OggS")) :]
        if len(page) < 27 or len(page) < 27 + page[26]:
            return True
        # Flag 4 is on the last page of a stream; the table at 27 gives its segments' sizes.
        return not page[5] & 4 or len(page) < 27 + page[26] + sum(page[27 : 27 + page[26]])
    for promised, there in re.findall(
        r"(?:data|SSND|Riff size)\s*: (\d+) \(should be (\d+)\)", file.extra_info
    ):
        streamed = int(promised) >= 0x7FFFF000  # written to a pipe: the length was not known
        if int(promised) > int(there) and not streamed:
            return True
    return False


def check_regular(path: Path, kind: str) -> None:
    """Raise InputError if `path` is no file, an empty one, or one that may not be read."""
    try:
        status = path.stat()
    except FileNotFoundError as error:
        raise InputError(
            "not-there", str(path), f"{path}: no such file; check the path."
        ) from error
    except OSError as error:
        raise InputError(
            "unreadable", str(path), f"{path}: cannot be opened ({error.strerror}); check the path."
        ) from error
    if not stat.S_ISREG(status.st_mode):
        raise InputError(
            "wrong-kind", str(path), f"{path}: not a file; give {kind} file, a glob or a directory."
        )
    if status.st_size == 0:
        raise InputError("empty", str(path), f"{path}: the file is empty; get a whole copy.")
    if not os.access(path, os.R_OK):
        raise InputError(
            "unreadable",
            str(path),
            f"{path}: cannot be opened (Permission denied); make it readable.",
        )


def _begins_as_audio(path: Path) -> bool:
    with path.open("rb") as raw:
        head = raw.read(10)
        if head[:3] == b"ID3":  # some programs put such a tag before a FLAC's own beginning
            raw.seek(10 + sum((byte & 127) << 7 * (3 - i) for i, byte in enumerate(head[6:])))
            head = raw.read(4)
    return head.startswith(_BEGINNINGS)


def _open(path: Path) -> soundfile.SoundFile:
    check_regular(path, "an audio")
    try:
        if not _begins_as_audio(path):
            raise soundfile.SoundFileRuntimeError("Format not recognised")
        # As bytes, because soundfile refuses a str that is not UTF-8.
        file = soundfile.SoundFile(os.fsencode(path))  # pyright: ignore[reportArgumentType]
    except (soundfile.SoundFileError, OSError) as error:
        reason = re.split(r": |\. ", str(error).rstrip(". "))[-1]
        raise InputError(
            "wrong-kind",
            str(path),
            f"{path}: not readable as audio ({reason}); give WAV, FLAC, OGG or AIFF.",
        ) from error
    if file.frames >= 1 << 62:
        file.close()
        raise InputError(
            "missing",
            str(path),
            f"{path}: its header gives no length, as after a pipe; save it again as a whole file.",
        )
    return file


SOUND = SignalType(
    noun="clip",
    suffixes=AUDIO_SUFFIXES,
    files="your WAV, FLAC, OGG or AIFF files, globs or folders",
    size="longest crop",
    read=read_audio,
)
