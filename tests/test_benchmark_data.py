"""The tabular benchmark: numbers alone, nothing twice, and the same to those who replay it."""

import re
import time
from pathlib import Path

import numpy as np
import pyarrow.parquet as pq
import pytest

from analysis.benchmark import export as benchmark
from analysis.benchmark.export import export, export_elsewhere
from analysis.regret.parquet import SCHEMA
from analysis.regret.stored import EXPORTED, trained
from analysis.reporting.parquet import parquet_bytes
from analysis.statistics.recordings import read_recordings, write_recordings
from analysis.surfaces.stored import BENCHMARK, stored_surfaces
from search_spaces.grids import AUDIO_GRID_COARSE
from studies.engine.planning.resolving import resolve
from studies.engine.planning.scale import FIRST_CHOOSING_SEED, FIRST_SCORING_SEED
from studies.engine.planning.scales import AUDIO_SMALL
from studies.engine.store.store import Store
from tests.fakes.maps import (
    GAIN,
    MAP_ALONE,
    exported_benchmark,
    fill,
    planted_rows,
    planted_signals,
)


@pytest.fixture
def exported(tmp_path):
    """A store, and a benchmark of it."""
    return exported_benchmark(tmp_path)


def test_a_second_export_adds_what_is_new(exported, tmp_path):
    source, target = exported
    assert export(source, target) == 0
    assert len(target.parts("fits")) == 1
    more = fill(tmp_path / "results", planted_signals(3)[2:])
    cells = len(AUDIO_GRID_COARSE.cells(8192))
    assert export(more, target) == cells
    assert len(target.parts("fits")) == 2
    assert target.fits().num_rows == more.fits().num_rows == 3 * cells
    assert sorted(target.signals()["name"].to_pylist()) == [
        "clip0", "clip1", "clip2",
    ]  # fmt: skip


def test_an_older_source_takes_no_score_of_the_best_constant_away(exported):
    source, target = exported
    known = [row | {"psnr_constant": 12.5} for row in source.signals().to_pylist()]
    for row in known:
        del row["written_at"]
    target.add_signals(known)
    fill(Path(source.results), planted_signals(2), seed=1)
    assert export(Store(source.results), target) > 0
    assert target.signals()["psnr_constant"].to_pylist() == [12.5, 12.5]


def test_what_confirms_rules_is_added_without_what_they_are_fitted_to(exported, tmp_path, capsys):
    source, target = exported
    assert benchmark.main([source.results, "--confirming"]) == 2
    assert capsys.readouterr().err.startswith("error: --confirming: ")
    before = target.fits().num_rows
    fill(tmp_path / "results", planted_signals(3)[2:])
    more = fill(tmp_path / "results", planted_signals(2), seed=FIRST_CHOOSING_SEED)
    assert export(more, target, confirming=True) == 2 * len(AUDIO_GRID_COARSE.cells(8192))
    assert {seed % 1000 for seed in target.fits()["seed"].to_pylist()} == {0, FIRST_CHOOSING_SEED}
    assert len(target.fits(where={"seed": 0})) == before


def test_maps_of_other_settings_come_without_curves_and_change_no_surface(exported, tmp_path):
    source, target = exported
    before = target.fits().num_rows
    curves = target.parts("_curves")
    signals = planted_signals(2)
    run = resolve(MAP_ALONE, "small", signals, changes={"depth": 2})
    for signal in signals:
        rows = planted_rows(run, signal, 1000.0, GAIN)
        source.append([{**row, "key": f"{row['key']} deep"} for row in rows])
    usual = stored_surfaces(target.results)
    assert benchmark.main([source.results, "--to", target.results, "--elsewhere"]) == 0
    cells = len(AUDIO_GRID_COARSE.cells(8192))
    assert target.fits().num_rows == before + 2 * cells
    assert target.parts("_curves") == curves
    assert np.array_equal(stored_surfaces(target.results).psnr, usual.psnr, equal_nan=True)
    assert len(stored_surfaces(target.results, other={"hp_depth": 2}).names) == 2
    assert export_elsewhere(source, target) == 0
    assert benchmark.main([source.results, "--elsewhere"]) == 2


SCORING = (FIRST_SCORING_SEED, FIRST_SCORING_SEED + 1)


def regret_row(store, signal, rule, regret_db, cells=(0, 1)):
    """Return the row of a rule that has one cell's point, where another cell is the optimum."""
    fits = store.fits(where={"seed": 0, "sha256": signal.sha256}).to_pylist()
    at_rule, at_best = (fits[cell] for cell in cells)
    values = {
        "signal": signal.name, "sha256": signal.sha256, "rule": rule, "regret_db": regret_db,
        "num_seeds": 2, "num_dead": 0, "psi": 0.5, "found_by": "grid",
        "scoring_seeds": [AUDIO_SMALL.drawn_seed(signal.sha256, seed) for seed in SCORING],
        "differences_db": [regret_db, regret_db],
        **{f"{name}_rule": at_rule[f"hp_{name}"] for name in ("s0", "s1")},
        **{f"{name}_optimum": at_best[f"hp_{name}"] for name in ("s0", "s1")},
    }  # fmt: skip
    return dict.fromkeys(SCHEMA.names) | values


def test_what_a_study_trained_comes_along_in_place_of_what_was_there(tmp_path, capsys):
    signals, folder = planted_signals(2), tmp_path / "results"
    source = fill(folder, signals)
    for seed in SCORING:
        fill(folder, signals[:1], seed=seed)
    fill(folder, signals[1:], seed=SCORING[0])  # has not the second seed that rows claim
    target = Store(str(tmp_path / "data"))
    for signal, regret_db in ((signals[1], 5.0), (signals[0], 4.0)):
        row = regret_row(source, signal, "constant", regret_db)
        target.write_bytes(
            EXPORTED, parquet_bytes([*trained(target.results).values(), row], SCHEMA)
        )
    for study, regret_db in (("z-first", 3.0), ("a-last", 2.0)):
        rows = [regret_row(source, signals[0], "constant", regret_db)]
        rows += [regret_row(source, signal, "spectrum", 1.0) for signal in signals]
        source.write_bytes(f"_studies/{study}/regret.parquet", parquet_bytes(rows, SCHEMA))
        time.sleep(0.02)  # files of one moment have no last
    command = [source.results, "--to", target.results]
    assert benchmark.main(command) == 0
    assert "2 regrets of rules added or renewed there\n" in capsys.readouterr().out
    table = pq.read_table(tmp_path / "data" / EXPORTED)
    assert table.schema.equals(SCHEMA, check_metadata=True)
    assert [(r["signal"], r["rule"], r["regret_db"]) for r in table.to_pylist()] == [
        ("clip0", "constant", 2.0), ("clip0", "spectrum", 1.0), ("clip1", "constant", 5.0),
    ]  # fmt: skip
    assert benchmark.main(command) == 0
    assert "regrets" not in capsys.readouterr().out


def test_a_damaged_regret_file_is_named(exported, capsys):
    source, target = exported
    source.write_bytes("_studies/a/regret.parquet", b"PAR1 and no more")
    assert benchmark.main([source.results, "--to", target.results]) == 2
    error = capsys.readouterr().err
    assert error.startswith(f"error: {source.results}/_studies/a/regret.parquet: ")


def test_the_committed_regrets_have_their_fits_beside_them():
    """So that exporting them again would bring every row."""
    store = Store(BENCHMARK, create=False)
    columns = ["sha256", "hp_s0", "hp_s1", "seed"]
    has = {tuple(row[c] for c in columns) for row in store.fits(columns=columns).to_pylist()}
    rows = trained(store.results)
    assert rows
    for row in rows.values():
        for point in ("rule", "optimum"):
            at = row["sha256"], row[f"s0_{point}"], row[f"s1_{point}"]
            assert all((*at, seed) in has for seed in row["scoring_seeds"]), row


def test_nothing_tells_where_it_was_made(tmp_path):
    signals = planted_signals(2)
    object.__setattr__(signals[0], "source", "/home/someone/sounds/clip0.wav")
    source = fill(tmp_path / "results", signals)
    target = Store(str(tmp_path / "data"))
    export(source, target)
    assert set(target.signals()["source"].to_pylist()) == {"clip0.wav", "clip1.wav"}
    for file in (tmp_path / "data").rglob("*"):
        if file.is_file():
            assert b"someone" not in file.read_bytes()
            assert str(tmp_path).encode() not in file.read_bytes()
    assert not (tmp_path / "data" / "_targets").exists()


def test_recordings_are_added_to_those_that_are_there(exported):
    source, target = exported
    write_recordings(target, {"elsewhere": "tape 1", "clip0": "tape 2"})
    write_recordings(source, {"clip0": "tape 3", "not exported": "tape 4"})
    fill(Path(source.results), planted_signals(2), seed=1)
    export(Store(source.results), target)
    assert read_recordings(target) == {"elsewhere": "tape 1", "clip0": "tape 3"}


def test_files_of_one_name_in_two_folders_stay_two_recordings(tmp_path):
    signals = planted_signals(3)
    for signal, path in zip(signals, ("/a/01.wav", "/b/01.wav", "/a/02.wav"), strict=True):
        object.__setattr__(signal, "source", path)
    source, target = fill(tmp_path / "results", signals), Store(str(tmp_path / "data"))
    export(source, target)
    named = {row["name"]: row["source"] for row in target.signals().to_pylist()}
    assert named["clip2"] == "02.wav"
    assert named["clip0"] != named["clip1"]
    assert all(re.fullmatch(r"[0-9a-f]{8}-01\.wav", named[name]) for name in ("clip0", "clip1"))


def test_a_place_that_cannot_be_written_is_refused_before_any_work(exported, tmp_path, capsys):
    _, target = exported
    (tmp_path / "file").touch()
    for flag, where in (("--replay", "file/a.parquet"), ("--optuna", "file/a.db")):
        assert benchmark.main([target.results, flag, str(tmp_path / where)]) == 2
        error = capsys.readouterr().err
        assert error.startswith(f"error: {flag} {tmp_path / where}: ")
    assert benchmark.main([target.results, "--replay", str(tmp_path)]) == 2
    assert capsys.readouterr().err.startswith(f"error: --replay {tmp_path}: ")


@pytest.mark.parametrize("folder", ["data", "confirm", "held_out"])
def test_a_notebook_reads_a_committed_folder_as_one_table(folder):
    path = Path(BENCHMARK).with_name(folder)
    assert (
        pq.read_table(path).num_rows == Store(str(path), create=False).fits(objective=None).num_rows
    )
