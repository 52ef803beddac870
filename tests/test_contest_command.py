"""The command of the contest reads maps of planted fits and writes what it says."""

import shutil
from pathlib import Path

import numpy as np
import pyarrow.parquet as pq
import pytest
import soundfile

from analysis.predictors import report as contest_report
from analysis.predictors.contest import (
    REFERENCE,
)
from analysis.predictors.maps import contest_maps, maps_of_most_signals
from analysis.predictors.predictors import (
    PREDICTORS,
)
from search_spaces.rules import NoiseScales
from search_spaces.rules.saved import rule_json
from search_spaces.rules.table import Table
from studies.engine.signals.reading import read_all
from studies.engine.store.store import Store
from tests.fakes.maps import fill
from tests.refusals import refused

FAST = ("spectrum_distance", "stable_rank", "psnr_20")
"""Predictors that take no time."""

SEEDS_OF_STORE = (0, 1, 2)


@pytest.fixture(scope="module")
def planted_folder(tmp_path_factory) -> Path:
    """Four sounds, their maps on three seeds, and held-out points of the recommended rule."""
    folder = tmp_path_factory.mktemp("contest")
    rng = np.random.default_rng(0)
    for i in range(4):
        tone = np.sin(np.arange(256) * 0.3 * (i + 1)) + 0.1 * rng.normal(size=256)
        soundfile.write(folder / f"tone{i}.wav", tone / 2, 8000, subtype="FLOAT")
    signals, _ = read_all(sorted(folder.glob("*.wav")), 8192)
    store = None
    for seed in SEEDS_OF_STORE:
        store = fill(folder / "results", signals, seed=seed, noise=0.5)
    assert store is not None
    table = Table(points={signal.sha256: NoiseScales(30.0, 0.3) for signal in signals})
    store.write_bytes(f"_rules/held_out/{REFERENCE}.json", rule_json(table).encode())
    return folder


@pytest.fixture
def fast(monkeypatch):
    some = {name: PREDICTORS[name] for name in FAST}
    monkeypatch.setattr(contest_report, "PREDICTORS", some)


def test_short_fits_are_read_on_a_seed_that_does_not_judge(planted_folder):
    results = str(planted_folder / "results")
    signals, _ = read_all(sorted(planted_folder.glob("*.wav")), 8192)
    maps = contest_maps(results, maps_of_most_signals(results), signals)
    assert maps.seeds == SEEDS_OF_STORE[1:]
    fits = Store(results).fits(columns=["sha256", "hp_s0", "hp_s1", "seed", "metric_psnr_peak"])
    for row in fits.to_pylist():
        (i,) = (i for i, t in enumerate(maps.targets) if t.sha256 == row["sha256"])
        j = maps.points.index((row["hp_s0"], row["hp_s1"]))
        if row["seed"] == 0:
            after_20 = row["metric_psnr_peak"] * (20 / 300) ** 0.1
            assert maps.short_fits[i, j] == pytest.approx(after_20, rel=1e-6)
        else:
            k = maps.seeds.index(row["seed"])
            assert maps.psnr[i, j, k] == pytest.approx(row["metric_psnr_peak"])


def test_the_command_writes_what_it_says(planted_folder, fast, tmp_path, capsys):
    files = [str(planted_folder / f"tone{i}.wav") for i in range(3)]
    arguments = [str(planted_folder / "results"), "--signals", *files, "--to", str(tmp_path)]
    assert contest_report.main(arguments) == 0
    captured = capsys.readouterr()
    assert "tone3" in captured.err
    lines = captured.out.splitlines()
    assert max(len(line) for line in lines if str(tmp_path) not in line) <= 80
    table = pq.read_table(tmp_path / "predictors.parquet")
    assert table.schema.equals(contest_report.SCHEMA)
    rows = table.to_pylist()
    assert len(rows) == (2 * len(FAST) + 4) * 3 * 2
    assert {row["signal"] for row in rows} == {"tone0", "tone1", "tone2"}
    for row in rows:
        is_predictor = row["form"] != "baseline"
        assert (row["seconds_a_point"] is not None) == is_predictor
        assert (row["weight_db"] is not None) == (row["form"] == "with_prior")
    held_out = [row for row in rows if row["predictor"] == REFERENCE]
    assert len({(row["s0"], row["s1"]) for row in held_out}) == 1
    of_short = [
        row["rank_correlation"]
        for row in rows
        if row["predictor"] == "psnr_20" and row["form"] == "as_it_is"
    ]
    assert min(of_short) > 0.8
    figure = (tmp_path / "predictors.svg").read_text()
    assert figure.startswith("<?xml")
    for name in FAST:
        assert name in captured.out


def without_curves(folder: Path) -> None:
    shutil.rmtree(folder / "results" / "_curves")


def without_held_out_points(folder: Path) -> None:
    shutil.rmtree(folder / "results" / "_rules")


@pytest.mark.parametrize(
    ("damage", "results", "signals", "field"),
    [
        (None, "nowhere", "*.wav", "nowhere"),
        (without_curves, "results", "*.wav", "results"),
        (without_held_out_points, "results", "*.wav", "results"),
        (None, "results", "nothing.wav", "nothing.wav"),
        (None, "results", "other/*.wav", "--signals"),
        (None, "results", "tone[01].wav", "--signals"),
    ],
)
def test_bad_input_is_one_sentence_and_code_2(
    planted_folder, tmp_path, monkeypatch, capsys, damage, results, signals, field
):
    folder = tmp_path / "copy"
    shutil.copytree(planted_folder, folder)
    (folder / "other").mkdir()
    soundfile.write(folder / "other" / "hiss.wav", np.random.default_rng(1).random(256), 8000)
    if damage:
        damage(folder)
    monkeypatch.chdir(folder)
    assert contest_report.main([results, "--signals", signals]) == 2
    error = capsys.readouterr().err
    assert error.startswith(f"error: {field}")
    assert error.count("\n") == 1


def test_maps_of_one_seed_cannot_judge(planted_folder, tmp_path):
    signals, _ = read_all(sorted(planted_folder.glob("*.wav")), 8192)
    store = fill(tmp_path / "results", signals)
    with refused("too-few", store.results):
        maps_of_most_signals(store.results)
