"""A run's plan, its order, and what the analysis makes of rows with known numbers."""

import dataclasses
import hashlib

import numpy as np
import pytest

from analysis.landscape import landscape
from analysis.plots import place
from analysis.summary import summarize
from inr_models import InputError, Siren2Config
from search_spaces.axes import Linear, Values
from search_spaces.noise_grid import NoiseGrid
from studies.audio_grid import STUDY
from studies.engine.course import course
from studies.engine.job import Job
from studies.engine.plan import all_seeds, plan, points, trial_of
from studies.engine.resolving import resolve
from studies.engine.rows import signal_from_row, signal_row
from studies.engine.signals import Signal
from studies.engine.store import Store
from studies.engine.study import RUN_JSON, Run


def make_signal(name: str = "clip", psi: float = 0.3, n: int = 8192) -> Signal:
    return Signal(
        name=name,
        sha256=hashlib.sha256(name.encode()).hexdigest(),
        source=f"{name}.wav",
        num_samples=n,
        channels=1,
        sample_rate=8000.0,
        file_samples=n,
        crop="loudest",
        crop_start=0,
        peak=1.0,
        psnr_zero=10.0,
        descriptors={"psi": psi},
    )


def make_run(*signals: Signal, seeds: int = 1) -> Run:
    return resolve(STUDY, "small", signals, changes={"seeds": seeds})


def every_key(run, signal) -> list:
    """(point, seed, key) of all points on all seeds."""
    return [
        (point, seed, trial_of(run, signal, point, seed).key)
        for point in points(run, signal)
        for seed in all_seeds(run)
    ]


def rows_for(run: Run, signal: Signal, score) -> dict[str, dict]:
    """A store's rows with metric_psnr_peak = score(point, seed)."""
    return {
        key: {
            "key": key,
            "sha256": signal.sha256,
            "network": point.network.network,
            "hp_s0": point.scales.s0 if point.scales else None,
            "hp_s1": point.scales.s1 if point.scales else None,
            "seed": seed,
            "status": "ok",
            "metric_psnr_peak": score(point, seed),
            "versions": "test",
            "commit": None,
        }
        for point, seed, key in every_key(run, signal)
    }


def test_a_run_survives_its_json():
    run = make_run(make_signal())
    again = RUN_JSON.validate_json(RUN_JSON.dump_json(run))
    assert again == run
    assert again.id == run.id
    assert make_run(make_signal("other")).id != run.id


def test_a_signal_survives_its_row():
    signal = make_signal()
    assert signal_from_row(signal_row(signal)) == signal


def test_the_first_seed_of_every_clip_comes_first_coarse_to_fine():
    signals = [make_signal("a"), make_signal("b")]
    run = make_run(*signals, seeds=2)
    fits = plan(run, signals)
    cells = 4 * 5
    first_pass = fits[: 2 * (1 + 2 + cells // 2)]
    assert {f.trial.seed for f in first_pass} == {0}
    assert {f.signal.name for f in first_pass} == {"a", "b"}
    assert all(sum(f.point.cell) % 2 == 0 for f in first_pass if f.point.cell)
    whole_map = fits[: 2 * (1 + 2 + cells)]
    assert {f.trial.seed for f in whole_map} == {0}
    assert [f.stage for f in fits] == sorted(f.stage for f in fits)
    assert len({f.trial.key for f in fits}) == len(fits)


def test_the_confirming_seeds_are_none_of_the_grids():
    signal = make_signal()
    run = make_run(signal, seeds=100)
    grid = {f.trial.seed for f in plan(run, [signal]) if f.point.kind == "grid"}
    assert grid == set(range(100))
    steps = course(run, signal, rows_for(run, signal, lambda *_: 20.0), None)
    fits = [fit for step in steps for fit in step]
    assert {f.trial.seed for f in fits} - grid == set(run.scoring_seeds) == {105, 106}
    with pytest.raises(InputError, match="seeds = 101"):
        make_run(signal, seeds=101)


def test_rules_that_agree_are_one_trial():
    signal = make_signal(n=150_000)
    run = resolve(STUDY, "paper", [signal])
    by_name = {p.name: trial_of(run, signal, p, 0).key for p in points(run, signal)}
    assert by_name["eqn11"] == by_name["eqn11_length"] == by_name["eqn11_length_width"]
    assert by_name["eqn11"] != by_name["eqn11_text"]
    keys = [f.trial.key for f in plan(run, [signal])]
    assert keys.count(by_name["eqn11"]) == 1


def test_a_negative_noise_scale_in_a_study_is_refused_by_name():
    grid = NoiseGrid(s0=Values(values=(-50, 100)), s1=Linear(low=0, high=1, num=2))
    study = dataclasses.replace(STUDY, small=dataclasses.replace(STUDY.small, grid=grid))
    run = resolve(study, "small", [make_signal()])
    with pytest.raises(InputError, match="s0 = -"):
        plan(run, [make_signal()])


def test_the_best_cell_is_that_of_the_largest_mean_over_common_seeds():
    signal = make_signal()
    run = make_run(signal, seeds=2)
    rows = rows_for(run, signal, lambda p, seed: 20.0 + seed + (p.cell == (2, 3)) * 5)
    relief = landscape(run, signal, rows)
    assert relief.best is not None
    assert relief.best.cell == (2, 3)
    assert relief.mean[2, 3] == 25.5
    # While seed 1 is only there for one cell, it must not lift that cell above the others.
    lone = trial_of(run, signal, relief.cells[0, 0], 1).key
    second = {
        trial_of(run, signal, p, 1).key for p in points(run, signal) if p.cell not in (None, (0, 0))
    }
    partial = {k: r for k, r in rows.items() if k not in second}
    partial[lone]["metric_psnr_peak"] = 99.0
    relief = landscape(run, signal, partial)
    assert relief.best is not None
    assert relief.best.cell == (2, 3)


def test_a_best_cell_on_the_rim_is_marked_but_s1_zero_is_no_rim():
    signal = make_signal()
    run = make_run(signal)
    for cell, rim in (
        ((0, 2), True),
        ((3, 2), True),
        ((1, 4), True),
        ((1, 0), False),
        ((2, 2), False),
    ):
        rows = rows_for(run, signal, lambda p, seed, cell=cell: 20.0 + (p.cell == cell))
        assert landscape(run, signal, rows).best_at_edge == rim, cell


def test_a_diverged_or_failed_cell_is_never_the_best():
    signal = make_signal()
    run = make_run(signal)
    for status in ("diverged", "failed"):
        rows = rows_for(run, signal, lambda p, seed: 20.0 + (p.cell == (0, 0)) * 50)
        cell = landscape(run, signal, rows).cells[0, 0]
        rows[trial_of(run, signal, cell, 0).key]["status"] = status
        relief = landscape(run, signal, rows)
        assert np.isnan(relief.mean[0, 0])
        assert relief.best is not None
        assert relief.best.cell != (0, 0)
    assert landscape(run, signal, {}).best is None


def test_the_difference_is_paired_and_on_the_confirming_seeds_alone():
    signal = make_signal()
    run = make_run(signal)

    def score(point, seed):
        if point.kind == "grid":
            return {105: 40.0, 106: 44.0}.get(seed, 60.0 if point.cell == (1, 1) else 30.0)
        return {105: 37.0, 106: 42.0}.get(seed, 90.0)

    (summary,) = summarize(run, [signal], {signal.sha256: rows_for(run, signal, score)})
    assert summary.best is not None
    assert summary.best.point.cell == (1, 1)
    assert summary.differences == (3.0, 2.0)
    assert summary.difference == 2.5
    assert summary.best.mean == 42.0


def test_a_point_between_grid_values_is_drawn_between_their_cells():
    assert place(100, (10, 100, 1000)) == 1
    assert place(10 * 10**0.5, (10, 100, 1000)) == pytest.approx(0.5)
    assert place(0.5, (0, 1, 3)) == 0.5
    assert place(1e9, (10, 100, 1000)) == 2.5
    assert place(0, (10, 100, 1000)) == -0.5


def test_every_cell_of_the_small_grid_is_a_siren2_at_its_scales():
    signal = make_signal()
    run = make_run(signal)
    s0, s1 = run.scale.grid.axes(8192)
    for point in points(run, signal):
        if point.cell:
            network = point.network
            assert isinstance(network, Siren2Config)
            place = (s0[point.cell[0]], s1[point.cell[1]])
            assert (network.s0, network.s1) == pytest.approx(place, rel=1e-8)


def test_keys_do_not_hang_on_the_last_bits_of_a_processor():
    signal = make_signal(psi=0.3)
    other = make_signal(psi=0.3 * (1 + 1e-15))
    run = make_run(signal)
    keys = [[key for *_, key in every_key(run, of)] for of in (signal, other)]
    assert keys[0] == keys[1]


def test_where_a_clip_lay_does_not_tell_runs_apart():
    signal = make_signal()
    assert make_run(signal).id == make_run(dataclasses.replace(signal, source="else.wav")).id


def test_a_failed_cell_does_not_hide_the_confirmed_gain(tmp_path):
    signal = make_signal()
    run = make_run(signal)
    rows = rows_for(run, signal, lambda p, seed: 30.0 + 5 * (p.cell == (1, 2)))
    failed = next(p for p in points(run, signal) if p.cell == (3, 3))
    key = trial_of(run, signal, failed, 0).key
    rows[key] |= {"status": "failed", "metric_psnr_peak": None, "error": "out of luck"}
    fixed = {
        "study": "test", "signal": signal.name, "n": signal.num_samples,
        "hp_width": run.scale.width, "hp_depth": run.scale.depth,
        **{f"fit_{name}": value for name, value in vars(run.scale.fit).items()},
    }  # fmt: skip
    store = Store(str(tmp_path))
    store.append([row | fixed for row in rows.values()])
    results = Job(run, [signal], store).results()
    (summary,) = summarize(run, [signal], results.rows)
    assert summary.differences == (5.0, 5.0)
    assert summary.statuses["failed"] == 1
    assert results.missing[signal.sha256] > 0


def test_a_width_changes_the_networks_and_its_own_changes_nothing():
    signal = make_signal()
    run = make_run(signal)
    wide = resolve(STUDY, "small", [signal], changes={"width": 208})
    for ours, theirs in zip(points(run, signal), points(wide, signal), strict=True):
        assert (ours.name, theirs.network.width) == (theirs.name, 208)
        if ours.cell and ours.scales and theirs.scales:  # sqrt(52 / 208) of s1
            assert theirs.scales == pytest.approx((ours.scales.s0, ours.scales.s1 / 2))
    assert resolve(STUDY, "small", [signal], changes={"width": 52}).id == run.id
    assert wide.settings["width"] == 208
    with pytest.raises(InputError, match="--width 0: give 1 or more"):
        resolve(STUDY, "small", [signal], changes={"width": 0})
