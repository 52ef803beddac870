"""Every bad image or array is refused with one sentence that names it, in little memory."""

import os
import pickle
import resource
import struct
import zlib
from contextlib import contextmanager
from io import BytesIO
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from inr_models import InputError
from studies.engine.image_files import IMAGE_SUFFIXES, MAX_PIXELS, read_image
from studies.engine.signal_files import read_all

RNG = np.random.default_rng(0)
COLOR = RNG.integers(0, 256, (20, 30, 3), dtype=np.uint8)
LIMIT = f"more than the limit of {MAX_PIXELS:,}"
DAMAGED = "the image is damaged or cut short"


def refusal(path: Path, max_samples: int = 4096) -> str:
    """The sentence that refuses `path`, less its name."""
    with pytest.raises(InputError) as error:
        read_image(path, max_samples)
    message = str(error.value)
    assert message.startswith(f"{path}: ")
    sentence = message.removeprefix(f"{path}: ")
    assert sentence.endswith(".")
    assert ". " not in sentence
    assert "\n" not in sentence
    return sentence


def encoded(pixels: object, kind: str, **options: object) -> bytes:
    """A file's content."""
    buffer = BytesIO()
    if kind == "NPY":
        np.save(buffer, pixels, allow_pickle=True)
    else:
        image = pixels if isinstance(pixels, Image.Image) else Image.fromarray(pixels)
        image.save(buffer, kind, **options)
    return buffer.getvalue()


@pytest.fixture
def write(tmp_path):
    """`write(name, content)`: a file of these bytes."""

    def write(name: str, content: bytes) -> Path:
        (tmp_path / name).write_bytes(content)
        return tmp_path / name

    return write


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


@contextmanager
def little_memory(num_bytes: int):
    """Allocating that much more than now fails, used or not."""
    pages = int(Path("/proc/self/statm").read_text().split()[0])
    before = resource.getrlimit(resource.RLIMIT_AS)
    limit = pages * resource.getpagesize() + num_bytes
    resource.setrlimit(resource.RLIMIT_AS, (limit, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_AS, before)


@pytest.mark.parametrize("suffix", IMAGE_SUFFIXES)
def test_a_missing_file_an_empty_one_and_a_directory_are_refused(tmp_path, suffix, monkeypatch):
    path = tmp_path / f"a{suffix}"
    assert "no such file" in refusal(path)
    path.touch()
    assert "empty" in refusal(path)
    path.write_text("locked")
    monkeypatch.setattr(os, "access", lambda path, mode: False)
    assert "cannot be opened (Permission denied)" in refusal(path)
    path.unlink()
    path.mkdir()
    assert "not a file" in refusal(path)


def test_a_name_too_long_for_a_file_is_refused(tmp_path):
    assert "too long" in refusal(tmp_path / ("a" * 300 + ".png"))


OTHERS = {
    "text": b"%!PS This is a text.\n" * 100,
    "bytes": bytes(range(256)) * 8,
    "gif": encoded(COLOR, "GIF"),
    "bmp": encoded(COLOR, "BMP"),
    "zip": b"PK\3\4" + bytes(500),
    "pickle": pickle.dumps(COLOR),
}


@pytest.mark.parametrize("content", OTHERS)
@pytest.mark.parametrize("suffix", IMAGE_SUFFIXES)
def test_what_is_no_known_image_is_refused_whatever_its_name(write, suffix, content):
    kind = "an array; save it with numpy.save" if suffix == ".npy" else "an image; give PNG, JPEG"
    assert f"not readable as {kind}" in refusal(write(f"a{suffix}", OTHERS[content]))


@pytest.mark.parametrize("kind", ["PNG", "TIFF", "NPY"])
@pytest.mark.parametrize("shape", [(1, 1), (7, 100), (100, 7), (15, 17)])
def test_too_few_pixels_are_refused_with_the_size(write, kind, shape):
    pixels = RNG.integers(0, 256, shape, dtype=np.uint8)
    sentence = refusal(write(f"a.{kind.lower()}", encoded(pixels, kind)))
    assert sentence.startswith(f"{shape[0]} x {shape[1]} pixels are too few; give")


@pytest.mark.parametrize("kind", ["PNG", "NPY"])
def test_a_constant_image_is_refused_with_its_color(write, kind):
    path = write(f"a.{kind.lower()}", encoded(np.full((20, 30), 7, np.uint8), kind))
    assert "are all 7;" in refusal(path)
    red = np.full((20, 30, 3), (255, 0, 9), np.uint8)
    assert "are all 255, 0, 9;" in refusal(write(path.name, encoded(red, kind)))
    path = write("a.npy", encoded(np.where(COLOR > 99, 1 << 62, (1 << 62) + 1), "NPY"))
    assert "are all 4.61169e+18, " in refusal(path), "equal to the precision of doubles"


@pytest.mark.parametrize("kind", ["PNG", "NPY"])
def test_a_crop_in_which_nothing_varies_is_refused(write, kind):
    squares = np.kron(np.eye(4, dtype=np.uint8), np.full((32, 32), 5, np.uint8))
    path = write(f"a.{kind.lower()}", encoded(squares, kind))
    assert "the pixels to fit are all 5;" in refusal(path, 32 * 32)
    assert read_image(path, 128 * 128).num_samples == 128 * 128


def test_a_channel_without_a_spectrum_is_refused_by_number(write):
    flow = np.dstack([np.where(COLOR[..., 0] > 99, 1.0, -1.0), np.zeros((20, 30))])
    assert refusal(write("a.npy", encoded(flow, "NPY"))).startswith("channel 1 is at the middle")


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize(
    ("content", "size"),
    [
        (png(30_000, 30_000, 8, 0, bytes(99)), "900,000,000"),
        (png(10_000, 10_000, 8, 0, bytes(99)), "10,000 x 10,000"),
        (png(9_000, 9_000, 8, 2, bytes(99)), "9,000 x 9,000"),
        (tiff(bytes(1024), 8, 0, width=1 << 16, height=1 << 16), f"{1 << 32:,}"),
        (tiff(bytes(1024), 8, 0, width=8193, height=8193), "8,193 x 8,193"),
        (npy("{'descr': '<f4', 'fortran_order': False, 'shape': (1000000, 1000000)}"), "1,000,000"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_a_huge_image_is_refused_by_its_header_alone(write, content, size):
    path = write("a.npy" if content[1:6] == b"NUMPY" else "a.png", content)
    with little_memory(80 << 20):
        sentence = refusal(path)
    assert size in sentence
    assert LIMIT in sentence
    assert "give a part" in sentence


def test_data_that_unpack_to_far_more_than_they_should_take_no_memory(write):
    rows = np.insert(COLOR.reshape(20, 90), 0, 0, axis=1).tobytes()
    zeros = zlib.compress(bytes(100 << 20))
    whole = write("a.png", png(30, 20, 8, 2, rows + bytes(100 << 20)))
    text = write("b.png", png(30, 20, 8, 2, rows, chunk(b"zTXt", b"a\0\0" + zeros)))
    del zeros
    with little_memory(80 << 20):
        assert read_image(whole, 4096).num_samples == 600
        assert DAMAGED in refusal(text)


@pytest.mark.parametrize(("color", "num"), [(2, 3), (4, 2), (6, 4)])
def test_a_png_with_color_or_alpha_of_16_bits_is_refused(write, color, num):
    rows = b"".join(b"\0" + RNG.bytes(2 * num * 32) for _ in range(32))
    assert "color of 16 bits" in refusal(write("a.png", png(32, 32, 16, color, rows)))


@pytest.mark.parametrize("strips", [(0,), (0, 2048, 4096)])
def test_a_tiff_with_color_of_16_bits_is_refused_interleaved_or_not(write, strips):
    kinds = {"color": 2, "channels": 3, "planar": 1 + (len(strips) > 1)}
    deep = write("a.tif", tiff(RNG.bytes(6144), 16, *strips, **kinds))
    assert "color of 16 bits" in refusal(deep)
    half = [at // 2 for at in strips]
    data = RNG.bytes(3072)
    pixels = np.frombuffer(data, np.uint8).reshape((3, 32, 32) if half[1:] else (32, 32, 3))
    pixels = np.moveaxis(pixels, 0, -1) if half[1:] else pixels
    signal = read_image(write("b.tif", tiff(data, 8, *half, **kinds)), 4096)
    np.testing.assert_allclose(signal.values, pixels.reshape(-1, 3) / 127.5 - 1, atol=1e-6)


@pytest.mark.parametrize(("bits", "kind"), [(32, 1), (32, 2), (16, 2)])
def test_a_tiff_of_whole_numbers_beyond_unsigned_16_bits_is_refused(write, bits, kind):
    content = tiff(RNG.bytes(32 * 32 * bits // 8), bits, 0, format=kind)
    assert "with a sign or of 32 bits" in refusal(write("a.tif", content))
    assert read_image(write("a.tif", tiff(RNG.bytes(2048), 16, 0)), 4096).peak == 32767.5


def test_cmyk_and_lab_are_refused_by_name(write):
    cmyk = encoded(Image.fromarray(COLOR).convert("CMYK"), "JPEG")
    assert refusal(write("a.jpg", cmyk)).startswith("a CMYK image; convert it to RGB")
    lab = tiff(RNG.bytes(3072), 8, 0, color=8, channels=3)
    assert refusal(write("a.tif", lab)).startswith("a LAB image; convert it to RGB")


VALID = {
    "a.png": encoded(COLOR, "PNG"),
    "palette.png": encoded(Image.fromarray(COLOR).quantize(9), "PNG"),
    "a.jpg": encoded(COLOR, "JPEG"),
    "a.tif": encoded(COLOR, "TIFF"),
    "lzw.tif": encoded(COLOR, "TIFF", compression="tiff_lzw"),
    "a.webp": encoded(COLOR, "WEBP"),
    "lossless.webp": encoded(COLOR, "WEBP", lossless=True),
    "a.npy": encoded(COLOR.astype(np.float32), "NPY"),
}


@pytest.mark.parametrize("name", VALID)
def test_a_file_cut_anywhere_is_refused_or_gives_all_its_pixels(write, name):
    whole = read_image(write(name, VALID[name]), 4096)
    for size in range(1, len(VALID[name]), 5):
        path = write(name, VALID[name][:size])
        try:
            assert read_image(path, 4096) == whole, size
        except InputError:
            refusal(path)


@pytest.mark.parametrize("name", ["a.png", "a.jpg", "a.webp", "a.npy"])
def test_a_file_without_its_end_is_called_cut_short(write, name):
    for share in (0.5, 0.9, 0.97):
        content = VALID[name][: int(share * len(VALID[name]))]
        assert "cut short; get a whole copy" in refusal(write(name, content))


def test_a_tiff_without_some_of_its_strips_is_refused(write):
    content = tiff(RNG.bytes(2048), 8, 0, 1024, height=64)
    assert read_image(write("a.tif", content), 4096).image_shape == (64, 32)
    assert DAMAGED in refusal(write("a.tif", tiff(RNG.bytes(2048), 8, 0, height=64)))


class Touch:
    """Makes a file where it is unpickled."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def __reduce__(self):
        return Path.touch, (self.path,)


def test_pickled_objects_are_refused_and_not_unpickled(write, tmp_path):
    objects = np.full((20, 30), Touch(tmp_path / "touched"))
    content = encoded(objects, "NPY")
    assert "an array of object" in refusal(write("a.npy", content))
    assert "numpy.save" in refusal(write("b.npy", pickle.dumps(objects)))
    assert not (tmp_path / "touched").exists()
    np.load(BytesIO(content), allow_pickle=True)
    assert (tmp_path / "touched").exists(), "the trap must work"


@pytest.mark.parametrize("dtype", ["c8", "M8[s]", "m8[s]", "bool", "U3", "f4,f4", "longdouble"])
def test_an_array_of_what_are_no_real_numbers_is_refused_by_type(write, dtype):
    array = np.zeros((20, 30), dtype)
    sentence = refusal(write("a.npy", encoded(array, "NPY")))
    assert sentence == f"an array of {array.dtype}; give whole or floating numbers."


SHAPES = [(), (900,), (30, 30, 3, 1), (3, 64, 64), (30, 30, 17), (30, 30, 0)]


@pytest.mark.parametrize("shape", SHAPES)
def test_an_array_of_another_shape_is_refused_with_it(write, shape):
    sentence = refusal(write("a.npy", encoded(np.zeros(shape), "NPY")))
    assert f"an array of shape {shape}; give height x width" in sentence
    assert "channels last" in sentence


def test_channels_first_that_pass_for_rows_are_too_few(write):
    content = encoded(RNG.random((3, 500, 16)), "NPY")
    assert "3 x 500 pixels are too few" in refusal(write("a.npy", content))


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
@pytest.mark.parametrize("at", [(0, 0), (77, 88), (1099, 999)])
@pytest.mark.parametrize("kind", ["NPY", "TIFF"])
def test_a_value_that_is_no_finite_number_is_refused_by_place(write, kind, at, value):
    field = RNG.random((1100, 1000), dtype=np.float32)
    field[at] = value
    path = write("a.npy" if kind == "NPY" else "a.tif", encoded(field, kind))
    sentence = refusal(path, 32 * 32)
    assert sentence.startswith(f"the value at row {at[0]}, column {at[1]} is not a finite number;")


BAD_HEADERS = [
    "",
    "{'descr': '<f4', 'fortran_order': False, 'shape': (32, 32)",
    "{'descr': '<f4', 'shape': (32, 32)}",
    "{'descr': '<f4', 'fortran_order': False, 'shape': (32.0, 32)}",
    "{'descr': '<f4', 'fortran_order': False, 'shape': " + "(" * 900 + ")" * 900 + "}",
    "__import__('os').abort()",
]


@pytest.mark.parametrize("header", BAD_HEADERS, ids=range(len(BAD_HEADERS)))
def test_an_array_with_a_damaged_header_is_refused(write, header):
    assert "not readable as an array" in refusal(write("a.npy", npy(header, bytes(4096))))


def test_an_array_with_a_negative_or_overlong_shape_is_refused(write):
    fields = "{'descr': '<f4', 'fortran_order': False, 'shape': "
    negative = write("a.npy", npy(fields + "(-30, -30)}", bytes(4096)))
    assert "-30 x -30 pixels are too few" in refusal(negative)
    beyond = write("b.npy", npy(fields + f"({1 << 70}, {1 << 70})}}", bytes(4096)))
    assert LIMIT in refusal(beyond)


def test_each_kind_of_study_refuses_the_files_of_the_other(write, make_wav, noise):
    sound, image = make_wav("a.wav", noise[:1000]), write("a.png", VALID["a.png"])
    signals, (sentence,) = read_all([sound, image], 4096, "image")
    assert [signal.source for signal in signals] == [str(image)]
    assert (
        sentence
        == f"{sound}: a sound file, where this study fits images; give it to a study of sounds."
    )
    signals, (sentence,) = read_all([sound, image], 4096, "sound")
    assert [signal.source for signal in signals] == [str(sound)]
    assert (
        sentence
        == f"{image}: an image file, where this study fits sounds; give it to a study of images."
    )


@pytest.mark.parametrize("stem", [b"a\nb", b"h\xe9"])
@pytest.mark.parametrize("suffix", [b".png", b".npy", b".tif"])
def test_names_with_odd_bytes_can_be_printed(tmp_path, stem, suffix):
    path = Path(os.fsdecode(os.fsencode(tmp_path) + b"/" + stem + suffix))
    content = encoded(Image.fromarray(COLOR).quantize(9), {b".tif": "TIFF"}.get(suffix, "PNG"))
    path.write_bytes(VALID["a.npy"] if suffix == b".npy" else content)
    ((signal,), skipped) = read_all([path], 4096, "image")
    assert not skipped
    assert (signal.name, len(signal.notes)) == (stem.decode("utf-8", "replace"), suffix != b".npy")
    assert "".join([signal.source, *signal.notes]).encode()
    path.write_bytes(b"text")
    signals, (sentence,) = read_all([path], 4096, "image")
    assert not signals
    assert sentence.encode().startswith(signal.source.encode() + b": not readable")


def check_a_refusal_or_a_valid_signal(path: Path) -> None:
    try:
        signal = read_image(path, 4096)
    except InputError:
        refusal(path)
        return
    assert signal.values.shape == (np.prod(signal.image_shape), signal.channels)
    assert np.abs(signal.values).max() <= 1
    assert np.ptp(signal.values) > 0
    # Others are NaN where a spectrum of one line, say, has none.
    assert np.isfinite([signal.peak, signal.psnr_zero, signal.descriptors["psi"]]).all()
    assert not np.isinf(list(signal.descriptors.values())).any()


def peak_bytes() -> int:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024


@pytest.mark.parametrize("name", VALID)
def test_any_damage_ends_in_a_refusal_or_a_valid_signal_in_little_memory(write, name):
    path, before = write(name, VALID[name]), peak_bytes()
    places = st.integers(0, 300) | st.integers(0, len(VALID[name]) - 1)

    @settings(max_examples=200)
    @given(changes=st.dictionaries(places, st.integers(0, 255), min_size=1, max_size=4))
    def damage(changes):
        content = bytearray(VALID[name])
        for at, byte in changes.items():
            content[at] = byte
        path.write_bytes(content)
        check_a_refusal_or_a_valid_signal(path)

    damage()
    assert peak_bytes() - before < 200 << 20


@settings(max_examples=200)
@given(
    width=st.integers(0, 40) | st.integers(0, 1 << 32),
    height=st.integers(0, 40) | st.integers(0, 1 << 31),
    depth=st.sampled_from([1, 2, 4, 8, 16, 3, 32]),
    color=st.integers(0, 7),
    raw=st.binary(max_size=4000),
)
def test_a_png_of_any_header_is_refused_or_valid(
    tmp_path_factory, width, height, depth, color, raw
):
    path = tmp_path_factory.getbasetemp() / "any.png"
    path.write_bytes(png(width % (1 << 32), height, depth, color, raw + bytes(9000)))
    check_a_refusal_or_a_valid_signal(path)
