"""A run's plan and its order; what tells runs apart."""

import dataclasses

import pytest

from inr_models import Siren2Config
from search_spaces.axes import Linear, Values
from search_spaces.noise_grid import NoiseGrid
from studies import rule_check
from studies.audio_grid import STUDY
from studies.engine.outcomes.signal_state import SignalState
from studies.engine.planning.points import trial_of
from studies.engine.planning.resolving import resolve
from studies.engine.planning.run import read_run, run_json
from studies.engine.store.rows import signal_from_row, signal_row
from studies.questions import RuleCheck
from tests.fakes.runs import every_key, make_run, make_signal, plan, points, rows_for
from tests.refusals import refused


def test_a_run_survives_its_json():
    run = make_run(make_signal())
    again = read_run(run_json(run), run.folder)
    assert dataclasses.replace(again, stored_id=None) == run
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
    state = SignalState(run, signal, rows_for(run, signal, lambda *_: 20.0))
    fits = [fit for step in run.question.steps(state) for fit in step.fits]
    assert run.question.scoring_seeds == (105, 106)
    own = {run.scale.drawn_seed(signal.sha256, seed) for seed in (105, 106)}
    assert {f.trial.seed for f in fits} - grid == own
    with refused("out-of-range", "seeds", 101):
        make_run(signal, seeds=101)


@pytest.mark.parametrize(
    ("changes", "choosing", "scoring"),
    [
        ({"confirm_seeds": 3}, range(100, 103), range(105, 108)),
        ({"choosing_seeds": 7}, range(100, 107), range(107, 110)),
        ({"choosing_seeds": 1, "confirm_seeds": 6}, range(100, 101), range(105, 111)),
    ],
)
def test_the_seeds_that_choose_and_those_that_score_have_their_own_numbers(
    changes, choosing, scoring
):
    question = resolve(rule_check.STUDY, "small", (), changes=changes).question
    assert isinstance(question, RuleCheck)
    assert question.choosing_seeds == tuple(choosing)
    assert question.scoring_seeds == tuple(scoring)


@pytest.mark.parametrize("count", [0, 451])
def test_a_number_of_choosing_seeds_is_checked(count):
    with refused("out-of-range", "--choosing-seeds", count):
        resolve(rule_check.STUDY, "small", (), changes={"choosing_seeds": count})


def test_rules_that_agree_are_one_trial():
    signal = make_signal(n=150_000)
    run = resolve(STUDY, "paper", [signal])
    by_name = {p.name: trial_of(run.scale, signal, p, 0).key for p in points(run, signal)}
    assert by_name["eqn11"] == by_name["eqn11_length"] == by_name["eqn11_length_width"]
    assert by_name["eqn11"] != by_name["eqn11_text"]
    keys = [f.trial.key for f in plan(run, [signal])]
    assert keys.count(by_name["eqn11"]) == 1


def test_a_negative_noise_scale_in_a_study_is_refused_by_name():
    grid = NoiseGrid(s0=Values(values=(-50, 100)), s1=Linear(low=0, high=1, num=2))
    study = dataclasses.replace(STUDY, small=dataclasses.replace(STUDY.small, grid=grid))
    run = resolve(study, "small", [make_signal()])
    with refused("out-of-range", "s0", "s0 = -"):
        plan(run, [make_signal()])


def test_every_cell_of_the_small_grid_is_a_siren2_at_its_scales():
    signal = make_signal()
    run = make_run(signal)
    s0, s1 = run.scale.grid.axes(8192)
    assert sum(point.cell is not None for point in points(run, signal)) == len(s0) * len(s1) == 20
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


def test_a_width_changes_the_networks_and_its_own_changes_nothing():
    signal = make_signal()
    run = make_run(signal)
    wide = resolve(STUDY, "small", [signal], changes={"width": 208})
    for ours, theirs in zip(points(run, signal), points(wide, signal), strict=True):
        assert (ours.name, theirs.network.width) == (theirs.name, 208)
        if ours.cell and ours.scales and theirs.scales:  # sqrt(52 / 208) of s1
            assert theirs.scales == pytest.approx((ours.scales.s0, ours.scales.s1 / 2))
    assert resolve(STUDY, "small", [signal], changes={"width": 52}).id == run.id
    assert wide.scale.width == 208
    with refused("out-of-range", "--width", 0, 1):
        resolve(STUDY, "small", [signal], changes={"width": 0})
