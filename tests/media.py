"""Files as bytes, whole and damaged in known ways, and how their readers refuse them."""

import resource
import struct
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from io import BytesIO
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from inr_models import InputError
from inr_models.errors import Code, Problem
from studies.engine.signals.signal import Signal
from tests.refusals import check_sentence

Read = Callable[[Path, int], Signal]

RNG = np.random.default_rng(0)
COLOR = RNG.integers(0, 256, (20, 30, 3), dtype=np.uint8)


def refusal(read: Read, path: Path, max_samples: int = 4096) -> Problem:
    """Return the one problem for which `read` refuses `path`, its sentence without that name."""
    with pytest.raises(InputError) as error:
        read(path, max_samples)
    (problem,) = error.value.problems
    assert problem.field == str(path)
    assert problem.sentence.startswith(f"{path}: ")
    sentence = problem.sentence.removeprefix(f"{path}: ")
    check_sentence(sentence)
    assert ". " not in sentence
    return problem._replace(sentence=sentence)


def refuses(read: Read, path: Path, code: Code, *data: object, max_samples: int = 4096) -> None:
    """Check that `read` refuses `path` with a code, in a sentence that holds the data."""
    problem = refusal(read, path, max_samples)
    assert problem.code == code
    for part in data:
        assert str(part) in problem.sentence


def encoded(pixels: object, kind: str, **options: object) -> bytes:
    """A file's content."""
    buffer = BytesIO()
    if kind == "NPY":
        np.save(buffer, pixels, allow_pickle=True)
    else:
        image = pixels if isinstance(pixels, Image.Image) else Image.fromarray(pixels)
        image.save(buffer, kind, **options)
    return buffer.getvalue()


def png(width: int, height: int, depth: int, color: int, raw: bytes, more: bytes = b"") -> bytes:
    """A PNG with these fields, whose data unpack to `raw`."""
    header = struct.pack(">IIBBBBB", width, height, depth, color, 0, 0, 0)
    chunks = chunk(b"IHDR", header) + more + chunk(b"IDAT", zlib.compress(raw))
    return b"\x89PNG\r\n\x1a\n" + chunks + chunk(b"IEND", b"")


def chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def tiff(data: bytes, bits: int, *strips: int, **changed: int) -> bytes:
    """A little-endian TIFF, 32 x 32; its `data` begin at byte 1000, `strips` within them."""
    tags = {"width": 256, "height": 257, "bits": 258, "packing": 259, "color": 262, "strips": 273}
    tags |= {"channels": 277, "rows": 278, "planar": 284, "format": 339}
    plain = {"width": 32, "height": 32, "packing": 1, "color": 1, "channels": 1, "rows": 32}
    values = plain | {"bits": bits, "planar": 1, "format": 1} | changed
    entries = b""
    for name, tag in tags.items():
        if name != "strips":
            entries += struct.pack("<HHII", tag, 4, 1, values[name])
        elif len(strips) == 1:
            entries += struct.pack("<HHII", tag, 4, 1, 1000 + strips[0])
        else:
            entries += struct.pack("<HHII", tag, 4, len(strips), 900)
    head = b"II*\0" + struct.pack("<IH", 8, len(tags)) + entries + bytes(4)
    offsets = struct.pack(f"<{len(strips)}I", *(1000 + at for at in strips))
    return (head.ljust(900, b"\0") + offsets).ljust(1000, b"\0") + data


def npy(header: str, data: bytes = b"") -> bytes:
    return b"\x93NUMPY\1\0" + struct.pack("<H", len(header)) + header.encode() + data


def wav(data: bytes, channels: int = 1, bits: int = 16, **changed: int) -> bytes:
    """A WAV of PCM at 44.1 kHz; `rate`, `size` and `riff` may be other than they should."""
    frame = channels * bits // 8
    given = {"rate": 44_100, "size": len(data), "riff": 36 + len(data)} | changed
    head = struct.pack("<IHHIIHH", 16, 1, channels, given["rate"], 44_100 * frame, frame, bits)
    return (
        struct.pack("<4sI8s", b"RIFF", given["riff"], b"WAVEfmt ")
        + head
        + struct.pack("<4sI", b"data", given["size"])
        + data
    )


IMAGES = {
    "a.png": encoded(COLOR, "PNG"),
    "palette.png": encoded(Image.fromarray(COLOR).quantize(9), "PNG"),
    "a.jpg": encoded(COLOR, "JPEG"),
    "a.tif": encoded(COLOR, "TIFF"),
    "lzw.tif": encoded(COLOR, "TIFF", compression="tiff_lzw"),
    "a.webp": encoded(COLOR, "WEBP"),
    "lossless.webp": encoded(COLOR, "WEBP", lossless=True),
    "a.npy": encoded((COLOR / 255).astype(np.float32), "NPY"),
}
"""Whole ones, by names that say what they are."""


def check_a_refusal_or_a_valid_signal(read: Read, path: Path, max_samples: int = 4096) -> None:
    try:
        signal = read(path, max_samples)
    except InputError:
        refusal(read, path, max_samples)
        return
    assert signal.values is not None
    assert signal.values.shape == (np.prod(signal.shape), signal.channels)
    assert np.abs(signal.values).max() <= 1
    assert np.ptp(signal.values) > 0
    # Others are NaN where a spectrum of one line, say, has none.
    assert np.isfinite([signal.peak, signal.psnr_zero, signal.psnr_constant]).all()
    assert np.isfinite(signal.descriptors["psi"])
    assert not np.isinf(list(signal.descriptors.values())).any()


@contextmanager
def little_memory(num_bytes: int) -> Iterator[None]:
    """Allocating that much more than now fails, used or not."""
    pages = int(Path("/proc/self/statm").read_text().split()[0])
    before = resource.getrlimit(resource.RLIMIT_AS)
    limit = pages * resource.getpagesize() + num_bytes
    resource.setrlimit(resource.RLIMIT_AS, (limit, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_AS, before)


def peak_bytes() -> int:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
