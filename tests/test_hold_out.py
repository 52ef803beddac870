"""`--hold-out`: what a fit reaches between the samples that it fits."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

import studies.audio_architectures
import studies.audio_grid
import studies.audio_search
from analysis.regret.stored import trained
from inr_models.fitting.held_out import HeldOut, held_out, psnr_of_band_limited_db
from inr_models.fitting.metrics import psnr_of_zero_db
from inr_models.fitting.objective import REGRESSION
from studies.engine.signals.audio import read_audio
from studies.engine.store.store import Store
from tests import commands
from tests.commands import refuse
from tests.fakes.runs import stored_row
from tests.outages import AUDIO_GRID, CLIP, SIZES


@pytest.mark.slow
def test_a_grid_shows_the_best_cells_for_the_fit_and_between_the_samples(tmp_path):
    results = tmp_path / "results"
    flags = (*SIZES, "--signals", CLIP, "--hold-out", "2")
    output = commands.run(AUDIO_GRID, "run", results, *flags)
    assert "between the samples" in output
    frame = pd.read_parquet(results)
    assert set(frame["objective"]) == {"held_out"}
    signal = read_audio(CLIP, 2048)
    assert signal.values is not None
    fitted = signal.values[::2]
    assert frame["metric_psnr_zero"].iloc[0] == psnr_of_zero_db(fitted)
    limit = psnr_of_band_limited_db(signal.values, signal.shape, 2)
    assert frame["metric_psnr_band_limit"].unique() == [limit]
    cells = frame[(frame["network"] == "siren2") & (frame["seed"] == 0)]
    scored = frame[frame["seed"] >= 100]
    for metric in ("metric_psnr_peak", "metric_psnr_held_out"):
        best = cells.loc[cells[metric].idxmax()]
        again = scored[(scored["hp_s0"] == best["hp_s0"]) & (scored["hp_s1"] == best["hp_s1"])]
        assert len(again) == 2, f"the best cell by {metric} is not scored on both seeds"
        assert f"{again['metric_psnr_held_out'].mean():.1f}" in output
    curves = pd.read_parquet(results / "_curves")
    assert all(len(errors) == 2 for errors in curves["errors"])
    (report,) = results.glob("_studies/*/report.html")
    assert f"{limit:.1f}" in report.read_text()
    output = commands.run(AUDIO_GRID, "run", results, *flags)
    assert "0 fits to run" in output
    output = commands.run(AUDIO_GRID, "plan", results, *SIZES, "--signals", CLIP)
    assert "29 fits to run, 0 already done" in output


@pytest.mark.slow
@pytest.mark.long
def test_a_comparison_shows_what_is_held_out(tmp_path):
    results = tmp_path / "results"
    flags = ("--epochs", "20", "--max-samples", "1024", "--networks", "siren", "finer_pp")
    script = studies.audio_architectures.__file__
    arguments = (*flags, "--seeds", "1", "--signals", CLIP, "--hold-out", "10%", "--scale", "small")
    output = commands.run(script, "run", results, *arguments)
    frame = pd.read_parquet(results)
    assert frame["metric_psnr_band_limit"].isna().all(), "a random share has no Nyquist"
    for score in frame["metric_psnr_held_out"]:
        assert f"{score:.1f}" in output


@pytest.mark.slow
@pytest.mark.long
def test_a_search_by_held_out_samples_does_not_pass_for_one_by_all(tmp_path):
    results, script = tmp_path / "results", studies.audio_search.__file__
    flags = (*SIZES, "--confirm-seeds", "2", "--trials", "3", "--signals", CLIP)
    commands.run(script, "run", results, *flags, "--hold-out", "3")
    assert set(pd.read_parquet(results)["objective"]) == {"held_out"}
    assert not list(results.glob("_studies/*/regret.parquet"))
    assert list(results.glob("_studies/*/regret_held_out.parquet"))
    assert trained(str(results)) == {}


@pytest.mark.parametrize(
    ("code", "value"),
    [
        ("out-of-range", "1"),
        ("out-of-range", "0"),
        ("out-of-range", "0%"),
        ("out-of-range", "96%"),
        ("wrong-kind", "half"),
        ("wrong-kind", "-2"),
        ("wrong-kind", "2.5"),
        ("wrong-kind", "nan%"),
        ("wrong-kind", "9999999999"),
    ],
)
def test_a_wrong_value_is_refused_before_any_file_is_read(capsys, tmp_path, code, value):
    flags = ("plan", "--results", tmp_path, f"--hold-out={value}", "--signals", "no.wav")
    problem = refuse(capsys, studies.audio_grid.STUDY, *flags)
    assert (problem.code, problem.field) == (code, "--hold-out")
    assert value in problem.sentence


def test_a_text_names_an_objective():
    assert held_out("") == REGRESSION
    assert held_out("4") == HeldOut(every=4)
    assert held_out("12.5%") == HeldOut(share=0.125)


@given(st.integers(2, 6), st.integers(0, 2**32 - 1))
def test_the_band_limit_is_the_error_of_a_cut_cosine_series(every, seed):
    """The reference cuts a DCT-II that is a sum of cosines, in float64."""
    num = 60
    values = np.random.default_rng(seed).uniform(-1, 1, num)
    n, k = np.arange(num), np.arange(num)
    basis = np.cos(np.pi * np.outer(k, n + 0.5) / num)
    basis *= np.where(k == 0, np.sqrt(1 / num), np.sqrt(2 / num))[:, None]
    coefficients = basis @ values
    error = coefficients[k >= num / every] @ basis[k >= num / every]
    expected = -10 * np.log10(np.mean(error**2))
    assert psnr_of_band_limited_db(values[:, None], (num,), every) == pytest.approx(expected)


def test_an_image_is_limited_along_both_axes():
    along = [np.cos(np.pi * k * (np.arange(64) + 0.5) / 64) for k in (3, 40)]
    low, high = np.outer(along[0], along[0]), np.outer(along[0], along[1])
    values = (low + 0.2 * high).reshape(-1, 1)
    assert psnr_of_band_limited_db(values, (64, 64), 2) == pytest.approx(20)  # 0.2² / 4
    assert psnr_of_band_limited_db(low.reshape(-1, 1), (64, 64), 2) > 200


def test_scores_of_different_objectives_are_not_read_together(tmp_path):
    store = Store(str(tmp_path))
    rows = [stored_row("all"), stored_row("every second", objective="held_out")]
    store.append(rows)
    assert store.fits()["key"].to_pylist() == ["all"]
    assert store.fits(objective="held_out")["key"].to_pylist() == ["every second"]
    assert len(store.fits(objective=None)) == 2
    assert len(store.fits(["all", "every second"])) == 2
