"""Replays of a benchmark: the same numbers, the map's alone, and the card's example."""

import re
from pathlib import Path

import optuna
import pandas as pd
import pyarrow as pa
import pytest

from analysis.benchmark import export as benchmark
from analysis.benchmark.export import export
from analysis.benchmark.replay import budgets, replay_table, to_optuna
from analysis.surfaces.stored import BENCHMARK
from search_spaces.grids import AUDIO_GRID_COARSE
from studies.engine.planning.scale import FIRST_CHOOSING_SEED
from tests.fakes.maps import exported_benchmark, fill, planted_signals

CARD = Path(BENCHMARK).with_name("DATA.md")


@pytest.fixture
def exported(tmp_path):
    """A store, and a benchmark of it."""
    return exported_benchmark(tmp_path)


def test_budgets_are_doubled_up_to_the_whole_fit():
    assert budgets(300) == (20, 40, 80, 160, 300)
    assert budgets(160) == (20, 40, 80, 160)
    assert budgets(20) == (20,)
    assert budgets(5) == (5,)
    assert budgets(30_000)[-2:] == (20_480, 30_000)


def test_a_fit_that_diverged_is_zero_output_from_there_on_and_one_that_failed_is_left_out(exported):
    source, _ = exported
    rows = source.fits().to_pylist()[:3]
    for row, status in zip(rows, ("diverged", "failed", "partial"), strict=True):
        row |= {"key": f"{status} one", "seed": 7, "status": status, "num_epochs": 50}
    curves = [{"key": "diverged one", "epoch": e, "psnr": p} for e, p in ((0, 5.0), (30, 25.0))]
    source.append(rows, curves)
    (of_seed,) = [row for row in replay_table(source).to_pylist() if row["seed"] == 7]
    zero = rows[0]["metric_psnr_zero"]
    assert (of_seed["status"], of_seed["psnr_zero"]) == ("diverged", zero)
    assert [of_seed[f"psnr_{epoch}"] for epoch in budgets(300)] == [5.0, 25.0, zero, zero, zero]


def test_optuna_gets_the_map_alone_over_the_seeds_that_most_points_have(exported, tmp_path):
    _, target = exported
    table = replay_table(target)
    rows = table.to_pylist()
    lucky = rows[0] | {"seed": FIRST_CHOOSING_SEED, "psnr_300": 99.0}
    of_two_seeds = rows[1] | {"seed": 1, "psnr_300": 98.0}
    table = pa.concat_tables([table, pa.Table.from_pylist([lucky, of_two_seeds], table.schema)])
    storage = f"sqlite:///{tmp_path / 'landscapes.db'}"
    to_optuna(table, storage)
    study = optuna.load_study(study_name=rows[0]["signal"], storage=storage)
    mine = [row["psnr_300"] for row in rows[:1] + rows[2:] if row["signal"] == rows[0]["signal"]]
    assert study.best_value == max(mine) < 90
    assert len(study.trials) == len(mine)


def test_a_replay_ends_with_the_rows_own_psnr(exported):
    _, target = exported
    fits = target.fits().to_pandas().set_index(["sha256", "hp_s0", "hp_s1", "seed"])
    replay = replay_table(target).to_pandas().set_index(["sha256", "s0", "s1", "seed"])
    assert len(replay) == len(fits)
    expected = fits["metric_psnr_peak"].loc[replay.index]
    assert replay["psnr_300"].to_numpy() == pytest.approx(expected.to_numpy())
    columns = [f"psnr_{epoch}" for epoch in budgets(300)]
    assert (replay[columns].diff(axis=1).iloc[:, 1:] >= 0).all(axis=None)


def test_of_other_seeds_curves_is_kept_what_a_replay_tells(exported, tmp_path):
    source, target = exported
    signals = planted_signals(2)
    again = fill(tmp_path / "results", signals, seed=1)
    cells = 2 * len(AUDIO_GRID_COARSE.cells(8192))
    assert export(again, target) == cells
    of_seed = {s: target.fits(where={"seed": s})["key"].to_pylist() for s in (0, 1)}
    assert target.curves(of_seed[0]).equals(source.curves(of_seed[0]))
    num_points = target.curves(of_seed[1]).to_pandas().groupby("key").size()
    assert len(num_points) == cells
    assert num_points.between(1, len(budgets(300))).all()
    assert num_points.sum() < again.curves(of_seed[1]).num_rows
    order = [
        ("sha256", "ascending"),
        ("s0", "ascending"),
        ("s1", "ascending"),
        ("seed", "ascending"),
    ]
    assert replay_table(target).sort_by(order).equals(replay_table(again).sort_by(order))


def test_optunas_best_trial_is_the_best_point(exported, tmp_path):
    _, target = exported
    table = replay_table(target)
    storage = f"sqlite:///{tmp_path / 'landscapes.db'}"
    assert to_optuna(table, storage) == 2
    frame = table.to_pandas()
    for name, mine in frame.groupby("signal"):
        study = optuna.load_study(study_name=str(name), storage=storage)
        best = mine.loc[mine["psnr_300"].idxmax()]
        assert study.best_params == {"s0": best["s0"], "s1": best["s1"]}
        assert study.best_value == pytest.approx(best["psnr_300"])
        assert len(study.trials) == len(mine)


def test_the_cards_example_runs(exported, tmp_path, monkeypatch, capsys):
    _, target = exported
    monkeypatch.chdir(tmp_path)
    arguments = ["--replay", "landscapes.parquet", "--optuna", "landscapes.db"]
    assert benchmark.main([target.results, *arguments]) == 0
    block = re.search(r"```python\n(.*?)```", CARD.read_text(), re.DOTALL)
    assert block
    scope = {}
    exec(block[1], scope)
    frame = pd.read_parquet("landscapes.parquet")
    top = frame[frame["signal"] == frame["signal"].iloc[0]]["psnr_300"].max()
    assert scope["found"] <= top
    assert scope["study"].best_value == pytest.approx(top)


def test_an_optuna_file_that_is_there_is_not_overwritten(exported, tmp_path, capsys):
    _, target = exported
    (tmp_path / "a.db").write_text("mine")
    assert benchmark.main([target.results, "--optuna", str(tmp_path / "a.db")]) == 2
    assert capsys.readouterr().err.startswith(f"error: --optuna {tmp_path / 'a.db'}: ")
    assert (tmp_path / "a.db").read_text() == "mine"
