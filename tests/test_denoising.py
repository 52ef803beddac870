"""A denoising study as a user runs it: no choice knows the clean signal."""

import dataclasses
import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import soundfile

import studies.audio_denoising
import studies.audio_denoising_search
import studies.image_denoising
from analysis.denoising.baselines import IMAGE_BASELINES, STRENGTHS, baselines
from analysis.denoising.methods import denoised_signal
from inr_models.fitting.held_out import Blind
from studies.engine.outcomes.signal_state import SignalState
from studies.engine.planning.points import snapshot_epochs
from studies.engine.planning.question import Prepared
from studies.engine.planning.resolving import resolve
from studies.engine.signals.audio import read_audio
from studies.engine.signals.images import read_image
from studies.engine.signals.signal import Signal
from studies.engine.signals.truth import clean_version
from studies.engine.store.store import Store, output_path, target_path, truth_path
from tests import commands
from tests.commands import refuse
from tests.fakes.runs import scored_row
from tests.outages import CLIP
from tests.refusals import refused

SCRIPT = studies.audio_denoising.__file__
STUDY = studies.audio_denoising.STUDY
SIZES = ("--scale", "small", "--epochs", "40", "--max-samples", "2048", "--signals", CLIP)


def prepared(**changes):
    """Return a run and its noisy signals, as a command makes them."""
    question = dataclasses.replace(STUDY.question, **changes)
    study = dataclasses.replace(STUDY, question=question)
    inputs = question.prepared([read_audio(CLIP, 2048)], read_audio)
    return resolve(study, "small", inputs.signals, changes={"max_samples": 2048}), inputs


@pytest.mark.slow
def test_a_study_chooses_blindly_and_scores_by_the_truth(tmp_path):
    results = tmp_path / "results"
    output = commands.run(SCRIPT, "run", results, *SIZES)
    frame = pd.read_parquet(results)
    assert set(frame["objective"]) == {"blind"}
    store = Store(str(results))
    (sha256,) = set(frame["sha256"])
    truth, noisy = store.read_array(truth_path(sha256)), store.read_array(target_path(sha256))
    assert truth is not None
    assert noisy is not None
    np.testing.assert_array_equal(truth, read_audio(CLIP, 2048).values)
    (folder,) = results.glob("_studies/audio_denoising-*")
    table = pd.read_parquet(folder / "denoising.parquet").set_index("method")
    networks = table[table["kind"] != "classical"]
    assert set(networks.index) == {
        "siren2", "finer_pp", "finer", "siren", "wire", "siren_scaled_omega", "eqn11_length",
        "eqn11_length_width", "by_setting",
    }  # fmt: skip
    assert networks["is_chosen"].sum() == 1
    assert networks["is_chosen"].idxmax() == networks["psnr_held_out"].idxmax()
    assert (table["regret_db"] >= -1e-9).all(), "the clean signal chooses no worse"
    held_out = ~Blind(share=0.1).is_fitted(np.linspace(-1, 1, 2048)[:, None])
    for key, psnr in zip(frame["key"], frame["metric_psnr_peak"], strict=True):
        best = store.read_array(output_path(key))
        assert best is not None
        error = np.square(best[held_out] - noisy[held_out], dtype=np.float64).mean()
        assert psnr == pytest.approx(-10 * np.log10(error), abs=1e-3)
        for epoch in snapshot_epochs(40):
            assert store.read_array(output_path(key, epoch)) is not None
    (wav,) = folder.glob("*-denoised.wav")
    samples, rate = soundfile.read(wav)
    assert (len(samples), rate) == (2048, soundfile.info(CLIP).samplerate)
    for score in networks["psnr"]:
        assert f"{score:.1f}" in output
    output = commands.run(SCRIPT, "run", results, *SIZES)
    assert "0 fits to run" in output
    run = json.loads((folder / "study.json").read_text())
    assert {rule["kind"] for rule in run["rules"].values()} == {"table"}
    output = commands.run(SCRIPT, "plan", results, *SIZES, "--snr", "10")
    assert "0 already done" in output


@pytest.mark.slow
@pytest.mark.long
def test_files_that_are_noisy_already_get_no_noise_and_no_score(tmp_path):
    results = tmp_path / "results"
    commands.run(SCRIPT, "run", results, *SIZES, "--is-noisy")
    frame = pd.read_parquet(results)
    assert set(frame["sha256"]) == {read_audio(CLIP, 2048).sha256}
    assert not (results / "_truths").exists()
    (folder,) = results.glob("_studies/audio_denoising-*")
    table = pd.read_parquet(folder / "denoising.parquet")
    assert table["psnr"].isna().all()
    assert table["regret_db"].isna().all()
    assert list(folder.glob("*-denoised.wav"))


def noisy_pair(folder, num=9000, level=0.1):
    """Write a clean sound that begins softly, and a noisy copy at half its level."""
    rng = np.random.default_rng(0)
    places = np.arange(num)
    clean = np.sin(0.05 * places) * np.linspace(0.1, 0.8, num)
    noisy = 0.5 * (clean + level * rng.standard_normal(num))
    for name, samples in (("clean", clean), ("noisy", noisy)):
        soundfile.write(folder / f"{name}.wav", samples, 8000, "FLOAT")
    return clean, noisy


def test_a_truth_from_a_file_is_cropped_and_scaled_as_the_noisy_one(tmp_path):
    clean, noisy = noisy_pair(tmp_path)
    signal = read_audio(tmp_path / "noisy.wav", 2048)
    assert signal.crop_start > 0
    truth = clean_version(signal, tmp_path / "clean.wav", read_audio)
    crop = slice(signal.crop_start, signal.crop_start + 2048)
    np.testing.assert_allclose(signal.values[:, 0], noisy[crop] / signal.peak, atol=1e-6)
    np.testing.assert_allclose(truth[:, 0], clean[crop] / signal.peak, atol=1e-6)


def test_a_truth_of_an_image_is_cropped_as_the_noisy_one(tmp_path):
    clean = np.random.default_rng(0).uniform(0.3, 0.6, (40, 60))
    clean[20:, 30:] = np.random.default_rng(1).uniform(0, 1, (20, 30))
    noisy = np.clip(clean + 0.05 * np.random.default_rng(2).standard_normal(clean.shape), 0, 1)
    np.save(tmp_path / "clean.npy", clean)
    np.save(tmp_path / "noisy.npy", noisy)
    signal = read_image(tmp_path / "noisy.npy", 400)
    assert signal.shape == (20, 20)
    truth = clean_version(signal, tmp_path / "clean.npy", read_image)
    row, column = divmod(signal.crop_start, 60)
    assert row == 20
    expected = 2 * clean[row : row + 20, column : column + 20] - 1
    np.testing.assert_allclose(truth.reshape(20, 20), expected, atol=1e-6)
    np.save(tmp_path / "turned.npy", clean.T)
    with refused("conflict", str(tmp_path / "turned.npy")):
        clean_version(signal, tmp_path / "turned.npy", read_image)


def test_what_is_no_truth_of_a_signal_is_refused(tmp_path, capsys):
    noisy_pair(tmp_path)
    soundfile.write(tmp_path / "short.wav", np.sin(np.arange(8000)), 8000)
    noisy = tmp_path / "noisy.wav"
    flags = ("run", "--scale", "small", "--results", tmp_path / "r", "--signals", noisy, "--truth")
    assert refuse(capsys, STUDY, *flags, noisy).code == "conflict"
    short = refuse(capsys, STUDY, *flags, tmp_path / "short.wav")
    assert (short.code, short.field) == ("conflict", str(tmp_path / "short.wav"))
    assert refuse(capsys, STUDY, *flags, tmp_path / "no.wav").code == "not-there"
    two = refuse(capsys, STUDY, *flags, tmp_path / "clean.wav", tmp_path / "short.wav")
    assert (two.code, two.field) == ("conflict", "--truth")


def test_a_truth_has_no_part_in_what_makes_a_run(tmp_path):
    noisy_pair(tmp_path)
    signals = [read_audio(tmp_path / "noisy.wav", 2048)]
    runs = {}
    for name, changes in (
        ("none", {"is_noisy": True}),
        ("truth", {"truth": [str(tmp_path / "clean.wav")]}),
    ):
        runs[name] = resolve(STUDY, "small", signals, changes={"max_samples": 2048, **changes})
    assert runs["none"].id == runs["truth"].id
    inputs = runs["truth"].question.prepared(signals, read_audio)
    assert inputs.signals[0].sha256 == signals[0].sha256
    assert inputs.truths.keys() == {signals[0].sha256}


@pytest.mark.parametrize("channels", [1, 3])
@pytest.mark.parametrize("method", IMAGE_BASELINES, ids=lambda method: method.name)
def test_the_unseen_samples_of_a_classical_method_score_its_output(method, channels):
    """Noise of one pixel says nothing of another's: what is unseen is off by noise and error."""
    rng = np.random.default_rng(0)
    rows, columns = np.mgrid[0:48, 0:48] / 48
    clean = np.repeat(0.6 * np.sin(5 * rows + 3 * columns)[..., None], channels, axis=-1)
    noisy = clean + 0.3 * rng.standard_normal(clean.shape)
    denoised = [
        d for d in baselines(noisy.reshape(-1, channels), (48, 48)) if d.name == method.name
    ]
    assert [d.output.shape for d in denoised] == [(48 * 48, channels)] * len(STRENGTHS)
    best = max(denoised, key=lambda d: d.held_out)
    error = np.mean(np.square(best.output.reshape(clean.shape) - clean))
    assert error < 0.3**2 / 2
    # The unseen error is that of the noise, and at most half as much again.
    noise = -20 * np.log10(0.3)
    assert noise - 10 * np.log10(1.5) < best.held_out < noise + 0.3


def test_nothing_that_is_fitted_or_chosen_holds_the_clean_signal():
    run, inputs = prepared()
    (signal,) = inputs.signals
    (truth,) = inputs.truths.values()
    assert inputs.truths.keys() == {signal.sha256}
    state = SignalState(run, signal)
    for fit in next(run.question.steps(state)).fits:
        assert fit.signal is signal
        assert fit.trial.objective == Blind(share=0.1)
    assert not np.array_equal(signal.values, truth)
    assert signal.descriptors != read_audio(CLIP, 2048).descriptors


def stored(inputs: Prepared, folder: Path) -> tuple[Signal, np.ndarray, Store]:
    """Store the noisy signal and its truth, as a run does."""
    (signal,), (truth,) = inputs.signals, inputs.truths.values()
    store = Store(str(folder))
    store.write_array(target_path(signal.sha256), signal.values)
    store.write_array(truth_path(signal.sha256), truth)
    return signal, truth, store


def test_the_blind_choice_is_that_of_the_held_out_samples_whatever_the_truth_says(tmp_path):
    """Planted outputs: the fit of the best held-out score is the worst by the clean signal."""
    run, inputs = prepared()
    signal, truth, store = stored(inputs, tmp_path)
    rows, cases = {}, {}
    state = SignalState(run, signal, rows)
    for number, point in enumerate(state.points):
        (key,) = state.keys(point, [0])
        rows[key] = scored_row(key, signal, 10.0 + number)
        store.write_array(output_path(key), truth + np.float32(0.01 * 1.2**number))
        cases.setdefault(point.case if point.kind != "rule" else point.name, []).append(number)
    of_name = {method.name: method for method in denoised_signal(state, store).methods}
    for case, numbers in cases.items():
        method = of_name[case]
        assert method.blind.held_out == 10.0 + numbers[-1]
        assert method.oracle is not None
        best, blind = 0.01 * 1.2 ** numbers[0], 0.01 * 1.2 ** numbers[-1]
        assert method.oracle.scores["PSNR"] == pytest.approx(-20 * np.log10(best), abs=0.01)
        assert method.regret == pytest.approx(20 * np.log10(blind / best), abs=0.01)


def test_each_seed_repeats_the_whole_choice(tmp_path):
    """Planted outputs of two seeds, of which the second chooses another setting than the first."""
    run, inputs = prepared()
    run = dataclasses.replace(run, scale=dataclasses.replace(run.scale, seeds=2))
    signal, truth, store = stored(inputs, tmp_path)
    rows = {}
    state = SignalState(run, signal, rows)
    points = [point for point in state.points if point.case == "siren2" and point.kind != "rule"]
    for seed in (0, 1):
        for number, point in enumerate(points):
            (key,) = state.keys(point, [seed])
            held_out = 20.0 - number if seed == 0 else 10.0 + number
            rows[key] = scored_row(key, signal, held_out, seed=seed)
            store.write_array(output_path(key), truth + np.float32(0.01 * (1 + number)))
    methods = {method.name: method for method in denoised_signal(state, store).methods}
    first, second = methods["siren2"].choices
    assert (first.seed, second.seed) == (0, 1)
    assert first.blind.held_out == 20.0
    assert second.blind.held_out == 9.0 + len(points)
    worst = -20 * np.log10(0.01 * len(points))
    assert second.blind.scores["PSNR"] == pytest.approx(worst, abs=0.01)
    assert methods["siren2"].scores["PSNR"] == pytest.approx((40 + worst) / 2, abs=0.01)
    assert methods["siren2"].deviation == pytest.approx((40 - worst) / np.sqrt(2), abs=0.01)
    assert methods["siren2"].oracle_psnr == pytest.approx(40, abs=0.01)
    assert methods["siren2"].regret == pytest.approx((40 - worst) / 2, abs=0.01)
    assert [choice.seed for choice in methods["wavelets"].choices] == [None]


@pytest.mark.parametrize(
    ("field", "flags"),
    [
        ("--snr", ("--snr", "inf")),
        ("--snr", ("--snr", "nan")),
        ("--sigma", ("--sigma", "-1")),
        ("--hold-out", ("--hold-out", "100%")),
        ("--hold-out", ("--hold-out", "1")),
    ],
)
def test_a_wrong_flag_is_refused(capsys, tmp_path, field, flags):
    problem = refuse(capsys, STUDY, "plan", "--results", tmp_path, *flags)
    assert problem.field == field
