"""Noise that is added, noise that is estimated, and the scores of what is left of it."""

import dataclasses
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import studies.audio_denoising
from analysis.denoising.baselines import IMAGE_BASELINES, SOUND_BASELINES, baselines
from analysis.denoising.scores import log_spectral_distance, scores
from inr_models.fitting.metrics import psnr_of_zero_db
from search_spaces.descriptors import describe
from search_spaces.descriptors.noise_floor import noise_deviation, without_noise
from studies.engine.signals.audio import read_audio
from studies.engine.signals.noise import deviation_for, with_noise
from studies.engine.signals.signal import Signal, sha256_of
from studies.questions import Denoising
from tests.refusals import refused

CLIP = Path(studies.audio_denoising.__file__).parent / "clips" / "guit_em9.flac"
T = np.arange(8192)
TONES = 0.4 * np.sin(0.05 * T) + 0.3 * np.sin(0.11 * T + 1)


def clean() -> Signal:
    return read_audio(CLIP, 8192)


@given(st.floats(-20, 40), st.integers(0, 99))
def test_the_noise_has_the_ratio_that_was_asked_for(snr, seed):
    signal = clean()
    assert signal.values is not None
    deviation = deviation_for(signal.values, snr)
    noisy = with_noise(signal, deviation, seed, "_x")
    assert noisy.values is not None
    noise = noisy.values - signal.values
    ratio = np.mean(signal.values.astype(float) ** 2) / np.mean(noise.astype(float) ** 2)
    # The mean square of n normal numbers deviates by sqrt(2 / n): five deviations are 0.33 dB.
    assert 10 * np.log10(ratio) == pytest.approx(snr, abs=0.35)
    assert psnr_of_zero_db(noise) == pytest.approx(signal.psnr_zero + snr, abs=0.35)


def test_a_noisy_signal_knows_nothing_of_the_clean_one():
    signal = clean()
    assert signal.values is not None
    noisy = with_noise(signal, 0.1, 0, "_x")
    assert noisy.values is not None
    samples = noisy.values[:, 0]
    assert noisy.sha256 == sha256_of(noisy.values, noisy.shape)
    assert noisy.descriptors == describe(samples)
    assert noisy.psnr_zero == psnr_of_zero_db(samples)
    for field in dataclasses.fields(Signal):
        own, other = getattr(noisy, field.name), getattr(signal, field.name)
        if isinstance(own, np.ndarray):
            assert not np.array_equal(own, other)
    assert noisy.name != signal.name


def test_every_signal_draws_noise_of_its_own_and_a_seed_repeats_it():
    signal = clean()
    other = dataclasses.replace(signal, sha256="f" * 64)
    first, again = (with_noise(signal, 0.1, 3, "").sha256 for _ in range(2))
    assert first == again
    assert with_noise(signal, 0.1, 4, "").sha256 != first
    assert with_noise(other, 0.1, 3, "").sha256 != first


@pytest.mark.parametrize("deviation", [0.0, -1.0, float("nan"), float("inf")])
def test_noise_of_no_deviation_is_refused(deviation):
    with refused("out-of-range", "--sigma"):
        with_noise(clean(), deviation, 0, "")


@pytest.mark.parametrize(
    ("field", "settings"),
    [
        ("--snr", {"snr": float("inf")}),
        ("--snr", {"snr": float("nan")}),
        ("--snr", {"snr": 1e9}),
        ("--sigma", {"sigma": -0.1}),
        ("--sigma", {"sigma": float("nan")}),
        ("--noise-seed", {"noise_seed": -1}),
        ("--noise-seed", {"noise_seed": 1 << 40}),
    ],
)
def test_a_wrong_setting_is_refused(field, settings):
    with refused("out-of-range", field):
        Denoising(**settings)


@given(st.floats(0.02, 0.5), st.integers(0, 999))
def test_the_floor_of_tones_in_noise_is_that_of_the_noise(deviation, seed):
    rng = np.random.default_rng(seed)
    noisy = TONES + deviation * rng.standard_normal(len(T))
    # The median of 256 exponential numbers deviates by 9 % in power. The least of 16 is taken.
    assert noise_deviation(noisy) == pytest.approx(deviation, rel=0.2)


def test_without_noise_the_centroid_is_nearer_to_that_of_the_clean_sound():
    signal = clean()
    assert signal.values is not None
    noisy = with_noise(signal, deviation_for(signal.values, 5), 0, "")
    assert noisy.values is not None
    estimate = describe(without_noise(noisy.values[:, 0]))["psi"]
    true, of_noisy = signal.descriptors["psi"], noisy.descriptors["psi"]
    assert abs(estimate - true) < 0.5 * abs(of_noisy - true)


def test_an_image_without_noise_keeps_its_mean_and_loses_power():
    rng = np.random.default_rng(0)
    picture = np.outer(np.linspace(0, 1, 64), np.linspace(0, 1, 48))
    noisy = picture + 0.2 * rng.standard_normal(picture.shape)
    left = without_noise(noisy)
    assert left.mean() == pytest.approx(noisy.mean())
    assert np.mean((left - picture) ** 2) < 0.7 * np.mean((noisy - picture) ** 2)


def test_scores_of_the_truth_itself_and_of_known_errors():
    truth = TONES[:, None]
    assert scores(truth, truth, (len(T),)) == {"PSNR": np.inf, "LSD": 0.0}
    half = scores(truth + 0.1, truth, (len(T),))
    assert half["PSNR"] == pytest.approx(20.0)
    assert log_spectral_distance(10 * TONES, TONES) <= 20.0
    picture = np.tile(np.linspace(-1, 1, 32), 32)[:, None]
    exact = scores(picture, picture, (32, 32))
    assert exact == {"PSNR": np.inf, "SSIM": pytest.approx(1.0), "MAE": 0.0}
    assert scores(picture + 0.1, picture, (32, 32))["MAE"] == pytest.approx(0.1)
    rng = np.random.default_rng(0)
    noise = rng.standard_normal(picture.shape)
    assert scores(picture + 0.3 * noise, picture, (32, 32))["SSIM"] < 0.9


def test_a_gain_shifts_all_levels_by_as_many_decibels():
    rng = np.random.default_rng(0)
    noise = rng.standard_normal(8192)  # fills all lines, so that none lies below the floor
    assert log_spectral_distance(2 * noise, noise) == pytest.approx(20 * np.log10(2), rel=1e-6)


@pytest.mark.parametrize("method", SOUND_BASELINES, ids=lambda m: m.name)
def test_every_method_for_sounds_removes_noise_from_tones(method):
    noisy = TONES + 0.2 * np.random.default_rng(0).standard_normal(len(T))
    best = min(np.mean((method.denoise(noisy, s) - TONES) ** 2) for s in (1.0, 3.0))
    assert best < 0.3 * np.mean((noisy - TONES) ** 2)


@pytest.mark.parametrize("method", IMAGE_BASELINES, ids=lambda m: m.name)
def test_every_method_for_images_removes_noise_from_an_edge(method):
    clean_image = np.where(np.arange(64) < 32, -0.5, 0.5) * np.ones((64, 1))
    picture = np.repeat(clean_image[..., None], 3, axis=-1)
    noisy = picture + 0.2 * np.random.default_rng(0).standard_normal(picture.shape)
    best = min(np.mean((method.denoise(noisy, s) - picture) ** 2) for s in (1.0, 2.0))
    assert best < 0.4 * np.mean((noisy - picture) ** 2)


def test_the_blind_choice_of_a_strength_is_nearly_as_good_as_the_best():
    noisy = (TONES + 0.2 * np.random.default_rng(1).standard_normal(len(T)))[:, None]
    of_method: dict[str, list[tuple[float, float]]] = {}
    for denoised in baselines(noisy, (len(T),)):
        psnr = scores(denoised.output, TONES[:, None], (len(T),))["PSNR"]
        of_method.setdefault(denoised.name, []).append((denoised.held_out, psnr))
    for name, candidates in of_method.items():
        blind, best = max(candidates)[1], max(psnr for _, psnr in candidates)
        worst = min(psnr for _, psnr in candidates)
        assert best - blind < 0.5 * (best - worst), name
