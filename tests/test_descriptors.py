"""Descriptors: closed forms, invariances, and what other libraries say of the same spectrum."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import signal, stats

from search_spaces.descriptors import (
    bandwidth_shares,
    describe,
    moments,
    over_time,
    shape,
    spectral_centroid,
    tilt,
)
from search_spaces.descriptors.spectrum import Spectrum, spectrum

N = 4096
T = np.arange(N)
SPECTRAL = (moments, bandwidth_shares, tilt, shape)


def tone(line: int, amplitude: float = 0.5) -> np.ndarray:
    """A cosine on line `line` of N/2."""
    return amplitude * np.cos(2 * np.pi * line * T / N)


def of(family, values) -> dict[str, float]:
    return family.describe(spectrum(values))


def white(seed: int = 0, size=N) -> np.ndarray:
    return np.random.default_rng(seed).standard_normal(size)


def test_the_magnitude_centroid_of_a_sound_without_mean_and_nyquist_is_the_papers_psi():
    values = white() + np.cumsum(white(1)) / 9
    values = values[:-1] - values[:-1].mean()  # an odd number of samples has no line at Nyquist
    assert of(moments, values)["centroid"] == pytest.approx(spectral_centroid(values), rel=1e-12)


def test_sums_over_lines_are_those_of_the_whole_spectrum_where_every_line_counts_once():
    """`rfft` shows one of the lines at +-f, but the line at Nyquist has no partner."""
    values = np.sin(2 * np.pi * 37 * T / N) + 0.1 * (-1.0) ** T
    described = of(bandwidth_shares, values)
    assert described["energy_above_0.5"] == pytest.approx(0.01 / (0.5 + 0.01), abs=1e-9)
    values = white(4) + 3 * (-1.0) ** T
    power = np.abs(np.fft.fft(values))[1:] ** 2
    away = np.abs(2 * np.fft.fftfreq(N))[1:]
    described = of(moments, values) | of(bandwidth_shares, values) | of(shape, values)
    assert described["centroid_power"] == pytest.approx((away * power).sum() / power.sum())
    assert described["centroid"] == pytest.approx((away * power**0.5).sum() / (power**0.5).sum())
    assert described["effective_bandwidth"] == pytest.approx(
        power.sum() ** 2 / (power**2).sum() / (N - 1)
    )
    assert described["flatness"] == pytest.approx(stats.gmean(power) / power.mean())
    assert described["crest_db"] == pytest.approx(10 * math.log10(power.max() / power.mean()))
    # A pair of lines counts as one, so the entropy of N - 1 lines falls by a factor of 2 each.
    entropy = stats.entropy(power) - math.log(2)
    assert described["entropy"] == pytest.approx(entropy / math.log((N - 1) / 2))


@given(st.integers(0, 100), st.integers(255, 258), st.floats(0, 1))
def test_low_pass_is_the_narrowest_filter_that_leaves_the_quality(seed, size, tilted):
    values = white(seed, size) + tilted * np.cumsum(white(seed + 1, size)) + 5 * tilted
    described, lines = describe(values), np.fft.rfft(values)
    errors = []
    for last in range(len(lines)):
        kept = np.where(np.arange(len(lines)) <= last, lines, 0)
        errors.append(((np.fft.irfft(kept, size) - values) ** 2).mean())
    psnr = -10 * np.log10(np.maximum(errors, 1e-30) / np.abs(values).max() ** 2)
    for quality in (30, 40, 50, 60):
        expected = 2 * np.argmax(psnr >= quality) / size
        assert described[f"low_pass_{quality}"] == pytest.approx(expected, abs=1e-12)


@given(st.integers(0, 100), st.floats(-5, 5), st.sampled_from([(256,), (255,), (16, 15, 1)]))
def test_psi_alone_sees_the_mean(seed, offset, size):
    values = white(seed, size)
    plain, shifted = describe(values), describe(values + offset)
    for name in plain.keys() - {"psi", *(f"low_pass_{q}" for q in (30, 40, 50, 60))}:
        assert shifted[name] == pytest.approx(plain[name], rel=1e-6, abs=1e-9, nan_ok=True), name
    values = values - values.mean()
    assert describe(values + 9)["psi"] < describe(values)["psi"]


def test_a_pure_tone_is_one_line():
    values = tone(1024)
    described = of(moments, values) | of(bandwidth_shares, values) | of(shape, values)
    assert described["centroid_power"] == pytest.approx(0.5, abs=1e-9)
    assert described["spread_power"] == pytest.approx(0, abs=1e-6)
    for percent in (50, 85, 95, 99):
        assert described[f"rolloff_{percent}"] == 0.5
    assert described["rms_frequency"] == pytest.approx(0.5, abs=1e-9)
    assert described["entropy"] == pytest.approx(0, abs=1e-6)
    # Half of the N - 1 lines that are not DC are at positive frequencies.
    assert described["participation"] == pytest.approx(2 / (N - 1), rel=1e-6)
    assert described["effective_bandwidth"] == pytest.approx(2 / (N - 1), rel=1e-6)
    assert described["crest_db"] == pytest.approx(10 * math.log10((N - 1) / 2), abs=1e-6)
    assert described["irregularity"] == pytest.approx(2, abs=1e-6)
    assert described["energy_above_0.25"] == pytest.approx(1)
    assert described["energy_above_0.5"] == pytest.approx(0, abs=1e-12)


@pytest.mark.parametrize(("low", "high", "a", "b"), [(400, 1600, 1.0, 1.0), (100, 900, 0.8, 0.4)])
def test_two_tones_have_the_moments_of_two_points(low, high, a, b):
    described = of(moments, tone(low, a) + tone(high, b))
    f1, f2 = 2 * low / N, 2 * high / N
    for name, w1, w2 in (("", a, b), ("_power", a**2, b**2)):
        mean = (f1 * w1 + f2 * w2) / (w1 + w2)
        variance = ((f1 - mean) ** 2 * w1 + (f2 - mean) ** 2 * w2) / (w1 + w2)
        third = ((f1 - mean) ** 3 * w1 + (f2 - mean) ** 3 * w2) / (w1 + w2)
        # Rounding leaves something in every other line, which magnitudes add up.
        assert described[f"centroid{name}"] == pytest.approx(mean, abs=1e-6)
        assert described[f"spread{name}"] == pytest.approx(math.sqrt(variance), abs=1e-6)
        assert described[f"skewness{name}"] == pytest.approx(third / variance**1.5, abs=1e-4)
    fractions = of(shape, tone(low, a) + tone(high, b))
    share = a**2 / (a**2 + b**2)
    entropy = -(share * math.log(share) + (1 - share) * math.log(1 - share))
    assert fractions["entropy"] == pytest.approx(entropy / math.log((N - 1) / 2), abs=1e-6)


def test_white_noise_is_even():
    values = white(size=1 << 17)
    described = of(moments, values) | of(bandwidth_shares, values) | of(tilt, values)
    described |= of(shape, values)
    assert described["centroid"] == pytest.approx(0.5, abs=0.005)
    assert described["spread_power"] == pytest.approx(1 / math.sqrt(12), abs=0.005)
    assert described["skewness_power"] == pytest.approx(0, abs=0.03)
    assert described["kurtosis_power"] == pytest.approx(9 / 5, abs=0.03)
    for percent in (50, 85, 95, 99):
        assert described[f"rolloff_{percent}"] == pytest.approx(percent / 100, abs=0.01)
    assert described["energy_above_0.25"] == pytest.approx(0.75, abs=0.01)
    assert described["low_to_high_db"] == pytest.approx(10 * math.log10(0.1 / 0.9), abs=0.2)
    assert described["exponent"] == pytest.approx(0, abs=0.1)
    assert described["slope"] == pytest.approx(0, abs=0.02)
    # Power of a line is exponential: geometric mean e^-gamma, second moment 2.
    assert described["flatness"] == pytest.approx(math.exp(-np.euler_gamma), abs=0.01)
    assert described["participation"] == pytest.approx(0.5, abs=0.01)


@pytest.mark.parametrize("alpha", [0.5, 1.0, 2.0])
def test_the_exponent_of_1_over_f_noise_is_found(alpha):
    rng = np.random.default_rng(3)
    lines = np.zeros(1 + N // 2, complex)
    lines[1:] = np.arange(1, 1 + N // 2) ** (-alpha / 2) * np.exp(2j * np.pi * rng.random(N // 2))
    lines[-1] = abs(lines[-1])
    assert of(tilt, np.fft.irfft(lines))["exponent"] == pytest.approx(alpha, abs=0.02)


def test_slope_and_decrease_are_peeters():
    magnitude, frequency = np.array([4.0, 3.0, 2.0, 1.0]), np.linspace(0.2, 0.8, 4)
    described = tilt.describe(Spectrum(frequency, magnitude, np.ones(4)))
    line = stats.linregress(frequency, magnitude / magnitude.mean())
    assert described["slope"] == pytest.approx(line.slope)
    assert described["decrease"] == pytest.approx((-1 / 1 - 2 / 2 - 3 / 3) / (3 + 2 + 1))


def test_scipy_agrees_on_entropy_flatness_and_moments():
    values = white(size=N - 1)  # no line at Nyquist
    lines, described = spectrum(values), of(shape, values)
    assert described["entropy"] == pytest.approx(
        stats.entropy(lines.power) / math.log(len(lines.power))
    )
    assert described["flatness"] == pytest.approx(stats.gmean(lines.power) / lines.power.mean())
    counts = np.round(lines.power / lines.power.max() * 1000).astype(int)
    drawn = np.repeat(lines.frequency, counts)
    exact = moments.moments(lines.frequency, counts.astype(float))
    assert exact.skewness == pytest.approx(stats.skew(drawn))
    assert exact.kurtosis == pytest.approx(stats.kurtosis(drawn, fisher=False))
    assert exact.spread == pytest.approx(drawn.std())


@given(st.integers(0, 100), st.floats(1e-3, 1e3), st.integers(1, 255))
def test_spectral_descriptors_do_not_see_amplitude_time_reversal_or_a_circular_shift(seed, a, by):
    values = white(seed, 256) + np.cumsum(white(seed + 1, 256))
    for family in SPECTRAL:
        expected = of(family, values)
        for changed in (a * values, -values, values[::-1], np.roll(values, by)):
            assert of(family, changed) == pytest.approx(expected, rel=1e-6, abs=1e-9, nan_ok=True)


@given(st.integers(0, 100), st.floats(1e-3, 1e3))
def test_change_over_time_does_not_see_amplitude(seed, a):
    values = white(seed, 600) * np.linspace(0, 1, 600)
    assert over_time.describe(a * values) == pytest.approx(over_time.describe(values), rel=1e-6)


@pytest.mark.parametrize("axes", [2, 3])
def test_a_plane_wave_of_an_image_or_a_volume_is_one_radius(axes):
    grid = np.meshgrid(*[np.arange(32)] * axes, indexing="ij")
    values = np.cos(2 * np.pi * (3 * grid[0] + 4 * grid[1]) / 32)
    described = of(moments, values) | of(bandwidth_shares, values)
    assert described["centroid_power"] == pytest.approx(2 * 5 / 32, abs=1e-9)
    assert described["rolloff_95"] == pytest.approx(2 * 5 / 32, abs=1e-9)
    noise = white(size=(24,) * axes)
    for family in SPECTRAL[:2]:
        turned = of(family, noise.swapaxes(0, 1))
        assert turned == pytest.approx(of(family, noise), rel=1e-9)


def test_a_sound_that_does_not_change_has_no_flux_and_a_chirp_moves_its_centroid():
    steady, chirp = over_time.describe(tone(512)), over_time.describe(signal.chirp(T, 0, N, 0.4))
    assert steady["flux"] < 1e-6
    assert steady["nonstationarity"] < 1e-6
    # From 0 to 0.8 of Nyquist, evenly.
    assert chirp["nonstationarity"] == pytest.approx(0.8 / math.sqrt(12), rel=0.05)
    assert chirp["flux"] > 0.05


def test_silence_crest_and_crossings_are_counted():
    values = tone(512, 1.0)
    values[N // 2 :] = 0
    described = over_time.describe(values)
    assert described["silence"] == pytest.approx(0.5, abs=0.05)
    whole = over_time.describe(tone(512, 1.0))
    assert whole["crest_factor_db"] == pytest.approx(20 * math.log10(math.sqrt(2)), abs=1e-6)
    assert whole["zero_crossings"] == pytest.approx(2 * 512 / N, rel=0.01)


def test_hjorth_of_a_slow_tone_is_its_frequency_and_a_complexity_of_one():
    described = over_time.describe(tone(8))
    assert described["mobility"] == pytest.approx(2 * math.pi * 8 / N, rel=1e-2)
    assert described["complexity"] == pytest.approx(1, rel=1e-2)


@pytest.mark.parametrize("values", [np.zeros(256), np.full(256, 0.3)])
def test_what_has_no_spectrum_has_nan_and_no_crash(values):
    described = describe(values)
    assert [name for name, value in described.items() if math.isinf(value)] == []
    assert math.isnan(described["entropy"])
    assert math.isnan(described["rolloff_85"])


def test_magnitude_and_power_can_tell_a_different_story():
    """Faint noise under a low tone: half of the magnitudes, hardly any power."""
    values = tone(20, 1.0) + 0.01 * white()
    described = of(moments, values)
    assert described["centroid"] > 10 * described["centroid_power"]
