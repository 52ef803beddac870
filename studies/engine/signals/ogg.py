"""Check the pages of Ogg files: none may be missing or damaged."""

import struct
import zlib
from pathlib import Path
from typing import BinaryIO

from studies.engine.signals.claims import Claims, damaged

REVERSED = bytes(int(f"{byte:08b}"[::-1], 2) for byte in range(256))
"""Bytes with their bits in the reverse order."""


def check_ogg(path: Path, file: BinaryIO) -> Claims:
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
