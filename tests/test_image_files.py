"""Reading an image or array: values, what is left out, crops, and hashes."""

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from inr_models.fitting.metrics import psnr_db
from search_spaces.descriptors import describe
from studies.engine.signals.images import read_image
from studies.engine.signals.riemann import cached_density
from studies.engine.signals.signal import coordinates, sha256_of
from tests.media import png, tiff

RNG = np.random.default_rng(0)
GRAY, COLOR = (RNG.integers(0, 256, shape, dtype=np.uint8) for shape in [(20, 30), (20, 30, 3)])
DEEP = RNG.integers(0, 65536, (20, 30), dtype=np.uint16)
SMOOTH = np.add.outer(np.arange(20), np.arange(30) * 4).astype(np.uint8)


@pytest.fixture
def save(tmp_path):
    """`save(name, pixels, **options)`: a file; the name's suffix is its format."""

    def save(name, pixels, **options):
        path = tmp_path / name
        if path.suffix == ".npy":
            np.save(path, pixels)
        else:
            image = pixels if isinstance(pixels, Image.Image) else Image.fromarray(pixels)
            image.save(path, **options)
        return path

    return save


def scaled(pixels, half=127.5):
    """[n, c] of [H, W] or [H, W, C]: what 0 to 2 * half becomes."""
    values = np.asarray(pixels) / half - 1
    return values.astype(np.float32).reshape(pixels.shape[0] * pixels.shape[1], -1)


def assert_reads(path, expected, shape=(20, 30), notes=()):
    signal = read_image(path, 4096)
    assert signal.shape == shape
    assert signal.values.dtype == np.float32
    np.testing.assert_array_equal(signal.values, expected)
    assert [note.removeprefix(f"{path}: ") for note in signal.notes] == list(notes)
    return signal


LOSSLESS = {"a.png": {}, "a.tif": {}, "b.TIFF": {"compression": "tiff_lzw"}, "a.npy": {}}


@pytest.mark.parametrize("name", LOSSLESS)
@pytest.mark.parametrize("pixels", [GRAY, COLOR])
def test_8_bits_become_v_over_127_5_minus_1_row_by_row(save, name, pixels):
    signal = assert_reads(save(name, pixels, **LOSSLESS[name]), scaled(pixels))
    assert signal.peak == 127.5
    assert (signal.channels, signal.num_samples, signal.file_samples) == (
        pixels.size // 600,
        600,
        600,
    )
    assert (signal.crop, signal.crop_start, signal.sample_rate) == ("whole", 0, None)


def test_webp_is_read_as_rgb(save):
    assert_reads(save("a.webp", COLOR, lossless=True), scaled(COLOR))
    assert_reads(save("b.webp", GRAY, lossless=True), scaled(np.dstack([GRAY] * 3)))


@pytest.mark.parametrize("pixels", [SMOOTH, np.dstack([SMOOTH, SMOOTH[::-1], SMOOTH[:, ::-1]])])
def test_jpeg_is_read_up_to_its_loss(save, pixels):
    signal = read_image(save("a.jpeg", pixels, quality=95, subsampling=0), 4096)
    assert signal.shape == (20, 30)
    assert np.abs(signal.values - scaled(pixels)).max() < 0.06


@pytest.mark.parametrize("name", LOSSLESS)
def test_gray_of_16_bits_keeps_them_all(save, name):
    assert len(np.unique(scaled(DEEP, 32767.5))) > 590
    signal = assert_reads(save(name, DEEP, **LOSSLESS[name]), scaled(DEEP, 32767.5))
    assert signal.peak == 32767.5


def test_the_byte_order_of_a_file_does_not_matter(save):
    assert_reads(save("a.npy", DEEP.astype(">u2")), scaled(DEEP, 32767.5))
    big = Image.frombytes("I;16B", (30, 20), DEEP.astype(">u2").tobytes())
    assert_reads(save("big.tif", big), scaled(DEEP, 32767.5))


def test_an_array_has_up_to_16_channels_and_any_memory_order(save):
    pixels = RNG.integers(0, 256, (20, 30, 16), dtype=np.uint8)
    assert_reads(save("a.npy", pixels), scaled(pixels))
    assert_reads(save("f.npy", np.asfortranarray(pixels)), scaled(pixels))
    assert_reads(save("one.npy", GRAY[..., None]), scaled(GRAY))


ALPHA = "its alpha channel is left out."
PALETTE = "a palette image, read as RGB."


@pytest.mark.parametrize("name", ["a.png", "a.tif"])
@pytest.mark.parametrize("pixels", [GRAY, COLOR])
def test_alpha_is_left_out_with_a_note(save, name, pixels):
    assert_reads(save(name, np.dstack([pixels, GRAY])), scaled(pixels), notes=[ALPHA])


def test_a_color_that_means_transparent_is_kept_with_a_note(save):
    assert_reads(save("a.png", COLOR, transparency=(1, 2, 3)), scaled(COLOR), notes=[ALPHA])
    assert_reads(save("b.png", DEEP, transparency=7), scaled(DEEP, 32767.5), notes=[ALPHA])


@pytest.mark.parametrize("name", ["a.png", "a.tif"])
def test_a_palette_is_read_as_rgb_with_a_note(save, name):
    image = Image.fromarray(COLOR).quantize(17)
    expected = scaled(np.asarray(image.convert("RGB")))
    assert_reads(save(name, image), expected, notes=[PALETTE])


@pytest.mark.parametrize("transparency", [3, bytes(range(0, 170, 10))])
def test_a_palette_with_transparency_keeps_the_colors_under_it(save, transparency):
    image = Image.fromarray(COLOR).quantize(17)
    path = save("a.png", image, transparency=transparency)
    assert_reads(path, scaled(np.asarray(image.convert("RGB"))), notes=[PALETTE, ALPHA])


def test_a_palette_with_an_alpha_channel_gives_both_notes(save):
    image = Image.fromarray(COLOR).quantize(17)
    expected = scaled(np.asarray(image.convert("RGB")))
    assert_reads(save("a.tif", image.convert("PA")), expected, notes=[PALETTE, ALPHA])


@pytest.mark.parametrize("name", ["a.png", "a.tif"])
def test_an_image_of_two_levels_is_minus_1_and_1(save, name):
    assert_reads(save(name, GRAY > 99), np.where(GRAY > 99, 1.0, -1.0).reshape(-1, 1))


@pytest.mark.parametrize("bits", [2, 4])
@pytest.mark.parametrize("suffix", [".tif", ".png"])
def test_pixels_of_2_and_4_bits_are_scaled_by_them(write, suffix, bits):
    packed = RNG.integers(0, 256, (32, 4 * bits), dtype=np.uint8)
    rows = np.insert(packed, 0, 0, axis=1).tobytes()
    content = tiff(packed.tobytes(), bits, 0) if suffix == ".tif" else png(32, 32, bits, 0, rows)
    levels = np.unpackbits(packed).reshape(-1, bits) @ 2 ** np.arange(bits)[::-1]
    signal = read_image(write(f"a{suffix}", content), 4096)
    expected = 2 * levels / (2**bits - 1) - 1
    np.testing.assert_allclose(signal.values[:, 0], expected, rtol=0, atol=1e-7)


@pytest.mark.parametrize("suffix", ["png", "tif", "webp"])
def test_of_several_images_the_first_is_read_with_a_note(save, suffix):
    more = {"save_all": True, "append_images": [Image.fromarray(COLOR[::-1].copy())]}
    lossless = {"lossless": True} if suffix == "webp" else {}
    path = save(f"a.{suffix}", COLOR, **more, **lossless)
    assert_reads(path, scaled(COLOR), notes=["only the first of its images is read."])


@pytest.mark.parametrize("orientation", range(1, 9))
@pytest.mark.parametrize("name", ["a.jpg", "a.png", "a.webp", "a.tif", "b.TIFF"])
@pytest.mark.parametrize("pixels", [GRAY, COLOR])
def test_pixels_are_not_turned_whatever_the_orientation_tag(save, name, orientation, pixels):
    options = LOSSLESS.get(name, {})
    plain = read_image(save(name, pixels, **options), 4096)
    exif = Image.Exif()
    exif[274] = orientation
    signal = read_image(save(name, pixels, exif=exif, **options), 4096)
    np.testing.assert_array_equal(signal.values, plain.values)
    noted = [f"orientation of {orientation}" in note for note in signal.notes]
    assert noted == [True] * (orientation > 1)


@pytest.mark.parametrize(
    ("shape", "at", "crop"),
    [
        ((100, 170), (32, 64), (32, 32)),
        ((100, 170, 3), (64, 128), (32, 32)),
        ((20, 200), (0, 96), (20, 32)),
        ((200, 20), (160, 0), (32, 20)),
    ],
)
def test_a_large_image_is_cropped_to_its_busiest_square(save, shape, at, crop):
    pixels = RNG.integers(100, 140, shape, dtype=np.uint8)
    # What is left beside the last whole square varies most of all, and is no square.
    for axis in (0, 1):
        left = np.swapaxes(pixels, 0, axis)[shape[axis] // crop[axis] * crop[axis] :]
        left[:] = RNG.choice([0, 255], left.shape)
    window = np.s_[at[0] : at[0] + crop[0], at[1] : at[1] + crop[1]]
    pixels[window] = RNG.integers(50, 200, pixels[window].shape, dtype=np.uint8)
    signal = read_image(save("a.png", pixels), 32 * 32 + 5)
    assert (signal.crop, signal.file_samples) == ("busiest", shape[0] * shape[1])
    assert (signal.shape, signal.num_samples) == (crop, crop[0] * crop[1])
    assert signal.crop_start == at[0] * shape[1] + at[1]
    np.testing.assert_array_equal(signal.values, scaled(pixels[window]))
    assert signal.descriptors == describe(signal.values.reshape(*crop, -1))


def test_a_signal_knows_its_hash_and_its_zero_output_psnr(save):
    signal = read_image(save("a.png", COLOR), 4096)
    assert signal.sha256 == sha256_of(signal.values, (20, 30))
    assert signal.psnr_zero == pytest.approx(psnr_db(np.mean(signal.values.astype(float) ** 2)))
    assert (signal.name, signal.shape) == ("a", (20, 30))


def test_the_same_pixels_are_the_same_signal_in_every_lossless_format(save):
    signals = [read_image(save(name, COLOR, **kw), 4096) for name, kw in LOSSLESS.items()]
    signals.append(read_image(save("a.webp", COLOR, lossless=True), 4096))
    assert len({signal.sha256 for signal in signals}) == 1
    again = read_image(save("a.png", COLOR), 4096)
    assert again == signals[0]
    np.testing.assert_array_equal(again.values, signals[0].values)


def test_the_hash_tells_shapes_of_the_same_samples_apart(save):
    samples = RNG.integers(0, 256, 512, dtype=np.uint8)
    wide, high = (read_image(save("a.png", samples.reshape(s)), 4096) for s in [(16, 32), (32, 16)])
    np.testing.assert_array_equal(wide.values, high.values)
    assert wide.sha256 != high.sha256


def test_coordinates_go_with_the_pixels_row_first(save):
    coords = coordinates((20, 30))
    assert coords.shape == (600, 2)
    np.testing.assert_array_equal(
        coords[[0, 29, 30 * 19, 599]], [(-1, -1), (-1, 1), (1, -1), (1, 1)]
    )
    rows, columns = np.meshgrid(np.linspace(-1, 1, 20), np.linspace(-1, 1, 30), indexing="ij")
    values = read_image(save("a.npy", np.dstack([rows, columns])), 4096, rescale=True).values
    np.testing.assert_allclose(values, coords, atol=1e-7)


def test_the_riemann_field_is_made_at_the_size_asked_for(tmp_path, monkeypatch, save):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.chdir(tmp_path)
    signal = read_image(Path("riemann"), 32 * 32 + 5)
    assert (signal.name, signal.source, signal.channels) == ("riemann", "riemann", 1)
    assert (signal.shape, signal.crop, signal.file_samples) == ((32, 32), "whole", 1024)
    field = cached_density(32)
    assert signal.peak == np.ptp(field) / 2, "it has no type whose range could scale it"
    np.testing.assert_allclose(
        signal.values[:, 0],
        np.interp(field.ravel(), [field.min(), field.max()], [-1, 1]),
        atol=1e-7,
    )
    save("riemann.png", GRAY).rename("riemann")
    assert read_image(Path("riemann"), 4096).shape == (20, 30), "a file of that name is read"
