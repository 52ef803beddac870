"""Check what a sound file claims about itself before a decoder believes it.

libsndfile reads on where a header promises too much, pads what a header says is too little, and
does not look at the checksums of Ogg. So the chunks or pages of a file are walked before, in little
memory. libsndfile also knows thirty more formats, and takes files for one that they are not.
"""

import re
from pathlib import Path
from typing import BinaryIO

from inr_models.errors import InputError
from studies.engine.signals.chunks import check_aiff, check_wav
from studies.engine.signals.claims import Claims
from studies.engine.signals.ogg import check_ogg

BLOCK = 1 << 20


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
            return check_wav(path, file, kind)
        if kind == b"FORM":
            return check_aiff(path, file)
        if kind == b"OggS":
            return check_ogg(path, file)
        if kind == b"fLaC":
            return _check_flac(file, start)
    raise InputError.at(
        "wrong-kind",
        path,
        "not readable as audio (Format not recognised); give WAV, FLAC, OGG or AIFF.",
    )


def _after_tag(file: BinaryIO) -> int:
    """Go to the first byte after an ID3 tag, which some programs put before a FLAC's beginning."""
    head = file.read(10)
    start = 0
    if head[:3] == b"ID3":
        start = 10 + sum((byte & 127) << 7 * (3 - i) for i, byte in enumerate(head[6:]))
    file.seek(start)
    return start


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
