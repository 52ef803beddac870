"""Read a sound file in blocks as one channel: the mean of its channels, or one of them."""

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import soundfile
from numpy.typing import NDArray

from inr_models.errors import Code, InputError
from inr_models.shown import count

BLOCK_SAMPLES = 1 << 18
LARGEST = float(np.finfo(np.float32).max)
"""Sums of larger samples may overflow."""

CANCEL_DB = 40.0
"""A mix that lies further below its channels is mostly their noise."""


class Mix:
    """Reads the mean of a file's channels, or one of them, and notices channels that cancel.

    Args:
        path: the file.
        file: the same, open.
        frames: the number of samples to read, None for all.
        channel: see `read_audio`.

    Raises:
        InputError: the file lacks the channel.
    """

    def __init__(
        self, path: Path, file: soundfile.SoundFile, frames: int | None, channel: int
    ) -> None:
        if not 0 <= channel <= file.channels:
            why = f"{path} has {count(file.channels, 'channel')}, counted from 1."
            raise InputError.of_value("out-of-range", "--channel", channel, why)
        self.path, self.file, self.channel = path, file, channel
        self.frames = file.frames if frames is None else min(frames, file.frames)
        self.read = 0
        self._power = self._mix_power = 0.0

    def blocks(self, max_samples: int) -> Iterator[NDArray[np.float64]]:
        """Yield blocks that hold a whole number of windows, except the last."""
        size = max_samples * max(1, BLOCK_SAMPLES // max_samples)
        most = max(1, BLOCK_SAMPLES // self.file.channels)  # a header may claim 1,000 channels
        more = True
        while more:
            pieces, left = [], size
            while more and left:
                wanted = min(left, most, self.frames - self.read)
                piece = _read(self.path, self.file, wanted, self.read)
                pieces.append(self._mixed(piece))
                self.read, left = self.read + len(piece), left - len(piece)
                more = len(piece) == wanted and self.read < self.frames
            if left < size:
                yield np.concatenate(pieces)
        if self.read < self.frames:
            raise _truncated(self.path, self.read)

    def _mixed(self, piece: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return the mix [n] of a piece [n, channels]."""
        if self.channel:
            return piece[:, self.channel - 1].copy()
        mix = piece.mean(axis=1)
        self._power += float(np.square(piece).mean(axis=1).sum())
        self._mix_power += float(np.square(mix).sum())
        return mix

    @property
    def cancelled(self) -> str:
        """Say by how many dB the channels cancel, if they do; otherwise nothing."""
        if self._power == 0 or self._mix_power > self._power * 10 ** (-CANCEL_DB / 10):
            return ""
        if self._mix_power == 0:
            much = "its channels cancel exactly"
        else:
            below = 10 * np.log10(self._power / self._mix_power)
            much = f"its channels cancel, and their mean lies {below:.0f} dB below them"
        return f"{much}, so take one with --channel 1"


def _read(path: Path, file: soundfile.SoundFile, size: int, start: int) -> NDArray[np.float64]:
    try:
        piece = np.asarray(file.read(size, dtype="float64", always_2d=True), np.float64)
    except soundfile.SoundFileError as error:
        raise _truncated(path, start) from error
    checks: tuple[tuple[NDArray[np.bool_], Code, str], ...] = (
        (~np.isfinite(piece), "not-finite", "is not a finite number; repair or drop the clip."),
        (np.abs(piece) > LARGEST, "out-of-range", "is larger than any sound; scale the clip."),
    )
    for bad, code, what in checks:
        if bad.any():
            at = start + int(np.argmax(bad.any(axis=1)))
            raise InputError.at(code, path, f"sample {at} {what}")
    return piece


def _truncated(path: Path, read: int) -> InputError:
    reach = f" (it reads up to sample {read:,})" if read else ""
    return InputError.at(
        "damaged",
        path,
        f"the file is truncated or damaged{reach}; "
        "get a whole copy, or save what is there as a new file.",
    )
