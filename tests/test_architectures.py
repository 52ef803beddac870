"""Comparisons and images as a user runs them: a real Ray, real files, the terminal's tables."""

import re
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import soundfile
from PIL import Image

import studies.audio_architectures
import studies.image_architectures
import studies.image_grid
import studies.image_search
from inr_models.fitting.metrics import psnr_db
from tests.commands import refuse, run

SOUNDS, IMAGES = studies.audio_architectures.__file__, studies.image_architectures.__file__
SIZES = (
    "--scale",
    "small",
    "--epochs",
    "40",
    "--seeds",
    "2",
    "--networks",
    "siren",
    "siren2",
    "wire",
)


@pytest.fixture(scope="module")
def sound(tmp_path_factory) -> Path:
    """High frequencies only, which plain SIREN cannot fit."""
    path = tmp_path_factory.mktemp("sounds") / "chirp.wav"
    t = np.arange(2048)
    soundfile.write(path, 0.5 * np.sin(np.pi * (0.6 * t + 5e-5 * t**2)), 8000)
    return path


@pytest.fixture(scope="module")
def picture(tmp_path_factory) -> Path:
    path = tmp_path_factory.mktemp("pictures") / "waves.png"
    i, j = np.mgrid[:40, :48]
    gray = 127 + 100 * np.sin(0.4 * i + 0.02 * j**2)
    Image.fromarray(np.stack([gray, gray.T[:40, :40].repeat(2, 1)[:, :48], 255 - gray], 2).astype(
        np.uint8)).save(path)  # fmt: skip
    return path


@pytest.fixture(scope="module")
def compared(tmp_path_factory, sound) -> tuple[Path, str]:
    results = tmp_path_factory.mktemp("compared") / "results"
    output = run(SOUNDS, "run", results, *SIZES, "--signals", sound)
    return results, output


def test_a_comparison_ends_with_every_networks_score_and_cost(compared):
    results, output = compared
    assert "6 fits to run, 0 already done" in output
    frame = pd.read_parquet(results)
    assert len(frame) == 6
    table = pd.read_parquet(next(results.glob("_studies/*/comparison.parquet")))
    means = frame.groupby("network")["metric_psnr_peak"].mean()
    for point in table.to_dict("records"):
        own = frame[frame["network"] == point["network"]]
        assert point["psnr_mean"] == pytest.approx(means[point["network"]])
        assert set(own["parameters"]) == {point["parameters"]}
        ratio = own["seconds"] / own["num_epochs"]
        assert own["seconds_per_epoch"].to_numpy() == pytest.approx(ratio.to_numpy())
        # Three products of depth - 1 hidden layers, 2 operations each, are the bulk.
        complex_factor = 4 if point["network"] == "wire" else 1
        width = own["hp_width"].iloc[0]
        bulk = 3 * 2 * 3 * width**2 * 2048 * complex_factor
        assert bulk < point["flops_per_epoch"] < 1.2 * bulk
        assert re.search(rf"{point['point']} .* {point['psnr_mean']:.1f} ±", output)
    assert list(table["rank"].dropna()) == list(range(1, table["rank"].count() + 1))
    dead = table["num_dead"] > 0
    assert (frame["status"] == "dead").sum() == table["num_dead"].sum() > 0
    assert (table["rank"].isna() == dead).all()


def test_outputs_of_the_first_seed_are_kept_and_score_what_their_rows_say(compared, sound):
    results, _ = compared
    frame = pd.read_parquet(results).set_index("key")
    (target,) = results.glob("_targets/*.npy")
    values = np.load(target)
    samples, _ = soundfile.read(sound)
    np.testing.assert_allclose(values[:, 0], samples / np.abs(samples).max(), atol=1e-6)
    kept = list(results.glob("_outputs/*.npy"))
    assert {path.stem for path in kept} == set(frame.index[frame["seed"] == 0])
    for path in kept:
        score = psnr_db(np.square(np.load(path) - values).mean(dtype=np.float64))
        assert float(score) == pytest.approx(frame.loc[path.stem, "metric_psnr_peak"], abs=1e-3)


def test_a_second_run_of_more_networks_fits_those_alone(compared, sound):
    results, _ = compared
    more = [*SIZES, "gauss", "--signals", sound]
    output = run(SOUNDS, "plan", results, *more)
    assert "2 fits to run, 6 already done" in output
    output = run(SOUNDS, "status", results, "--scale", "small")
    assert re.search(r" chirp +6 +6 ", output)


def test_images_are_compared_with_two_coordinates_and_their_channels(tmp_path, picture):
    results, path = tmp_path / "results", tmp_path / "alpha.png"
    Image.open(picture).convert("RGBA").save(path)
    output = run(IMAGES, "run", results, *SIZES, "--seeds", "1", "--signals", path)
    assert str(path) in output, "a note says what was left out of the file"
    frame = pd.read_parquet(results)
    assert set(frame["n"]) == {40 * 48}
    assert set(frame["channels"]) == {3}
    siren = frame[frame["network"] == "siren"].iloc[0]
    width = siren["hp_width"]
    assert siren["parameters"] == 3 * width + 3 * (width**2 + width) + 3 * (width + 1)
    (signal,) = pd.read_parquet(results / "_signals").to_dict("records")
    assert (signal["image_height"], signal["image_width"]) == (40, 48)
    assert np.isnan(signal["sample_rate"])
    page = next(results.glob("_studies/*/report.html")).read_text()
    assert "40 × 48 pixels, 3 channels (whole)" in page
    assert page.count("<svg ") == 3


@pytest.mark.slow
@pytest.mark.parametrize("study", ["grid", "search"])
def test_images_are_mapped_and_searched_like_sounds(tmp_path, picture, study):
    results = tmp_path / "results"
    script = getattr(studies, f"image_{study}").__file__
    flags = ["--scale", "small", "--epochs", "10", "--seeds", "1", "--signals", picture]
    if study == "search":
        flags += ["--trials", "2", "--confirm-seeds", "2"]
    output = run(script, "run", results, *flags)
    frame = pd.read_parquet(results)
    noisy = frame[frame["network"] == "siren2"]
    assert (noisy["hp_s0_nyquist"] - noisy["hp_s0"] / (np.pi * 48 / 2)).abs().max() < 1e-9
    assert "waves" in output
    (page,) = results.glob("_studies/*/report.html")
    assert "<svg " in page.read_text()


def test_a_file_of_the_other_kind_or_an_unknown_network_is_one_sentence(
    capsys, tmp_path, sound, picture
):
    sounds, images = studies.audio_architectures.STUDY, studies.image_architectures.STUDY
    for study, flags, code, field in (
        (images, ["--signals", sound], "wrong-kind", str(sound)),
        (sounds, ["--signals", picture], "wrong-kind", str(picture)),
        (sounds, ["--networks", "sine"], "unknown-name", "--networks"),
    ):
        place = ["--results", tmp_path / "results", "--scale", "small"]
        problem = refuse(capsys, study, "plan", *place, *flags)
        assert (problem.code, problem.field) == (code, field)
