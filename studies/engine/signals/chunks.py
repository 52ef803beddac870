"""Check the chunks of WAV and AIFF files: what a header promises against what follows it."""

import re
import struct
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO, NamedTuple

from inr_models.errors import InputError
from studies.engine.signals.claims import Claims, damaged

STREAMED = (0xFFFFFFFF, 0x7FFFFFFF, 0x7FFFF000, 0x80000000)
"""Sizes that writers to a pipe leave in a header, because they do not know the length."""

HEADER_BYTES = 128
"""Some of these writers subtract the size of the header, or add it."""

PCM, IEEE_FLOAT, MPEG, MP3, EXTENSIBLE = 1, 3, 0x50, 0x55, 0xFFFE
"""Codecs of a WAV file."""

KNOWN = (b"data", b"fmt ", b"fact", b"LIST", b"bext", b"id3 ", b"cue ", b"smpl", b"SSND", b"COMM")
"""Frequent names of chunks."""


class _Chunk(NamedTuple):
    name: bytes
    at: int
    size: int


def _chunks(path: Path, file: BinaryIO, order: str, end: int) -> Iterator[_Chunk]:
    """Yield the chunks of a RIFF or IFF file with the place of their content, up to a broken one.

    Raises:
        InputError: A chunk of odd length lacks its pad byte, so that the next cannot be found.
    """
    at = 12
    while at + 8 <= end:
        file.seek(at)
        name, size = struct.unpack(f"{order}4sI", file.read(8))
        if not _is_name(name):
            return
        yield _Chunk(name, at + 8, size)
        at += 8 + size
        if size % 2 and at + 8 <= end:
            file.seek(at)
            behind = file.read(9)
            if behind[:4] in KNOWN and behind[1:5] not in KNOWN:
                raise InputError.at(
                    "damaged",
                    path,
                    f"its chunk {name.decode()!r} has an odd length of {size:,} bytes and "
                    "no pad byte behind it, so a reader cannot find the next chunk; save the file "
                    "again.",
                )
            at += 1


def _is_name(name: bytes) -> bool:
    return re.fullmatch(rb"[ -~]{4}", name) is not None and name.strip() != b""


def _is_streamed(size: int) -> bool:
    return any(abs(size - mark) <= HEADER_BYTES for mark in STREAMED)


def check_wav(path: Path, file: BinaryIO, kind: bytes) -> Claims:
    end = path.stat().st_size
    order = ">" if kind == b"RIFX" else "<"
    file.seek(4)
    (riff_size,) = struct.unpack(f"{order}I", file.read(4).ljust(4, b"\0"))
    codec, align, per_block = None, 1, 1
    fact = data = long_size = None
    for chunk in _chunks(path, file, order, end):
        file.seek(chunk.at)
        if data is not None and chunk.name in (b"RIFF", b"RIFX", b"RF64"):
            raise _second_file(path, chunk)
        if chunk.name == b"fmt ":
            header = file.read(20).ljust(20, b"\0")
            codec, _, rate, _, align, _, _, per_block = struct.unpack(f"{order}HHIIHHHH", header)
            _check_format(path, codec, rate)
        elif chunk.name == b"fact" and chunk.size >= 4:
            (fact,) = struct.unpack(f"{order}I", file.read(4).ljust(4, b"\0"))
        elif chunk.name == b"ds64" and chunk.size >= 16:
            (long_size,) = struct.unpack(f"{order}8xQ", file.read(16).ljust(16, b"\0"))
        elif chunk.name == b"data":
            if data is not None:
                raise InputError.at(
                    "damaged",
                    path,
                    "it has two data chunks; save the part that you mean as a new file.",
                )
            data = chunk
            if long_size is not None and chunk.size == 0xFFFFFFFF:
                data = chunk._replace(size=long_size)
            _check_data(path, file, data, end)
            if data.at + data.size > end:
                break
    if not _is_streamed(riff_size) and riff_size + 8 > end + 1:
        raise damaged(path, f"its header promises {riff_size + 8:,} bytes, and it has {end:,}")
    frames = None
    if data and fact and codec not in (PCM, IEEE_FLOAT, EXTENSIBLE) and align:
        # The last block of these codecs is filled up. Some writers count samples in another way, so
        # the count is believed only if it ends in the last block.
        decoded = -(-min(data.size, end - data.at) // align) * per_block
        if 0 <= decoded - fact < per_block:
            frames = fact
    return Claims(frames)


def _second_file(path: Path, chunk: _Chunk) -> InputError:
    return InputError.at(
        "damaged",
        path,
        f"a second file begins at byte {chunk.at - 8:,}, behind the first; split them.",
    )


def _check_format(path: Path, codec: int, rate: int) -> None:
    if codec in (MPEG, MP3):
        raise InputError.at(
            "wrong-kind",
            path,
            "a WAV file with MP3 inside, which is not read; save it as WAV (PCM) or FLAC.",
        )
    if rate == 0:
        raise InputError.at(
            "damaged", path, "its header has a sample rate of 0; save the file again."
        )


def _cut_short(path: Path, promised: int, following: int) -> InputError:
    return damaged(
        path, f"its header promises {promised:,} bytes of data, and {following:,} follow"
    )


def _check_data(path: Path, file: BinaryIO, data: _Chunk, end: int) -> None:
    following = end - data.at
    if data.size > following and not _is_streamed(data.size):
        raise _cut_short(path, data.size, following)
    if data.size == 0 and following > 8:
        file.seek(data.at)
        name, size = struct.unpack("<4sI", file.read(8))
        if not (_is_name(name) and size <= following):
            raise InputError.at(
                "damaged",
                path,
                f"its header says 0 bytes of data, but {following:,} bytes follow, as after a "
                "recorder that lost power; repair the header, for example with "
                "`ffmpeg -i in.wav out.wav` or `sox --ignore-length in.wav out.wav`.",
            )


AIFF_BYTES = {b"NONE": None, b"sowt": None, b"twos": None, b"fl32": 4, b"FL32": 4, b"fl64": 8,
              b"FL64": 8, b"ulaw": 1, b"ULAW": 1, b"alaw": 1, b"ALAW": 1, b"raw ": 1}  # fmt: skip
"""Bytes of a sample of AIFF-C codecs. None: those that hold the header's bits."""


def check_aiff(path: Path, file: BinaryIO) -> Claims:
    end = path.stat().st_size
    file.seek(8)
    is_compressed = file.read(4) == b"AIFC"
    wanted = sound = None
    for chunk in _chunks(path, file, ">", end):
        file.seek(chunk.at)
        if sound is not None and chunk.name == b"FORM":
            raise _second_file(path, chunk)
        if chunk.name == b"COMM" and chunk.size >= 18:
            content = file.read(22).ljust(22, b"\0")
            channels, frames, bits = struct.unpack(">hIh", content[:8])
            codec = content[18:22] if is_compressed else b"NONE"
            if codec in AIFF_BYTES:
                size = AIFF_BYTES[codec] or (bits + 7) // 8
                wanted = max(channels, 0) * frames * size
        elif chunk.name == b"SSND":
            sound = chunk
    if sound is not None:
        following = min(sound.size, end - sound.at) - 8
        if sound.at + sound.size > end and not _is_streamed(sound.size):
            raise _cut_short(path, sound.size, following + 8)
        if wanted is not None and wanted > following:
            raise _cut_short(path, wanted, following)
    return Claims()
