"""The benchmarks still run; what they measure is in benchmarks/RESULTS.md."""

import importlib
import json
import pkgutil
import re
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

import benchmarks.fit
import benchmarks.landscapes
import benchmarks.large_store
import benchmarks.packed_signals
import benchmarks.paper_scale
import benchmarks.search
import benchmarks.small_fits
from benchmarks.landscapes import FIT
from benchmarks.measuring import figure
from benchmarks.packed_signals import pack, unpack
from inr_models import FitConfig
from search_spaces.grids import AUDIO_GRID_COARSE
from studies import audio_grid, rule_check
from studies.engine.planning.resolving import resolve
from studies.engine.signals.audio import read_audio
from studies.engine.store.store import Store
from tests.fakes.runs import plan
from tests.refusals import refused

BELL = Path(audio_grid.__file__).parent / "clips" / "perc_bell.flac"


@pytest.mark.parametrize("name", [m.name for m in pkgutil.iter_modules(benchmarks.__path__)])
def test_every_benchmark_can_be_imported(name):
    importlib.import_module(f"benchmarks.{name}")


def test_the_benchmark_of_a_suggestion_runs_over_several_signals(capsys, monkeypatch):
    small = ["search", "--signals", "3", "--points", "12", "--trials", "8"]
    monkeypatch.setattr("sys.argv", small)
    benchmarks.search.main()
    output = capsys.readouterr().out
    assert re.match(r"12 points, 3 signals: a suggestion costs \d+ ms, bare Optuna", output)


def test_the_benchmark_of_fits_writes_every_figure(capsys, monkeypatch, tmp_path):
    monkeypatch.setattr("sys.argv", ["fit", "--json", str(tmp_path / "fit.json")])
    monkeypatch.setattr(benchmarks.fit, "LARGE", {"width": 16, "samples": 3000})
    monkeypatch.setattr(benchmarks.fit, "SMALL", {"width": 8, "samples": 300})
    monkeypatch.setattr(benchmarks.fit, "ROUNDS", 1)
    monkeypatch.setattr(benchmarks.small_fits, "SAMPLES", (300,))
    monkeypatch.setattr(benchmarks.small_fits, "WIDTHS", (8, 9))
    for module in (benchmarks.fit, benchmarks.small_fits):
        monkeypatch.setattr(module, "best_product", lambda width: 1.0)
    benchmarks.fit.main()
    output = capsys.readouterr().out
    figures = json.loads((tmp_path / "fit.json").read_text())
    assert len(figures) == 6
    for values in figures:
        assert list(values) == ["name", "ours", "reference", "ratio", "unit", "machine"]
        assert values["name"] in output
        assert values["ours"] > 0
        assert values["reference"] > 0
    assert re.search(r"an epoch of 4 x 222: .*products \d+%", output)


def test_a_ratio_is_in_our_favour_above_1():
    assert figure("speed", 6.0, 2.0, "1/s").ratio == 3
    assert figure("memory", 2.0, 6.0, "MB", less=True).ratio == 3


def test_a_made_up_store_is_a_finished_run(monkeypatch, tmp_path):
    monkeypatch.setattr(benchmarks.large_store, "CLIPS", 2)
    counts = benchmarks.large_store.fill(str(tmp_path))
    benchmarks.large_store.write_run(str(tmp_path), 2)
    command = [sys.executable, audio_grid.__file__, "status", "--results", str(tmp_path)]
    status = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    done = re.findall(r"^ clip \d +(\d+) +(\d+)", status, flags=re.MULTILINE)
    # SIREN, the rules and 121 cells on 5 seeds; three of them on 2 seeds more.
    assert len(done) == 2
    assert all(of == ready and int(of) > 124 * 5 for of, ready in done), status
    assert counts["rows"] > 2 * 600


def test_the_papers_clips_are_fitted_as_table_6_says(shared_data):
    signal = read_audio(shared_data / "paper" / "audio" / "tetris.wav", 150_000)
    network = benchmarks.paper_scale.network_for(signal)
    assert (int(network.s0), round(network.s1, 2)) == (3436, 1.72)
    assert (network.width, network.depth) == (222, 4)


def test_packed_signals_are_those_of_their_files(tmp_path):
    archive, broken = tmp_path / "clips.npz", tmp_path / "broken.wav"
    broken.write_bytes(b"")
    (sentence,) = pack(archive, [str(BELL), str(broken)], 4096)
    assert sentence.startswith(f"{broken}: ")
    (signal,) = unpack(archive)
    expected = read_audio(BELL, 4096)
    assert signal == replace(expected, source=BELL.name, notes=signal.notes)
    assert signal.bands == expected.bands
    np.testing.assert_array_equal(signal.values, expected.values)
    with refused("unknown-name", "other", archive, "perc_bell"):
        unpack(archive, ["other"])


def test_landscapes_of_images_have_the_cells_of_their_own_grid(tmp_path):
    picture, archive, results = tmp_path / "a.npy", tmp_path / "a.npz", tmp_path / "results"
    np.save(picture, np.random.default_rng(0).random((16, 20)))
    assert pack(archive, [str(picture)], 320, "image") == []
    command = [str(archive), "--to", str(results), "--epochs", "1", "--grid", "image"]
    assert benchmarks.landscapes.main(command) == 0
    fits = Store(str(results)).fits()
    assert len(fits) == 25
    # s0 spans 8 to 400 on a side of 512, and here the longest side has 20 pixels.
    lowest, highest = min(fits["hp_s0"].to_pylist()), max(fits["hp_s0"].to_pylist())
    assert (lowest, highest) == pytest.approx((8 * 20 / 512, 400 * 20 / 512))
    with refused("unknown-name", "media", "smell"):
        pack(archive, [str(picture)], 320, "smell")


def test_what_cannot_be_packed_or_unpacked_is_told_in_a_sentence(tmp_path, capsys):
    text, nowhere = tmp_path / "a.txt", str(tmp_path / "nowhere")
    text.write_text("no archive")
    for module, arguments in (
        ("packed_signals", [str(tmp_path / "a.npz"), nowhere]),
        ("landscapes", [str(text), "--to", str(tmp_path / "results")]),
        ("landscapes", [nowhere, "--to", str(tmp_path / "results")]),
        ("paper_scale", [nowhere]),
    ):
        assert getattr(benchmarks, module).main(arguments) == 2
        printed = capsys.readouterr()
        assert printed.err.startswith(f"error: {text if str(text) in arguments else nowhere}")
        assert printed.err.count("\n") == 1
    assert not (tmp_path / "a.npz").exists()


def test_fits_at_the_papers_scale_end_together_when_time_is_up(tmp_path, monkeypatch):
    archive = tmp_path / "clips.npz"
    pack(archive, [str(BELL)], 512)
    monkeypatch.setattr(benchmarks.paper_scale, "EPOCHS_A_TURN", 2)
    monkeypatch.setattr(benchmarks.paper_scale, "SHOWN", (1,))
    rules = ["eqn11", "power_psi_low_pass"]
    for seconds, epochs in ((1e-9, 2), (1e9, 3)):
        by_rule = benchmarks.paper_scale.fits(
            unpack(archive), rules, FitConfig(epochs=3), seed=0, seconds=seconds
        )
        for scored, rule in zip(by_rule, rules, strict=True):
            assert (scored.rule, scored.result.num_epochs) == (rule, epochs)
            line = benchmarks.paper_scale.line(scored)
            assert re.search(rf"dB at epoch +\d of {epochs} \(.*\), Table 1 +nan", line)


def test_landscapes_are_the_cells_of_rule_check(tmp_path, capsys):
    archive, results = tmp_path / "clips.npz", tmp_path / "results"
    pack(archive, [str(BELL)], 512)
    # All but the epochs, which take long.
    small = replace(rule_check.STUDY.small, max_samples=512, fit=replace(FIT, epochs=2))
    assert rule_check.STUDY.small.fit == FIT
    study = replace(rule_check.STUDY, small=small)
    run = resolve(study, "small", unpack(archive), changes={"rules": ()})
    planned = {fit.trial.key for fit in plan(run, unpack(archive)) if fit.point.kind == "grid"}
    command = [str(archive), "--to", str(results), "--epochs", "2"]
    assert benchmarks.landscapes.main([*command, "--grid", "check"]) == 0
    assert set(Store(str(results)).fits()["key"].to_pylist()) == planned
    assert benchmarks.landscapes.main([*command, "--known", str(results)]) == 0
    # The dense grid has the coarse cells too, but not the corner that rule_check adds to them.
    new = 119 - len(AUDIO_GRID_COARSE.cells(512))
    assert f"perc_bell {new:>28} fits" in capsys.readouterr().out
    fits = Store(str(results)).fits()
    assert fits.num_rows == len(planned) + new
    assert set(fits["status"].to_pylist()) <= {"ok", "dead"}
    other = ["--every-other", "--width", "13", "--depth", "2"]
    assert benchmarks.landscapes.main([*command, *other]) == 0
    other = Store(str(results)).fits(where={"hp_width": 13}).to_pandas()
    assert len(other) == 60
    # Twice the gain's s1 at a quarter of the width.
    assert other["hp_s1"].max() == pytest.approx(2 * fits["hp_s1"].to_numpy().max())
