"""Spectral centroids of images: the paper's, of the raster, and the radial one."""

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from search_spaces.descriptors import describe, raster_centroid
from studies.engine.signals.images import read_image


@pytest.mark.parametrize(
    ("name", "psi"),
    [
        ("noise1.png", 0.5934),
        ("camera.png", 0.3121),
        ("castle_512.jpg", 0.1097),
        ("rock_512.jpg", 0.4055),
    ],
)
def test_psi_is_the_papers_table_6(shared_data, name, psi):
    signal = read_image(shared_data / "paper" / "images" / name, 512 * 512)
    assert signal.crop == "whole"
    assert round(signal.descriptors["psi"], 4) == psi


@given(wave=st.integers(1, 15), channels=st.integers(1, 4))
def test_raster_psi_of_a_cosine_along_the_rows_is_its_frequency(wave, channels):
    cosine = np.cos(2 * np.pi * wave * np.arange(30) / 30) * np.ones((20, 1))
    pixels = np.dstack([cosine] * channels)
    assert raster_centroid(pixels) == pytest.approx(2 * wave / 30 / channels)


def test_raster_psi_sees_columns_as_low_frequencies():
    stripes = np.sign(np.cos(np.pi * np.arange(32)))[:, None] * np.ones((1, 32))
    assert raster_centroid(stripes[..., None].swapaxes(0, 1)) == pytest.approx(1)
    assert raster_centroid(stripes[..., None]) < 0.25


@given(i=st.integers(-9, 9), j=st.integers(-14, 14), phase=st.floats(0, 6))
def test_radial_psi_of_a_plane_wave_is_the_length_of_its_frequency(i, j, phase):
    assume((i, j) != (0, 0))
    rows, columns = np.indices((20, 30))
    wave = np.cos(2 * np.pi * (i * rows / 20 + j * columns / 30) + phase)
    assert describe(wave[..., None])["centroid"] == pytest.approx(2 * np.hypot(i / 20, j / 30))


@given(
    # Half precision, so that what varies is not rounding alone.
    pixels=arrays(np.float16, (8, 11, 2), elements=st.floats(0.5, 1, width=16)),
    factor=st.floats(1e-6, 1e6),
)
def test_radial_psi_does_not_change_with_turns_and_amplitude(pixels, factor):
    pixels = pixels.astype(np.float64)
    psi = describe(pixels)["centroid"]
    for same in (pixels.swapaxes(0, 1), np.rot90(pixels), pixels[::-1], -factor * pixels):
        assert describe(same)["centroid"] == pytest.approx(psi, nan_ok=True)
