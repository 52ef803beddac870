"""Every bad image is refused with one sentence that names it."""

import os
import pickle

import numpy as np
import pytest
from PIL import Image

from studies.engine.signals.images import IMAGE_SUFFIXES, read_image
from tests.media import COLOR, RNG, encoded, png, refusal, refuses, tiff


@pytest.mark.parametrize("suffix", IMAGE_SUFFIXES)
def test_a_missing_file_an_empty_one_and_a_directory_are_refused(tmp_path, suffix, monkeypatch):
    path = tmp_path / f"a{suffix}"
    refuses(read_image, path, "not-there")
    path.touch()
    refuses(read_image, path, "empty")
    path.write_text("locked")
    monkeypatch.setattr(os, "access", lambda path, mode: False)
    refuses(read_image, path, "unreadable")
    path.unlink()
    path.mkdir()
    refuses(read_image, path, "wrong-kind")


def test_a_name_too_long_for_a_file_is_refused(tmp_path):
    refuses(read_image, tmp_path / ("a" * 300 + ".png"), "unreadable")


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
    refuses(read_image, write(f"a{suffix}", OTHERS[content]), "wrong-kind")


@pytest.mark.parametrize("kind", ["PNG", "TIFF", "NPY"])
@pytest.mark.parametrize("shape", [(1, 1), (7, 100), (100, 7), (15, 17)])
def test_too_few_pixels_are_refused_with_the_size(write, kind, shape):
    pixels = RNG.integers(0, 256, shape, dtype=np.uint8)
    refuses(
        read_image,
        write(f"a.{kind.lower()}", encoded(pixels, kind)),
        "too-few",
        f"{shape[0]} x {shape[1]}",
    )


@pytest.mark.parametrize("kind", ["PNG", "NPY"])
def test_a_constant_image_is_refused_with_its_color(write, kind):
    path = write(f"a.{kind.lower()}", encoded(np.full((20, 30), 7, np.uint8), kind))
    refuses(read_image, path, "constant", "7")
    red = np.full((20, 30, 3), (255, 0, 9), np.uint8)
    refuses(read_image, write(path.name, encoded(red, kind)), "constant", "255, 0, 9")
    path = write("a.npy", encoded(np.where(COLOR > 99, 1 << 62, (1 << 62) + 1), "NPY"))
    problem = refusal(read_image, path)
    assert problem.code == "constant", "equal to the precision of doubles"
    assert "4.61169e+18" in problem.sentence
    path = write("a.npy", encoded(np.where(COLOR > 99, 1 - 2**-53, 1), "NPY"))
    assert refusal(read_image, path).code == "constant", "equal to the precision of samples"


@pytest.mark.parametrize("kind", ["PNG", "NPY"])
def test_a_crop_in_which_nothing_varies_is_refused(write, kind):
    squares = np.kron(np.eye(4, dtype=np.uint8), np.full((32, 32), 5, np.uint8))
    path = write(f"a.{kind.lower()}", encoded(squares, kind))
    refuses(read_image, path, "constant", "5", max_samples=32 * 32)
    assert read_image(path, 128 * 128).num_samples == 128 * 128


def test_a_channel_without_a_spectrum_is_refused_by_number(write):
    flow = np.dstack([np.where(COLOR[..., 0] > 99, 1.0, 0.0), np.full((20, 30), 0.5)])
    refuses(read_image, write("a.npy", encoded(flow, "NPY")), "constant", "channel 1")


@pytest.mark.parametrize(("color", "num"), [(2, 3), (4, 2), (6, 4)])
def test_a_png_with_color_or_alpha_of_16_bits_is_refused(write, color, num):
    rows = b"".join(b"\0" + RNG.bytes(2 * num * 32) for _ in range(32))
    refuses(read_image, write("a.png", png(32, 32, 16, color, rows)), "unsupported")


@pytest.mark.parametrize("strips", [(0,), (0, 2048, 4096)])
def test_a_tiff_with_color_of_16_bits_is_refused_interleaved_or_not(write, strips):
    kinds = {"color": 2, "channels": 3, "planar": 1 + (len(strips) > 1)}
    deep = write("a.tif", tiff(RNG.bytes(6144), 16, *strips, **kinds))
    refuses(read_image, deep, "unsupported")
    half = [at // 2 for at in strips]
    data = RNG.bytes(3072)
    pixels = np.frombuffer(data, np.uint8).reshape((3, 32, 32) if half[1:] else (32, 32, 3))
    pixels = np.moveaxis(pixels, 0, -1) if half[1:] else pixels
    signal = read_image(write("b.tif", tiff(data, 8, *half, **kinds)), 4096)
    np.testing.assert_allclose(signal.values, pixels.reshape(-1, 3) / 127.5 - 1, atol=1e-6)


@pytest.mark.parametrize(("bits", "kind"), [(32, 1), (32, 2), (16, 2)])
def test_a_tiff_of_whole_numbers_beyond_unsigned_16_bits_is_refused(write, bits, kind):
    content = tiff(RNG.bytes(32 * 32 * bits // 8), bits, 0, format=kind)
    refuses(read_image, write("a.tif", content), "unsupported")
    assert read_image(write("a.tif", tiff(RNG.bytes(2048), 16, 0)), 4096).peak == 32767.5


def test_cmyk_and_lab_are_refused_by_name(write):
    cmyk = encoded(Image.fromarray(COLOR).convert("CMYK"), "JPEG")
    refuses(read_image, write("a.jpg", cmyk), "unsupported", "CMYK")
    lab = tiff(RNG.bytes(3072), 8, 0, color=8, channels=3)
    refuses(read_image, write("a.tif", lab), "unsupported", "LAB")


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
@pytest.mark.parametrize("at", [(0, 0), (77, 88), (1099, 999)])
@pytest.mark.parametrize("kind", ["NPY", "TIFF"])
def test_a_value_that_is_no_finite_number_is_refused_by_place(write, kind, at, value):
    field = RNG.random((1100, 1000), dtype=np.float32)
    field[at] = value
    path = write("a.npy" if kind == "NPY" else "a.tif", encoded(field, kind))
    refuses(read_image, path, "not-finite", f"row {at[0]}, column {at[1]} ", max_samples=32 * 32)
