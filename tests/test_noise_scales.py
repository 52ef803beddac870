"""`python -m analysis.noise_scales`: Table 6 of the paper, and the same for any file."""

import csv
import math
from pathlib import Path

import numpy as np
import pyarrow.parquet as pq
import pytest

from analysis.rules.noise_scales import RULES_BY_DEFAULT, descriptors_of, main, noise_scales
from inr_models import Siren2Config, make_network
from search_spaces.rules import RECOMMENDED, RULES, Target
from studies import audio_grid
from studies.engine.signals.reading import read_all

BELL = Path(audio_grid.__file__).parent / "clips" / "perc_bell.flac"


def test_the_papers_table_6_comes_out(shared_data, tmp_path):
    with (shared_data / "../paper/tables/table6_rule.csv").open() as file:
        table = {row["target"].split(".")[0]: row for row in csv.DictReader(file)}
    files = {path.stem: path for path in (shared_data / "paper/audio").iterdir()}
    assert (
        main([*map(str, files.values()), "--rules", "eqn11", "--to", f"{tmp_path}/a.parquet"]) == 0
    )
    rows = {row["signal"]: row for row in pq.read_table(tmp_path / "a.parquet").to_pylist()}
    in_table = rows.keys() & table.keys()
    assert len(in_table) >= 6
    for name in in_table:
        expected, row = table[name], rows[name]
        assert row["psi"] == pytest.approx(float(expected["psi"]), abs=5e-5)
        assert int(row["s0"]) == pytest.approx(int(expected["s0"]), abs=1)
        assert row["s1"] == pytest.approx(float(expected["s1"]), abs=0.0051)


def test_the_papers_table_6_comes_out_for_images(shared_data, tmp_path):
    with (shared_data / "../paper/tables/table6_rule.csv").open() as file:
        table = {row["target"]: row for row in csv.DictReader(file)}
    folder = shared_data / "paper/images"
    files = [path for path in folder.iterdir() if path.name in table] if folder.exists() else []
    if not files:
        pytest.skip("the paper's images are absent")
    to = f"{tmp_path}/a.parquet"
    assert main([*map(str, files), "--rules", "eqn11_image", "--to", to]) == 0
    for row in pq.read_table(to).to_pylist():
        (expected,) = (table[path.name] for path in files if path.stem == row["signal"])
        assert row["psi"] == pytest.approx(float(expected["psi"]), abs=5e-5)
        assert row["s0"] == pytest.approx(float(expected["s0"]), abs=1)
        assert row["s1"] == pytest.approx(float(expected["s1"]), abs=0.0051)


def test_a_row_is_what_a_rule_gives_and_how_the_network_looks_there():
    (signal,), _ = read_all([BELL], 4096)
    rows = list(noise_scales(signal, (RECOMMENDED, "eqn11_length_width"), width=52))
    assert signal.values is not None
    target = Target.of(signal.values[:, 0], width=52)
    for row in rows:
        assert (row.s0, row.s1) == pytest.approx(tuple(RULES[row.rule](target)))
        names = {RECOMMENDED: ["psi", "low_pass_40"], "eqn11_length_width": ["psi"]}[row.rule]
        assert row.looked_at == {name: target.descriptor(name) for name in names}
        config = Siren2Config(width=52, s0=row.s0, s1=row.s1)
        weights = make_network(config, in_features=1, out_features=1, seed=0).layers[0].weight
        rms = 30 * weights.detach().square().mean().sqrt().item()
        # The rms of 52 Gaussian frequencies deviates by 1 / sqrt(104).
        share = rms * row.gain / (math.pi * 4096 / 2)
        assert share == pytest.approx(row.bandwidth_share, rel=4 / math.sqrt(104))


def test_a_sound_and_an_image_of_one_name_stay_apart(tmp_path, capsys):
    np.save(tmp_path / "perc_bell.npy", np.random.default_rng(0).random((32, 40)))
    assert main([str(tmp_path / "perc_bell.npy"), str(BELL), "--rules", "bandwidth_psi"]) == 0
    assert capsys.readouterr().out.count(" perc_bell ") == 2


@pytest.mark.parametrize("name", RULES)
def test_every_rule_tells_what_it_looks_at(name):
    assert bool(descriptors_of(RULES[name])) == (
        name not in ("constant", "spectrum", "table6_shape")
    )


def test_sounds_and_images_may_be_mixed_and_what_cannot_be_read_is_skipped(tmp_path, capsys):
    np.save(tmp_path / "picture.npy", np.random.default_rng(0).random((32, 40)))
    (tmp_path / "broken.wav").write_bytes(b"RIFF")
    assert main([str(tmp_path), str(BELL), "--to", f"{tmp_path}/a.parquet"]) == 3
    assert "broken.wav" in capsys.readouterr().err
    rows = pq.read_table(tmp_path / "a.parquet").to_pylist()
    by_signal = {name: {r["rule"] for r in rows if r["signal"] == name} for name in
                 ("picture", "perc_bell")}  # fmt: skip
    assert by_signal == {"picture": set(RULES_BY_DEFAULT[2]), "perc_bell": set(RULES_BY_DEFAULT[1])}


@pytest.mark.parametrize(
    ("arguments", "field"),
    [
        (["nowhere.wav"], "nowhere.wav"),
        ([str(BELL), "--rules", "eqn12"], "--rules"),
        ([str(BELL), "--width", "0"], "width"),
        ([str(BELL), "--depth", "1"], "depth"),
        ([str(BELL), "--max-samples", "1"], "--max-samples"),
        ([""], "files"),
    ],
)
def test_bad_input_is_one_sentence_and_code_2(arguments, field, capsys, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert main(arguments) == 2
    error = capsys.readouterr().err
    assert error.startswith(f"error: {field}")
    assert error.count("\n") == 1


def test_the_table_fits_in_80_columns(capsys):
    assert main([str(BELL), "--rules", *RULES]) == 0
    assert max(len(line) for line in capsys.readouterr().out.splitlines()) <= 80
