"""The pictures of errors say what the arrays say, whatever a network is called or has done."""

import base64
import html
import io
import math
import re
from xml.etree import ElementTree

import numpy as np
import pytest
from matplotlib.figure import Figure
from PIL import Image

from analysis.comparison import error_plots
from analysis.comparison.error_plots import (
    fft_error_maps,
    spectrogram_errors,
    spectrogram_outputs,
)
from analysis.comparison.error_spectra import image_spectra, spectrograms
from analysis.reporting.drawing import Drawing
from tests.refusals import refused

RATE = 8000
NASTY = 'a$_$b <i> "x" & \\c'


def texts(drawing: Drawing) -> list[str]:
    """The lines of text drawn; matplotlib keeps each in a comment beside its glyphs."""
    ElementTree.fromstring(drawing.svg)
    return [html.unescape(text) for text in re.findall(r"<!-- (.*?) -->", drawing.svg)]


def tone(frequency: float, n: int = 16_000) -> np.ndarray:
    return np.sin(2 * np.pi * frequency / RATE * np.arange(n))[:, None].astype(np.float32)


def wave(cycles_down: int, cycles_across: int, high: int = 32, wide: int = 48) -> np.ndarray:
    i, j = np.mgrid[:high, :wide]
    phase = cycles_down * i / high + cycles_across * j / wide
    return np.cos(2 * np.pi * phase)[:, :, None].astype(np.float32)


def noise(*shape: int, seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).uniform(-1, 1, shape).astype(np.float32)


@pytest.fixture
def draw(monkeypatch):
    """`draw(function, ...)`: the figure behind the SVG."""
    figures: list[Figure] = []
    drawing_of = error_plots.drawing_of

    def keep(figure: Figure) -> Drawing:
        figures.append(figure)
        return drawing_of(figure)

    monkeypatch.setattr(error_plots, "drawing_of", keep)

    def draw(function, *arguments) -> Figure:
        function(*arguments)
        return figures.pop()

    return draw


def maps(figure: Figure) -> list:
    """The drawn spectra; pictures are RGB."""
    images = [image for axes in figure.axes for image in axes.images]
    return [image for image in images if np.ndim(image.get_array()) == 2]


def test_the_titles_have_the_psnr_of_the_formula():
    for values, figure in (
        (noise(4000, 1), lambda v, o: spectrogram_errors(v, o, RATE)),
        (noise(24, 32, 3), fft_error_maps),
    ):
        outputs = {"SIREN": 0.9 * values, "FINER": values + 0.003 * noise(*values.shape, seed=1)}
        shown = texts(figure(values, outputs))
        for name, output in outputs.items():
            mse = np.mean((values.astype(np.float64) - output) ** 2)
            at = shown.index(name)
            assert shown[at + 1] == f"PSNR {-10 * math.log10(mse):.1f} dB"


def test_an_errors_spectrogram_peaks_at_its_tone_while_it_sounds():
    truth = tone(500)
    error = 0.01 * tone(2500)
    error[: len(error) // 2] = 0
    spectra = spectrograms(truth, {"a": truth - error}, RATE)
    db = spectra.errors["a"]
    assert db is not None
    assert db.shape == spectra.truth.shape == (len(spectra.y), len(spectra.x))
    row, column = np.unravel_index(np.argmax(db), db.shape)
    assert spectra.y[row] == pytest.approx(2.5, abs=RATE / 1000 / len(spectra.y))
    assert 1 < spectra.x[column] <= 2
    # A hundredth of the ground truth's tone, wherever in its bin either lies (Hann: 1.4 dB).
    assert db.max() == pytest.approx(-40, abs=1.5)
    assert db[:, spectra.x < 0.9].max() < -100
    assert spectra.truth.max() == 0


def test_an_images_error_peaks_at_its_wave_and_its_mirror():
    truth = 0.5 + 0.4 * wave(2, 1)
    error = 0.004 * wave(-5, 12)
    spectra = image_spectra(truth, {"a": truth - error})
    db = spectra.errors["a"]
    assert db is not None
    peaks = {(spectra.y[i], spectra.x[j]) for i, j in np.argwhere(db > db.max() - 1)}
    assert peaks == {(-5 / 32, 12 / 48), (5 / 32, -12 / 48)}
    # Relative to the wave, not to the mean of the ground truth.
    assert db.max() == pytest.approx(-40, abs=0.01)


def test_windows_grow_with_the_root_of_the_length():
    assert len(spectrograms(noise(256, 1), {}, RATE).y) == 17
    assert len(spectrograms(noise(150_000, 1), {}, RATE).y) == 513


def test_without_a_rate_axes_are_in_samples_and_shares_of_nyquist():
    values = noise(1000, 1)
    spectra = spectrograms(values, {"a": 0 * values}, None)
    assert (spectra.y[0], spectra.y[-1]) == (0, 1)
    assert spectra.x[-1] == pytest.approx(1000, abs=spectra.x[1])
    assert {"sample", "frequency (share of Nyquist)"} <= set(
        texts(spectrogram_errors(values, {"a": 0 * values}, None))
    )
    assert {"time (s)", "frequency (kHz)"} <= set(
        texts(spectrogram_errors(values, {"a": 0 * values}, RATE))
    )


def test_all_panels_and_the_bar_share_one_scale(draw):
    sound, image = noise(4000, 1), noise(24, 32, 1)
    for figure in (
        draw(spectrogram_errors, sound, {"a": 0.5 * sound, "b": 0.9999 * sound}, RATE),
        draw(fft_error_maps, image, {"a": 0.5 * image, "b": 0.9999 * image}),
    ):
        (bar,) = (axes for axes in figure.axes if axes.get_label() == "<colorbar>")
        (scale,) = {drawn.get_clim() for drawn in maps(figure)}
        assert len(maps(figure)) == 3
        low, high = scale
        assert (low, high) == (pytest.approx(bar.get_ylim()[0]), 0)
        # Of the quietest error more is seen than its peaks.
        assert np.mean(maps(figure)[2].get_array() > low) > 0.9


def test_outputs_have_the_colours_of_their_errors(draw):
    sound = noise(4000, 1)
    arguments = sound, {"a": 0.5 * sound, "b": 0.9999 * sound}, RATE
    errors, outputs = draw(spectrogram_errors, *arguments), draw(spectrogram_outputs, *arguments)
    assert {m.get_clim() for m in maps(errors)} == {m.get_clim() for m in maps(outputs)}
    original, half, _ = (m.get_array() for m in maps(outputs))
    above = half > half.min()
    assert np.allclose((original - half)[above], 20 * math.log10(2), atol=1e-3)


def test_no_peak_of_an_error_vanishes_among_pixels(draw):
    truth = noise(500, 410, 1)
    outputs = {"a": truth - 0.3 * wave(101, 173, 500, 410)}
    _, drawn = maps(draw(fft_error_maps, truth, outputs))
    db = image_spectra(truth, outputs).errors["a"]
    assert db is not None
    assert drawn.get_array().size < db.size
    assert drawn.get_array().max() == db.max()


def test_an_exact_network_has_infinite_psnr_and_an_empty_map():
    sound, image = noise(256, 1), noise(16, 16, 3)
    spectra = spectrograms(sound, {"same": sound}, RATE)
    assert spectra.psnr["same"] == math.inf
    assert np.all(spectra.errors["same"] == -math.inf)
    assert "PSNR ∞ (exact)" in texts(spectrogram_errors(sound, {"same": sound}, RATE))
    assert "PSNR ∞ (exact)" in texts(fft_error_maps(image, {"same": image}))


@pytest.mark.parametrize("bad", [math.nan, math.inf])
def test_a_diverged_network_is_said_to_be_and_spoils_no_other(bad):
    sound, image = noise(256, 1), noise(16, 16, 3)
    broken_sound, broken_image = sound.copy(), image.copy()
    broken_sound[7] = broken_image[3, 4, 1] = bad
    spectra = spectrograms(sound, {"a": broken_sound, "b": 0 * sound}, RATE)
    assert spectra.errors["a"] is None
    assert math.isnan(spectra.psnr["a"])
    assert spectra.floor == spectrograms(sound, {"b": 0 * sound}, RATE).floor
    shown = texts(spectrogram_errors(sound, {"a": broken_sound, "b": 0 * sound}, RATE))
    assert shown.count("diverged") == shown.count("PSNR –") == 1
    assert texts(fft_error_maps(image, {"a": broken_image})).count("diverged") == 2


def test_names_are_plain_text_and_long_ones_keep_both_ends():
    sound, image = noise(256, 1), noise(16, 16, 1)
    outputs = {NASTY: 0 * sound, "SIREN² of a kind with a long name, width 256": sound / 2}
    shown = texts(spectrogram_errors(sound, outputs, RATE))
    assert shown.count(NASTY) == 1
    assert "SIREN² of a kin…e, width 256" in shown
    assert NASTY in texts(fft_error_maps(image, {NASTY: 0 * image}))


@pytest.mark.parametrize("count", [1, 3, 4, 8])
def test_every_network_has_its_panels(count, draw):
    sound, image = noise(256, 1), noise(16, 24, 3)
    names = [f"network {number}" for number in range(count)]
    figure = draw(spectrogram_errors, sound, dict.fromkeys(names, 0 * sound), RATE)
    assert [axes.get_title("left").split("\n")[0] for axes in figure.axes[1:-1]] == names
    figure = draw(fft_error_maps, image, dict.fromkeys(names, 0 * image))
    assert len(figure.axes) == 2 * (1 + count) + 1  # the bar
    assert len(maps(figure)) == 1 + count


def test_of_two_channels_the_first_is_shown_and_said_to_be():
    image = noise(16, 24, 2)
    assert "16 × 24, first of 2 channels" in texts(fft_error_maps(image, {"a": 0 * image}))


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize("shape", [(600, 12, 1), (12, 600, 3), (2, 3, 1)])
def test_a_strips_picture_keeps_its_proportions(shape, draw):
    image = noise(*shape)
    figure = draw(fft_error_maps, image, {"a": 0 * image})
    assert figure.axes[0].get_aspect() == 1
    assert figure.axes[0].images[0].get_extent() == [0, shape[1], shape[0], 0]


def test_an_output_of_another_shape_is_refused():
    with refused("wrong-kind", "a", (256,), (256, 1)):
        spectrogram_errors(noise(256, 1), {"a": noise(256)}, RATE)


def test_the_worst_case_stays_below_300_kb():
    sound, image = noise(150_000, 1), noise(512, 512, 3)
    outputs = {f"network {n}": sound - 0.1**n * noise(150_000, 1, seed=n) for n in range(8)}
    assert len(spectrogram_errors(sound, outputs, 44_100).svg) < 300_000
    outputs = {f"network {n}": image - 0.1**n * noise(512, 512, 3, seed=n) for n in range(7)}
    assert len(fft_error_maps(image, outputs).svg) < 300_000


def test_small_maps_have_the_colours_that_matplotlib_drew(monkeypatch):
    sound = noise(256, 1)

    def pixels(svg: str) -> list[np.ndarray]:
        pictures = re.findall(r"data:image/png;base64,\s*([^\"]+)", svg)
        files = (io.BytesIO(base64.b64decode(data)) for data in pictures)
        return [np.asarray(Image.open(file).convert("RGB")) for file in files]

    small = pixels(spectrogram_errors(sound, {"a": sound / 2}, RATE).svg)
    monkeypatch.setattr(error_plots, "_small", lambda drawing: drawing)
    drawn = pixels(spectrogram_errors(sound, {"a": sound / 2}, RATE).svg)
    assert len(small) == len(drawn) == 3  # the bar is the third
    assert all(np.array_equal(a, b) for a, b in zip(small, drawn, strict=True))
