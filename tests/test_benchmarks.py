"""The benchmarks still run; what they measure is in benchmarks/RESULTS.md."""

import json
import re
import subprocess
import sys
from pathlib import Path

import pytest

import benchmarks.fit
import benchmarks.large_store
import benchmarks.paper_scale
import benchmarks.search
from benchmarks.measuring import figure
from inr_models import FitConfig
from studies import audio_grid
from studies.engine.audio_files import read_audio

BELL = Path(audio_grid.__file__).parent / "clips" / "perc_bell.flac"


def test_the_benchmark_of_a_suggestion_runs_over_several_signals(capsys, monkeypatch):
    small = ["search", "--signals", "3", "--points", "12", "--trials", "8"]
    monkeypatch.setattr("sys.argv", small)
    benchmarks.search.main()
    said = capsys.readouterr().out
    assert re.match(r"12 points, 3 signals: a suggestion costs \d+ ms, bare Optuna", said)


def test_the_benchmark_of_fits_writes_every_figure(capsys, monkeypatch, tmp_path):
    monkeypatch.setattr("sys.argv", ["fit", "--json", str(tmp_path / "fit.json")])
    monkeypatch.setattr(benchmarks.fit, "LARGE", {"width": 16, "samples": 3000})
    monkeypatch.setattr(benchmarks.fit, "SMALL", {"width": 8, "samples": 300})
    monkeypatch.setattr(benchmarks.fit, "ROUNDS", 1)
    monkeypatch.setattr(benchmarks.fit, "best_product", lambda width: 1.0)
    benchmarks.fit.main()
    said = capsys.readouterr().out
    found = json.loads((tmp_path / "fit.json").read_text())
    assert len(found) == 4
    for values in found:
        assert list(values) == ["name", "ours", "reference", "ratio", "unit", "machine"]
        assert values["name"] in said
        assert values["ours"] > 0
        assert values["reference"] > 0
    assert re.search(r"an epoch of 4 x 222: .*products \d+%", said)


def test_a_ratio_is_in_our_favour_above_1():
    assert figure("speed", 6.0, 2.0, "1/s").ratio == 3
    assert figure("memory", 2.0, 6.0, "MB", less=True).ratio == 3


def test_a_made_up_store_is_a_finished_run(monkeypatch, tmp_path):
    monkeypatch.setattr(benchmarks.large_store, "CLIPS", 2)
    made = benchmarks.large_store.fill(str(tmp_path))
    benchmarks.large_store.write_run(str(tmp_path), 2)
    command = [sys.executable, audio_grid.__file__, "status", "--results", str(tmp_path)]
    said = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    done = re.findall(r"^ clip \d +(\d+) +(\d+)", said, flags=re.MULTILINE)
    # SIREN, the rules and 121 cells on 5 seeds; three of them on 2 seeds more.
    assert len(done) == 2
    assert all(of == ready and int(of) > 124 * 5 for of, ready in done), said
    assert made["rows"] > 2 * 600


def test_the_papers_clips_are_fitted_as_table_6_says(shared_data):
    signal = read_audio(shared_data / "paper" / "audio" / "tetris.wav", 150_000)
    assert signal.values is not None
    network = benchmarks.paper_scale.network_for(signal.values)
    assert (int(network.s0), round(network.s1, 2)) == (3436, 1.72)
    assert (network.width, network.depth) == (222, 4)


def test_decoded_clips_are_fitted_without_reading_sound(tmp_path):
    archive = tmp_path / "clips.npz"
    benchmarks.paper_scale.decode(archive, [BELL])
    rules = ["eqn11", "power_psi_low_pass"]
    lines = list(benchmarks.paper_scale.fits(archive, None, rules, FitConfig(epochs=1), seed=0))
    for line, rule in zip(lines, rules, strict=True):
        assert re.match(rf"perc_bell +{rule} +\d+\.\d dB at epoch +\d, Table 1 +nan", line)
    with pytest.raises(KeyError):
        next(benchmarks.paper_scale.fits(archive, ["other"], rules, FitConfig(epochs=1), seed=0))
