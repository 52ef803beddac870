"""Check what a sound file claims about itself before a decoder believes it.

libsndfile reads on where a header promises too much, pads what a header says is too little, and
does not look at the checksums of Ogg. This module walks the chunks or pages of a file instead. It
reads headers, and for Ogg every page, in little memory.
"""

import re
import struct
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO, NamedTuple

from inr_models.errors import InputError

BEGINNINGS = (b"RIFF", b"RIFX", b"RF64", b"fLaC", b"OggS", b"FORM")
"""The formats that are read. libsndfile knows thirty more, and takes files for one that they are
not."""

STREAMED = (0xFFFFFFFF, 0x7FFFFFFF, 0x7FFFF000, 0x80000000)
"""Sizes that writers to a pipe leave in a header, because they do not know the length."""

HEADER_BYTES = 128
"""Some of these writers subtract the size of the header, or add it."""

PCM, IEEE_FLOAT, MPEG, MP3, EXTENSIBLE = 1, 3, 0x50, 0x55, 0xFFFE
"""Codecs of a WAV file."""

KNOWN = (b"data", b"fmt ", b"fact", b"LIST", b"bext", b"id3 ", b"cue ", b"smpl", b"SSND", b"COMM")
"""Frequent names of chunks."""

BLOCK = 1 << 20
REVERSED = bytes(int(f"{byte:08b}"[::-1], 2) for byte in range(256))
"""Bytes with their bits in the reverse order."""


class Claims(NamedTuple):
    """Hold what a container says of its samples.

    Args:
        frames: The number of samples of each channel, if it is less than what a decoder returns.
        notes: What the file holds besides.
    """

    frames: int | None = None
    notes: tuple[str, ...] = ()


def check_container(path: Path) -> Claims:
    """Return what a WAV, FLAC, Ogg or AIFF file claims, once that agrees with what is there.

    Raises:
        InputError: The file is of another format; or it is cut short, damaged, or contradicts
            itself.
    """
    with path.open("rb") as file:
        start = _after_tag(file)
        kind = file.read(4)
        if kind in (b"RIFF", b"RIFX", b"RF64"):
            return _check_wav(path, file, kind)
        if kind == b"FORM":
            return _check_aiff(path, file)
        if kind == b"OggS":
            return _check_ogg(path, file)
        if kind == b"fLaC":
            return _check_flac(file, start)
    raise InputError(
        "wrong-kind",
        str(path),
        f"{path}: not readable as audio (Format not recognised); give WAV, FLAC, OGG or AIFF.",
    )


def damaged(path: Path, why: str) -> InputError:
    """Return the error of a file of which a whole copy is needed."""
    return InputError(
        "damaged",
        str(path),
        f"{path}: the file is truncated or damaged ({why}); get a whole copy, or save what is "
        "there as a new file.",
    )


def _after_tag(file: BinaryIO) -> int:
    """Go to the first byte after an ID3 tag, which some programs put before a FLAC's beginning."""
    head = file.read(10)
    start = 0
    if head[:3] == b"ID3":
        start = 10 + sum((byte & 127) << 7 * (3 - i) for i, byte in enumerate(head[6:]))
    file.seek(start)
    return start


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
                raise InputError(
                    "damaged",
                    str(path),
                    f"{path}: its chunk {name.decode()!r} has an odd length of {size:,} bytes and "
                    "no pad byte behind it, so a reader cannot find the next chunk; save the file "
                    "again.",
                )
            at += 1


def _is_name(name: bytes) -> bool:
    return re.fullmatch(rb"[ -~]{4}", name) is not None and name.strip() != b""


def _is_streamed(size: int) -> bool:
    return any(abs(size - mark) <= HEADER_BYTES for mark in STREAMED)


def _check_wav(path: Path, file: BinaryIO, kind: bytes) -> Claims:
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
                raise InputError(
                    "damaged",
                    str(path),
                    f"{path}: it has two data chunks; save the part that you mean as a new file.",
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
    return InputError(
        "damaged",
        str(path),
        f"{path}: a second file begins at byte {chunk.at - 8:,}, behind the first; split them.",
    )


def _check_format(path: Path, codec: int, rate: int) -> None:
    if codec in (MPEG, MP3):
        raise InputError(
            "wrong-kind",
            str(path),
            f"{path}: a WAV file with MP3 inside, which is not read; save it as WAV (PCM) or FLAC.",
        )
    if rate == 0:
        raise InputError(
            "damaged", str(path), f"{path}: its header has a sample rate of 0; save the file again."
        )


def _check_data(path: Path, file: BinaryIO, data: _Chunk, end: int) -> None:
    there = end - data.at
    if data.size > there and not _is_streamed(data.size):
        raise damaged(
            path, f"its header promises {data.size:,} bytes of data, and {there:,} follow"
        )
    if data.size == 0 and there > 8:
        file.seek(data.at)
        name, size = struct.unpack("<4sI", file.read(8))
        if not (_is_name(name) and size <= there):
            raise InputError(
                "damaged",
                str(path),
                f"{path}: its header says 0 bytes of data, but {there:,} bytes follow, as after a "
                "recorder that lost power; repair the header, for example with "
                "`ffmpeg -i in.wav out.wav` or `sox --ignore-length in.wav out.wav`.",
            )


AIFF_BYTES = {b"NONE": None, b"sowt": None, b"twos": None, b"fl32": 4, b"FL32": 4, b"fl64": 8,
              b"FL64": 8, b"ulaw": 1, b"ULAW": 1, b"alaw": 1, b"ALAW": 1, b"raw ": 1}  # fmt: skip
"""Bytes of a sample of AIFF-C codecs. None: those that hold the header's bits."""


def _check_aiff(path: Path, file: BinaryIO) -> Claims:
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
        there = min(sound.size, end - sound.at) - 8
        if sound.at + sound.size > end and not _is_streamed(sound.size):
            raise damaged(
                path, f"its header promises {sound.size:,} bytes of data, and {there + 8:,} follow"
            )
        if wanted is not None and wanted > there:
            raise damaged(
                path, f"its header promises {wanted:,} bytes of data, and {there:,} follow"
            )
    return Claims()


def _check_flac(file: BinaryIO, start: int) -> Claims:
    # The samples of FLAC have checksums, which the decoder looks at. It stops after the first
    # stream. A second one begins with these bytes, which chance would need exabytes to repeat.
    again = re.compile(rb"fLaC[\x00\x80]\x00\x00\x22")
    file.seek(start + 4)
    tail = b""
    while block := file.read(BLOCK):
        if again.search(tail + block):
            return Claims(
                None, ("a second file follows the first, which alone is read; split them",)
            )
        tail = block[-7:]
    return Claims()


def _check_ogg(path: Path, file: BinaryIO) -> Claims:
    """Check the sequence, the checksum and the end of every page.

    Raises:
        InputError: A page is missing or damaged.
    """
    end = path.stat().st_size
    at, number = 0, 0
    expected: dict[int, int] = {}
    ended: set[int] = set()
    notes = []
    while at < end:
        file.seek(at)
        head = file.read(27)
        if len(head) < 27 or head[:4] != b"OggS":
            if expected and not set(expected) - ended:
                notes.append(f"{end - at:,} bytes follow its end, and are not read")
                break
            raise damaged(path, f"no page begins at byte {at:,}")
        table = file.read(head[26])
        content = file.read(sum(table))
        flags, serial, sequence, checksum = head[5], *struct.unpack("<III", head[14:26])
        page = head[:22] + bytes(4) + head[26:] + table + content
        if len(table) < head[26] or len(content) < sum(table) or _ogg_crc(page) != checksum:
            raise damaged(path, f"page {number} at byte {at:,} fails its checksum")
        if flags & 2:  # the first page of a stream
            if ended:
                notes.append("a second stream follows the first, which alone is read; split them")
                break
            expected[serial] = sequence
        if serial not in expected or sequence != expected[serial]:
            raise damaged(path, f"pages before byte {at:,} are missing")
        expected[serial] = sequence + 1
        if flags & 4:
            ended.add(serial)
        at, number = at + len(page), number + 1
    if set(expected) - ended:
        raise damaged(path, "its last page is missing")
    return Claims(None, tuple(notes))


def _ogg_crc(page: bytes) -> int:
    """Return the checksum of a page (RFC 3533, Sec. 6, field 7).

    It has the polynomial of zlib's, but goes through the bits of a byte in the other order, and
    begins and ends without inversion.
    """
    reflected = zlib.crc32(page.translate(REVERSED), 0xFFFFFFFF) ^ 0xFFFFFFFF
    return int(f"{reflected:032b}"[::-1], 2)
