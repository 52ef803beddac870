"""One picture has the same samples in every type; a file's own range is used on demand alone."""

from functools import partial
from pathlib import Path

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from PIL import Image

from inr_models.fitting.metrics import psnr_db
from studies.engine.signals.images import read_image
from studies.engine.signals.pixel_range import SMALL_SHARE
from studies.engine.signals.signal import Signal
from tests.media import RNG, encoded, refusal, refuses, tiff

KINDS = {".png": "PNG", ".tif": "TIFF", ".npy": "NPY"}
GRAY = RNG.integers(0, 256, (20, 30), dtype=np.uint8)
GRAY[0, :2] = 0, 255
TWELVE_BITS = RNG.integers(0, 4096, (20, 30), dtype=np.uint16)
TWELVE_BITS[0, :2] = 0, 4095
FIELD = RNG.normal(300, 40, (20, 30)).astype(np.float32)
SAMPLE_ROUNDING = 2**-23
"""A float32 pixel and a float32 sample near 1 are each off by 2^-25, and a sample is twice it."""


@pytest.fixture
def read(write):
    """`read(name, pixels, ...)`: the signal of a file; the name's suffix is its format."""

    def read(name: str, pixels: np.ndarray, max_samples: int = 4096, **options: bool) -> Signal:
        path = write(name, encoded(pixels, KINDS[Path(name).suffix]))
        return read_image(path, max_samples, **options)

    return read


def in_every_type(pixels: np.ndarray) -> dict[str, np.ndarray]:
    """Return pixels of 8 bits, 0 to 255, in each type with a customary range."""
    return {
        "uint8.npy": pixels,
        "uint16.npy": pixels.astype(np.uint16) * 257,
        "int8.npy": (pixels.astype(int) - 128).astype(np.int8),
        "int16.npy": (pixels.astype(int) * 257 - 32768).astype(np.int16),
        "float32.npy": pixels.astype(np.float32) / np.float32(255),
        "float64.npy": pixels / 255,
        "gray8.png": pixels,
        "gray16.png": pixels.astype(np.uint16) * 257,
        "gray16.tif": pixels.astype(np.uint16) * 257,
        "float32.tif": pixels.astype(np.float32) / np.float32(255),
    }


@given(pixels=arrays(np.uint8, st.tuples(st.integers(16, 20), st.integers(16, 20))))
def test_the_same_pixels_have_the_same_samples_in_every_type(pixels, tmp_path_factory):
    assume(np.ptp(pixels))
    expected = pixels.reshape(-1, 1) / 127.5 - 1
    for name, same in in_every_type(pixels).items():
        path = tmp_path_factory.getbasetemp() / name
        path.write_bytes(encoded(same, KINDS[path.suffix]))
        signal = read_image(path, 4096)
        assert np.abs(signal.values - expected).max() <= SAMPLE_ROUNDING, name
        zero = float(psnr_db(np.mean(expected**2)))
        assert signal.psnr_zero == pytest.approx(zero, abs=1e-5), name


def test_the_same_pixels_have_the_same_descriptors_in_every_type(read):
    pixels = (127.5 + 100 * np.sin(np.add.outer(np.arange(20) * 0.7, np.arange(30) * 0.3))).astype(
        np.uint8
    ) + GRAY // 10
    first, *others = (read(name, same) for name, same in in_every_type(pixels).items())
    assert 0.1 < first.descriptors["psi"] < 0.9
    for other in others:
        assert other.descriptors == pytest.approx(first.descriptors, rel=1e-4, nan_ok=True)


def test_the_samples_of_8_and_16_bits_stay_what_stored_fits_have(read):
    numbers = np.arange(600).reshape(20, 30) * 7919
    for pixels, start in (
        ((numbers % 256).astype(np.uint8), "8bf76888690fcbeb"),
        ((numbers % 65536).astype(np.uint16), "23f7c33c56076b4a"),
    ):
        assert read("a.npy", pixels).sha256.startswith(start)


def test_a_mask_is_the_same_signal_in_every_type_that_it_fills(read):
    mask = GRAY > 99
    masks = {
        "bool.npy": mask,
        "bool.png": mask,
        "bool.tif": mask,
        "uint8.npy": mask.astype(np.uint8) * 255,
        "uint8.png": mask.astype(np.uint8) * 255,
        "uint16.tif": mask.astype(np.uint16) * 65535,
        "int8.npy": np.where(mask, 127, -128).astype(np.int8),
        "float16.npy": mask.astype(np.float16),
        "float32.tif": mask.astype(np.float32),
    }
    signals = [read(name, pixels) for name, pixels in masks.items()]
    for name, signal in zip(masks, signals, strict=True):
        np.testing.assert_array_equal(signal.values[:, 0], np.where(mask, 1, -1).ravel(), name)
        assert not signal.notes, name
        assert str(signal.psnr_zero) == "0.0", name
    assert len({signal.sha256 for signal in signals}) == 1


def test_a_mask_of_0_and_1_in_a_wider_type_has_a_note_and_is_a_mask_when_it_is_rescaled(read):
    mask = GRAY > 99
    for name, share in (("uint8.png", "0.39"), ("uint8.npy", "0.39"), ("uint16.tif", "0.0015")):
        pixels = mask.astype(Path(name).stem)
        ((note,), zero) = (signal := read(name, pixels)).notes, signal.psnr_zero
        assert f" {share} % " in note
        assert "--rescale" in note
        assert zero < 0.05, "nearly constant"
        again = read(name, pixels, rescale=True)
        assert again.sha256 == read("bool.npy", mask).sha256
        assert not again.notes


@pytest.mark.parametrize("name", ["a.tif", "a.png", "a.npy"])
def test_12_bits_in_16_have_a_note_and_the_full_range_when_they_are_rescaled(read, name):
    dark = read(name, TWELVE_BITS)
    (note,) = dark.notes
    for part in ("0 to 4,095", " 6.2 % ", "uint16", "0 to 65,535", "--rescale"):
        assert part in note
    assert dark.values.max() == np.float32(4095 / 32767.5 - 1)
    signal = read(name, TWELVE_BITS, rescale=True)
    assert (signal.peak, signal.notes) == (2047.5, ())
    np.testing.assert_allclose(signal.values[:, 0], TWELVE_BITS.ravel() / 2047.5 - 1, atol=1e-7)
    # An equal error on the pixels is this much smaller on samples of 16 bits.
    assert 20 * np.log10(dark.peak / signal.peak) == pytest.approx(24.08, abs=0.005)


def test_a_tiff_that_says_12_bits_is_scaled_by_them(write):
    even, odd = (TWELVE_BITS.ravel()[:512].astype(int), TWELVE_BITS.ravel()[-512:].astype(int))
    even[0], odd[0] = 0, 4095
    packed = np.column_stack([even >> 4, (even & 15) << 4 | odd >> 8, odd & 255])
    signal = read_image(write("a.tif", tiff(packed.astype(np.uint8).tobytes(), 12, 0)), 4096)
    expected = np.column_stack([even, odd]).ravel() / 2047.5 - 1
    np.testing.assert_allclose(signal.values[:, 0], expected, rtol=0, atol=1e-7)
    assert (signal.values.min(), signal.values.max(), signal.notes) == (-1, 1, ())


@given(low=st.integers(0, 65534), span=st.integers(1, 65535))
def test_a_note_names_a_file_of_a_quarter_of_its_range_or_less(low, span, tmp_path_factory):
    high = min(low + span, 65535)
    path = tmp_path_factory.getbasetemp() / "span.npy"
    np.save(path, np.where(GRAY > 99, low, high).astype(np.uint16))
    assert SMALL_SHARE == 0.25
    assert bool(read_image(path, 4096).notes) == ((high - low) / 65535 <= 0.25)


def test_floats_of_a_small_part_of_0_to_1_have_a_note(read):
    (note,) = read("a.npy", (GRAY / 2550).astype(np.float32)).notes
    for part in ("0.0 to 0.1,", " 10 % ", "float32"):
        assert part in note
    assert not read("a.npy", GRAY / 510).notes


@pytest.mark.parametrize(
    ("ends", "kind"),
    [((0, 255), "f4"), ((-1, 1), "f8"), ((-1e-6, 1), "f4"), ((0, 1 + 2**-23), "f4")],
)
@pytest.mark.parametrize("name", ["a.npy", "a.tif"])
def test_floats_outside_0_to_1_are_refused_with_their_range_and_the_flag(write, name, ends, kind):
    pixels = np.where(GRAY > 99, *np.array(ends, kind if name == "a.npy" else "f4"))
    path = write(name, encoded(pixels, KINDS[Path(name).suffix]))
    problem = refusal(read_image, path)
    assert problem.code == "out-of-range"
    for part in (str(pixels.min()), str(pixels.max()), "--rescale"):
        assert part in problem.sentence
    assert set(read_image(path, 4096, rescale=True).values.ravel()) == {-1, 1}


@pytest.mark.parametrize("kind", ["int32", "uint32", "int64", "uint64"])
def test_whole_numbers_of_more_than_16_bits_are_refused_with_the_flag(write, kind):
    path = write("a.npy", encoded((GRAY // 4 + 20).astype(kind), "NPY"))
    problem = refusal(read_image, path)
    assert problem.code == "unsupported"
    for part in (kind.strip("uint"), "20 to 83", "--rescale"):
        assert part in problem.sentence
    expected = (GRAY.ravel() // 4) / 31.5 - 1
    signal = read_image(path, 4096, rescale=True)
    np.testing.assert_allclose(signal.values[:, 0], expected, rtol=0, atol=1e-7)


@pytest.mark.parametrize("name", ["a.tif", "a.npy"])
def test_rescaling_maps_the_lowest_and_highest_to_minus_1_and_1(read, name):
    low, high = float(FIELD.min()), float(FIELD.max())
    signal = read(name, FIELD, rescale=True)
    assert signal.peak == (high - low) / 2
    expected = 2 * (FIELD.ravel().astype(np.float64) - low) / (high - low) - 1
    np.testing.assert_allclose(signal.values[:, 0], expected, rtol=0, atol=1e-7)


def test_rescaling_uses_one_range_for_all_channels_and_for_what_is_cropped_away(read):
    field = np.where(np.indices((40, 40)).sum(0) % 2, 60, 20).astype(np.uint8)
    field[32:] = 100
    pixels = np.dstack([field, field // 2])  # 10 to 100 in the file, 10 to 60 in the crop
    signal = read("a.npy", pixels, 32 * 32, rescale=True)
    assert (signal.shape, signal.crop_start, signal.peak) == ((32, 32), 0, 45)
    np.testing.assert_allclose(
        signal.values, pixels[:32, :32].reshape(-1, 2) / 45 - 110 / 90, rtol=0, atol=1e-7
    )


@given(field=arrays(np.float64, (16, 17), elements=st.floats(-1e300, 1e300, width=64)))
def test_any_rescaled_floats_reach_exactly_minus_1_and_1_and_keep_their_order(
    field, tmp_path_factory
):
    assume(field.max() / 2 > field.min() / 2)
    path = tmp_path_factory.getbasetemp() / "any.npy"
    np.save(path, field)
    values = read_image(path, 4096, rescale=True).values[:, 0]
    assert (values.min(), values.max()) == (-1, 1)
    assert (np.diff(values[np.argsort(field.ravel())]) >= 0).all()


@pytest.mark.parametrize("ends", [(1, 1 + 2**-52), (-1.7e308, 1.7e308), (0, 1e-322)])
def test_ranges_at_the_edge_of_doubles_are_rescaled_too(read, ends):
    field = np.where(GRAY > 99, *ends)
    np.testing.assert_array_equal(np.unique(read("a.npy", field, rescale=True).values), [-1, 1])


def test_a_constant_image_cannot_be_rescaled(write):
    path = write("a.npy", encoded(np.full((20, 30), 300.0), "NPY"))
    for rescale in (False, True):
        refuses(partial(read_image, rescale=rescale), path, "constant", "300")


def test_a_photograph_has_the_numbers_of_the_documentation_in_every_type(shared_data, read):
    pixels = np.asarray(Image.open(shared_data / "images" / "ski_camera.png"))
    signals = [read(name, same, 1 << 18) for name, same in in_every_type(pixels).items()]
    for signal in signals:
        assert round(signal.psnr_zero, 2) == 4.77
        assert round(signal.descriptors["psi"], 4) == 0.3121
        assert not signal.notes
    twelve = pixels.astype(np.uint16) * 257 >> 4
    for rescale, zero, psi in ((False, 0.56, 0.2014), (True, 4.76, 0.3121)):
        signal = read("twelve.tif", twelve, 1 << 18, rescale=rescale)
        assert round(signal.psnr_zero, 2) == zero
        assert round(signal.descriptors["psi"], 4) == psi
