"""Maps in several settings: each setting is a grid of its own, whose fits other studies share."""

import dataclasses
import datetime

import numpy as np
import pytest

from inr_models import InputError
from search_spaces.bandwidth import bandwidth, gain
from studies import rule_check, setting_maps
from studies.engine.outcomes.results import Progress, Results
from studies.engine.outcomes.signal_state import SignalState
from studies.engine.planning.resolving import resolve
from studies.engine.planning.run import read_run, run_json
from studies.engine.store.store import Store
from tests.fakes.runs import make_signal, plan, scored_row

SIGNAL = dataclasses.replace(
    make_signal(n=2048), descriptors={"psi": 0.3, "low_pass_40": 0.4}, psnr_constant=10.0
)
RULE_CHECK = dataclasses.replace(
    rule_check.STUDY, small=dataclasses.replace(rule_check.STUDY.small, rules=("constant",))
)
ASKED = {"ratios": [0.25, 1.0], "depths": [2, 4]}


def maps(**changes):
    return resolve(setting_maps.STUDY, "small", [SIGNAL], changes=ASKED | changes)


def test_every_setting_has_a_network_with_that_many_parameters_and_layers():
    run = maps()
    sizes = {}
    for point in run.question.points(run, SIGNAL):
        count = point.network.num_parameters(in_features=1, out_features=1)
        sizes.setdefault(point.case, set()).add((point.network.depth, count))
    assert len(sizes) == 4
    asked = [(ratio, depth) for depth in (2, 4) for ratio in (0.25, 1.0)]
    for (ratio, depth), ((layers, parameters),) in zip(asked, sizes.values(), strict=True):
        assert layers == depth
        assert SIGNAL.num_samples / parameters == pytest.approx(ratio, rel=0.05)


def test_cells_keep_their_bandwidths_and_gains_in_every_setting():
    run, of_cells = maps(), []
    for setting in run.question.settings(run, SIGNAL):
        width = setting.run.scale.width
        points = [p for p in setting.run.question.points(setting.run, SIGNAL) if p.cell]
        of_cells.append(
            [(gain(p.scales.s1, width=width), bandwidth(*p.scales, width=width)) for p in points]
        )
    np.testing.assert_allclose(of_cells[1:], [of_cells[0]] * 3, rtol=1e-6)


def test_a_rule_check_of_one_of_the_sizes_finds_its_fits():
    run = maps()
    keys = {fit.trial.key for fit in plan(run, [SIGNAL])}
    for setting in run.question.settings(run, SIGNAL):
        changes = {"width": setting.run.scale.width, "depth": setting.run.scale.depth}
        check = resolve(RULE_CHECK, "small", [SIGNAL], changes=changes | {"max_samples": 2048})
        wanted = {fit.trial.key for fit in plan(check, [SIGNAL]) if fit.point.cell}
        assert wanted <= keys


def test_the_run_is_read_from_its_json():
    run = maps()
    again = read_run(run_json(run), run.folder)
    assert again.question == run.question
    assert again.id == run.id
    assert maps(depths=[4]).id != run.id


def test_the_report_has_the_best_cell_of_each_setting(tmp_path):
    run = maps(depths=[4])
    rows = {}
    for number, fit in enumerate(plan(run, [SIGNAL])):
        rows[fit.trial.key] = scored_row(
            fit.trial.key, SIGNAL, 20.0 + number / 100, network="siren2", seed=0
        )
    state = SignalState(run, SIGNAL, rows)
    results = Results(
        run, [state], Store(str(tmp_path)), {SIGNAL.sha256: Progress(len(rows), 0, set(rows))}
    )
    report = run.question.report(results, datetime.datetime(2026, 1, 1))
    numbers = report.numbers[SIGNAL.sha256]
    assert set(numbers) == {"psnr_best_ratio_0.25_depth_4", "psnr_best_ratio_1_depth_4"}
    for setting in run.question.settings(run, SIGNAL):
        of_setting = SignalState(setting.run, SIGNAL, rows)
        best = max(of_setting.mean(cell, range(1)) for cell in of_setting.cells)
        assert numbers[f"psnr_best_ratio_{setting.ratio:g}_depth_4"] == best
    assert sum(name.endswith(".pdf") for name in report.files) == 2
    (table,) = report.tables
    assert table.row_count == 2


@pytest.mark.parametrize(
    ("changes", "code", "field"),
    [
        ({"ratios": [0.25, 0.25]}, "taken", "--ratios"),
        ({"ratios": [1000.0]}, "out-of-range", "--ratios"),
        ({"ratios": [float("nan")]}, "out-of-range", "--ratios"),
        ({"depths": []}, "missing", "--depths"),
        ({"depths": [0]}, "out-of-range", "depth"),
    ],
)
def test_settings_that_are_none_are_refused(changes, code, field):
    with pytest.raises(InputError) as refused:
        maps(**changes)
    assert (refused.value.code, refused.value.field) == (code, field)
