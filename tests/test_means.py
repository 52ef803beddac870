"""A signal with a mean: the best constant's score, psi and the other descriptors, the notes."""

import copy
import dataclasses
import math
from pathlib import Path

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from benchmarks.large_store import made_up_row
from inr_models import FitConfig, Siren2Config, fit, make_network
from inr_models.fitting.metrics import psnr_db, psnr_of_constant_db, psnr_of_zero_db
from search_spaces.descriptors import describe, spectral_centroid
from studies import audio_grid
from studies.command.cli import main
from studies.engine.outcomes.notes import MOST_NAMES, notes_on
from studies.engine.outcomes.signal_state import SignalState
from studies.engine.planning.resolving import resolve
from studies.engine.planning.run import run_json
from studies.engine.signals.audio import read_audio
from studies.engine.signals.images import read_image
from studies.engine.store.rows import signal_from_row, signal_row
from studies.engine.store.store import Store
from tests.fakes.runs import make_run, make_signal
from tests.test_report import make_results, page_of

SEES_THE_PEAK = {f"low_pass_{quality}" for quality in (30, 40, 50, 60)}


def best_constant_db(values: np.ndarray) -> float:
    """-10 log10 of the least mean squared error of a constant, in exact sums of float64."""
    errors = []
    for channel in np.asarray(values, np.float64).T:
        mean = math.fsum(channel) / len(channel)
        errors.append(math.fsum((x - mean) ** 2 for x in channel) / len(channel))
    return -10 * math.log10(math.fsum(errors) / len(errors))


def hiss(num_samples: int = 2048) -> np.ndarray:
    """High frequencies around 0, of standard deviation 0.0128."""
    noise = np.diff(np.random.default_rng(0).standard_normal(num_samples + 1))
    noise -= noise.mean()
    return 0.0128 * noise / noise.std()


@given(
    st.integers(0, 1000), st.integers(2, 400), st.integers(1, 4), st.floats(-6, 0), st.floats(-1, 1)
)
def test_no_constant_scores_above_the_mean_of_each_channel(seed, num, channels, log_size, offset):
    rng = np.random.default_rng(seed)
    offsets = offset * rng.uniform(-1, 1, channels)
    values = (10**log_size * rng.standard_normal((num, channels)) + offsets).astype(np.float32)
    score = psnr_of_constant_db(values)
    assert score == pytest.approx(best_constant_db(values), abs=1e-6)
    assert score >= psnr_of_zero_db(values) - 1e-9
    exact = values.astype(np.float64)
    means = exact.mean(axis=0)
    assert score == pytest.approx(float(psnr_db(np.square(exact - means).mean())), abs=1e-6)
    other = means + 10**log_size * rng.standard_normal(channels)
    assert score >= float(psnr_db(np.square(exact - other).mean())) - 1e-9


def test_without_a_mean_the_best_constant_is_zero_output():
    values = hiss()[:, None]
    assert psnr_of_constant_db(values) == pytest.approx(psnr_of_zero_db(values), abs=1e-9)


@pytest.mark.parametrize("channels", [1, 3])
def test_an_image_and_a_sound_know_the_best_constant_of_their_samples(tmp_path, make_wav, channels):
    rng = np.random.default_rng(channels)
    pixels = np.clip(rng.normal([200, 90, 40][:channels], 12, (20, 30, channels)), 0, 255)
    Image.fromarray(pixels.astype(np.uint8).squeeze()).save(tmp_path / "a.png")
    sound = make_wav("b.wav", 0.2 + 0.1 * rng.uniform(-1, 1, (600, channels)))
    for signal in (read_image(tmp_path / "a.png", 4096), read_audio(sound, 512)):
        assert signal.psnr_constant == pytest.approx(best_constant_db(signal.values), abs=1e-9)
        assert signal.psnr_constant > signal.psnr_zero + 5
        (stored,) = stored_signals(tmp_path / signal.name, signal)
        assert signal_from_row(stored) == signal


def stored_signals(folder: Path, *signals) -> list[dict]:
    store = Store(str(folder))
    store.add_signals(map(signal_row, signals))
    return store.signals().to_pylist()


def test_a_signal_of_an_earlier_version_knows_no_constant_unless_it_has_its_samples(tmp_path):
    signal = make_signal(n=600)
    (row,) = stored_signals(tmp_path, signal)
    stored = signal_from_row(row)
    assert stored.psnr_constant is None
    values = hiss(600).astype(np.float32)[:, None]
    unpacked = dataclasses.replace(stored, values=values)
    assert unpacked.psnr_constant == psnr_of_constant_db(values)


def test_psi_counts_the_mean_as_eqn_10_has_it():
    values, offset = hiss(), 0.3
    lines = np.abs(np.fft.rfft(values)).sum()
    diluted = spectral_centroid(values) * lines / (lines + offset * len(values))
    assert spectral_centroid(values + offset) == pytest.approx(diluted, rel=1e-9)
    assert spectral_centroid(values) == pytest.approx(0.637, abs=5e-4)
    assert spectral_centroid(values + offset) == pytest.approx(0.277, abs=5e-4)


def test_no_descriptor_but_psi_sees_an_offset_except_through_the_peak():
    values = hiss()
    plain, moved = describe(values), describe(values + 0.3)
    changed = {name for name in plain if moved[name] != pytest.approx(plain[name], rel=1e-6)}
    assert {"psi"} <= changed <= {"psi"} | SEES_THE_PEAK


def test_the_mean_in_the_output_bias_gives_a_fit_of_the_rest_back_to_the_signal():
    """Check what docs/rules.md says: the error stays, and training from there is the same."""
    samples = np.stack([0.3 + hiss(400), 0.1 * np.sin(np.arange(400) / 9) - 0.6], 1)
    values, mean = torch.from_numpy(samples).float(), torch.from_numpy(samples.mean(axis=0)).float()
    coords, training = torch.linspace(-1, 1, 400)[:, None], FitConfig(epochs=30, learning_rate=1e-3)
    config = Siren2Config(width=16, depth=2, s0=50.0, s1=1.0)
    network = make_network(config, in_features=1, out_features=2, seed=0)
    moved = copy.deepcopy(network)
    [(_, of_rest)] = fit([network], coords, values - mean, training)
    network.load_state_dict(of_rest.best_weights, strict=False)
    network.layers[-1].bias.data += mean
    error = (network(coords) - values).detach().double().square().mean()
    assert float(psnr_db(error)) == pytest.approx(of_rest.psnr_peak, abs=1e-3)
    moved.layers[-1].bias.data += mean
    [(_, from_mean)] = fit([moved], coords, values, training)
    assert from_mean.psnr == pytest.approx(of_rest.psnr, abs=0.01)


def signal_with(name: str, zero: float, constant: float | None):
    return dataclasses.replace(make_signal(name), psnr_zero=zero, psnr_constant=constant)


def test_a_note_names_the_signals_whose_mean_is_large():
    signals = [
        signal_with("plain", 10, 10.0), signal_with("below", 10, 11.0),
        signal_with("moon", 7.4, 11.8), signal_with("page", 3.5, 7.5),
    ]  # fmt: skip
    (note,) = notes_on(make_run(*signals), signals)
    assert "2 clips, moon (+4.4 dB), page (+4.0 dB): " in note
    assert "plain" not in note
    assert "below (" not in note
    assert notes_on(make_run(*signals), signals[:2]) == []


def test_a_note_names_the_signals_whose_constant_is_not_known():
    signals = [signal_with(f"clip{i}", 10, None) for i in range(MOST_NAMES + 3)]
    (note,) = notes_on(make_run(*signals), signals)
    assert f"{MOST_NAMES + 3} clips, clip0, " in note
    assert ", 3 more: " in note
    both = [signal_with("loud", 1, 9.0), signals[0]]
    assert len(notes_on(make_run(*both), both)) == 2


def test_plan_status_and_the_page_have_the_note(tmp_path, make_wav, capsys):
    path = make_wav("offset.wav", 0.3 + hiss())
    signal = read_audio(path, 2048)
    run, store = resolve(audio_grid.STUDY, "small", [signal]), Store(str(tmp_path / "results"))
    state = SignalState(run, signal)
    keys = {state.trial(p, seed).key: (p, seed) for p in state.points for seed in run.seeds}
    rows = {
        key: made_up_row(run.study, signal, state.trial(*at))[0]
        | {"metric_psnr_peak": 40.0, "status": "ok"}
        for key, at in keys.items()
    }
    store.append(rows.values())
    store.add_signals([signal_row(signal)])
    store.write_bytes(f"{run.folder}/study.json", run_json(run))
    for verb in ("plan", "status"):
        flags = ["--scale", "small", "--signals", str(path), "--results", store.results]
        with pytest.raises(SystemExit) as stop:
            main(audio_grid.STUDY, [verb, *flags])
        assert stop.value.code == 0
        assert "note 1 clip, offset (+27.4 dB): " in capsys.readouterr().out
    page = page_of(make_results(run, signal, rows, store))
    assert "1 clip, offset (+27.4 dB): " in page
