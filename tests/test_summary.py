"""What the analysis makes of rows with known numbers."""

import numpy as np
import pytest

from analysis.grid.maps import place
from analysis.grid.summary import summarize
from studies.engine.outcomes.landscape import landscape
from studies.engine.outcomes.signal_state import SignalState
from studies.engine.planning.points import trial_of
from studies.engine.running.job import Job
from studies.engine.store.store import Store
from tests.fakes.runs import make_run, make_signal, rows_for


def test_the_best_cell_is_that_of_the_largest_mean_over_common_seeds():
    signal = make_signal()
    run = make_run(signal, seeds=2)
    rows = rows_for(run, signal, lambda p, seed: 20.0 + seed + (p.cell == (2, 3)) * 5)
    relief = landscape(SignalState(run, signal, rows))
    assert relief.best is not None
    assert relief.best.cell == (2, 3)
    assert relief.mean[2, 3] == 25.5
    # While seed 1 is only there for one cell, it must not lift that cell above the others.
    lone = trial_of(run.scale, signal, relief.cells[0, 0], 1).key
    second = {
        trial_of(run.scale, signal, p, 1).key
        for p in run.question.points(run, signal)
        if p.cell not in (None, (0, 0))
    }
    partial = {k: r for k, r in rows.items() if k not in second}
    partial[lone]["metric_psnr_peak"] = 99.0
    relief = landscape(SignalState(run, signal, partial))
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
        assert landscape(SignalState(run, signal, rows)).best_at_edge == rim, cell


def test_a_diverged_or_failed_cell_is_never_the_best():
    signal = make_signal()
    run = make_run(signal)
    for status in ("diverged", "failed"):
        rows = rows_for(run, signal, lambda p, seed: 20.0 + (p.cell == (0, 0)) * 50)
        cell = landscape(SignalState(run, signal, rows)).cells[0, 0]
        rows[trial_of(run.scale, signal, cell, 0).key]["status"] = status
        relief = landscape(SignalState(run, signal, rows))
        assert np.isnan(relief.mean[0, 0])
        assert relief.best is not None
        assert relief.best.cell != (0, 0)
    assert landscape(SignalState(run, signal, {})).best is None


def test_the_difference_is_paired_and_on_the_confirming_seeds_alone():
    signal = make_signal()
    run = make_run(signal)

    def score(point, seed):
        if point.kind == "grid":
            return {105: 40.0, 106: 44.0}.get(seed, 60.0 if point.cell == (1, 1) else 30.0)
        return {105: 37.0, 106: 42.0}.get(seed, 90.0)

    state = SignalState(run, signal, rows_for(run, signal, score))
    (summary,) = summarize([state], [run.question.choice(state)], run.question.scoring_seeds)
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


def test_a_failed_cell_does_not_hide_the_confirmed_gain(tmp_path):
    signal = make_signal()
    run = make_run(signal)
    rows = rows_for(run, signal, lambda p, seed: 30.0 + 5 * (p.cell == (1, 2)))
    failed = next(p for p in run.question.points(run, signal) if p.cell == (3, 3))
    key = trial_of(run.scale, signal, failed, 0).key
    rows[key] |= {"status": "failed", "metric_psnr_peak": None, "error": "out of luck"}
    fixed = {
        "study": "test", "signal": signal.name, "n": signal.num_samples,
        "hp_width": run.scale.width, "hp_depth": run.scale.depth,
        **{f"fit_{name}": value for name, value in vars(run.scale.fit).items()},
    }  # fmt: skip
    store = Store(str(tmp_path))
    store.append([row | fixed for row in rows.values()])
    results = Job(run, [signal], store).results()
    (state,) = results.states
    (summary,) = summarize([state], [run.question.choice(state)], run.question.scoring_seeds)
    assert summary.differences == (5.0, 5.0)
    assert summary.statuses["failed"] == 1
    assert results.progress[signal.sha256].missing > 0
