"""Damaged images, and those that claim more than they hold: refused, or read, in little memory."""

import zlib

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from inr_models import InputError
from studies.engine.signals.images import MAX_PIXELS, read_image
from tests.media import (
    COLOR,
    IMAGES,
    RNG,
    check_a_refusal_or_a_valid_signal,
    chunk,
    little_memory,
    npy,
    peak_bytes,
    png,
    refusal,
    refuses,
    tiff,
)


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
        problem = refusal(read_image, path)
    assert problem.code == "too-large"
    assert size in problem.sentence
    assert f"{MAX_PIXELS:,}" in problem.sentence


def test_data_that_unpack_to_far_more_than_they_should_take_no_memory(write):
    rows = np.insert(COLOR.reshape(20, 90), 0, 0, axis=1).tobytes()
    zeros = zlib.compress(bytes(100 << 20))
    whole = write("a.png", png(30, 20, 8, 2, rows + bytes(100 << 20)))
    text = write("b.png", png(30, 20, 8, 2, rows, chunk(b"zTXt", b"a\0\0" + zeros)))
    del zeros
    with little_memory(80 << 20):
        assert read_image(whole, 4096).num_samples == 600
        refuses(read_image, text, "damaged")


@pytest.mark.parametrize("name", IMAGES)
def test_a_file_cut_anywhere_is_refused_or_gives_all_its_pixels(write, name):
    whole = read_image(write(name, IMAGES[name]), 4096)
    for size in range(1, len(IMAGES[name]), 5):
        path = write(name, IMAGES[name][:size])
        try:
            assert read_image(path, 4096) == whole, size
        except InputError:
            refusal(read_image, path)


@pytest.mark.parametrize("name", ["a.png", "a.jpg", "a.webp", "a.npy"])
def test_a_file_without_its_end_is_called_cut_short(write, name):
    for share in (0.5, 0.9, 0.97):
        content = IMAGES[name][: int(share * len(IMAGES[name]))]
        refuses(read_image, write(name, content), "damaged")


def test_a_tiff_without_some_of_its_strips_is_refused(write):
    content = tiff(RNG.bytes(2048), 8, 0, 1024, height=64)
    assert read_image(write("a.tif", content), 4096).shape == (64, 32)
    path = write("a.tif", tiff(RNG.bytes(2048), 8, 0, height=64))
    refuses(read_image, path, "damaged")


@pytest.mark.parametrize("name", IMAGES)
def test_any_damage_ends_in_a_refusal_or_a_valid_signal_in_little_memory(write, name):
    path, before = write(name, IMAGES[name]), peak_bytes()
    places = st.integers(0, 300) | st.integers(0, len(IMAGES[name]) - 1)

    @settings(max_examples=200)
    @given(changes=st.dictionaries(places, st.integers(0, 255), min_size=1, max_size=4))
    def damage(changes):
        content = bytearray(IMAGES[name])
        for at, byte in changes.items():
            content[at] = byte
        path.write_bytes(content)
        check_a_refusal_or_a_valid_signal(read_image, path)

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
    check_a_refusal_or_a_valid_signal(read_image, path)
