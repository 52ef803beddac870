"""Networks beside each other: what is planned, tuned and refused."""

import dataclasses

import pytest

from analysis.comparison.standings import compare
from search_spaces.networks import Case
from studies import audio_architectures, audio_training, image_architectures, tensor_train
from studies.engine.outcomes.signal_state import SignalState
from studies.engine.planning.points import Point, trial_of
from studies.engine.planning.run import read_run, run_json
from studies.engine.running.job import Job
from studies.engine.store.rows import signal_from_row, signal_row
from studies.engine.store.store import Store
from tests.fakes.runs import (
    IMAGE,
    SOUND,
    by_case,
    compared_row,
    four,
    make_comparison,
    plan,
    points,
)
from tests.refusals import refused


@pytest.mark.parametrize(
    ("study", "signal"),
    [(audio_architectures.STUDY, SOUND), (image_architectures.STUDY, IMAGE)],
    ids=["sound", "image"],
)
def test_all_networks_have_about_the_budget_and_the_same_steps_and_seeds(study, signal):
    for scale in ("small", "paper"):
        run = make_comparison(study, signal, scale)
        features = {"in_features": len(signal.shape), "out_features": signal.channels}
        cases = points(run, signal)
        assert len(cases) == len({p.name for p in cases}) == len(study.small.cases)
        for point in cases:
            size = point.network.num_parameters(**features)
            assert size == pytest.approx(run.scale.parameters, rel=0.03), point.name
        fits = plan(run, [signal])
        assert {fit.trial.fit for fit in fits} == {run.scale.fit}
        assert len(fits) == len(cases) * run.scale.seeds
        assert run.scale.seeds == 5


def test_first_omegas_grow_with_a_sound_but_not_with_an_image_nor_in_siren2():
    def omegas(run, signal):
        found = {p.name: getattr(p.network, "omega_first", None) for p in points(run, signal)}
        return {name: found[name] for name in ("siren", "siren2", "finer", "wire", "hosc")}

    paper = dataclasses.replace(SOUND, shape=(150_000,))
    expected = {"siren": 3000, "siren2": 30, "finer": 3000, "wire": 1000, "hosc": 3000}
    assert omegas(make_comparison(scale="paper", signal=paper), paper) == expected
    assert omegas(make_comparison(), SOUND)["siren"] == pytest.approx(30 * 100 * 8192 / 150_000)
    image = omegas(make_comparison(image_architectures.STUDY, IMAGE), IMAGE)
    assert image == {"siren": 30, "siren2": 30, "finer": 30, "wire": 10, "hosc": 30}


def test_cases_may_change_width_rate_decay_and_scaling():
    run = make_comparison(audio_training.STUDY)
    found = {p.name: p for p in points(run, SOUND)}
    changed = found["siren2 lr x4 decay 0.9"].fit
    assert changed == dataclasses.replace(run.scale.fit, learning_rate=4 * 5e-4, decay=0.9)
    assert trial_of(run.scale, SOUND, found["siren2 lr x4 decay 0.9"], 0).fit == changed
    assert found["siren width 104"].network.width == 104
    assert found["siren omega x1"].network.omega_first == 30
    figure = {
        p.name: p for p in points(make_comparison(audio_training.STUDY, scale="paper"), SOUND)
    }
    network = figure["siren of Fig. 2a"].network
    assert (network.omega_first, network.width) == (30_000, 128)
    fit = figure["siren of Fig. 2a"].fit
    assert fit is not None
    assert fit.decay == 0.98


def test_table_4_is_siren2_and_a_wider_one_with_a_tensor_train():
    dense, train = points(make_comparison(tensor_train.STUDY, scale="paper"), SOUND)
    assert (dense.network.width, train.network.width) == (256, 300)
    assert train.network.tt_modes == (10, 30)
    sizes = [
        p.network.num_parameters(in_features=1, out_features=1)
        for p in points(make_comparison(tensor_train.STUDY), SOUND)
    ]
    assert 0.8 * sizes[0] < sizes[1] < 0.95 * sizes[0]
    assert tensor_train.STUDY.paper.fit.epochs == 10_000


def test_tuning_chooses_on_a_seed_of_its_own_and_scores_the_winner_on_the_others():
    run = four(tune=True)
    assert run.question.tuning_seeds == (100,)
    winner = "finer_pp, first_bias 10"

    def score(point: Point, seed: int) -> float:
        return by_case(point, 0) + 3 * (point.name == winner)

    state = SignalState(run, SOUND)
    rows = state.rows
    steps = run.question.steps(state)
    first = next(steps).fits
    tuning = {fit.trial.seed for fit in first if fit.point.kind == "tuning"}
    assert tuning == {100}
    assert not any("siren2," in fit.point.name for fit in first), "SIREN² has studies of its own"
    for fit in first:
        rows[fit.trial.key] = compared_row(fit.trial.key, SOUND, score(fit.point, fit.trial.seed))
    second = next(steps).fits
    assert {(f.point.name, f.trial.seed) for f in second} >= {(winner, 0), (winner, 1)}
    for fit in second:
        rows[fit.trial.key] = compared_row(fit.trial.key, SOUND, score(fit.point, fit.trial.seed))
    assert next(steps, None) is None
    assert [point.name for point in run.question.winners(state)] == [winner]
    (found,) = compare([state], [run.question.winners(state)])
    assert [s.point.name for s in found.standings[:3]] == ["siren2", winner, "finer_pp"]


def test_a_job_counts_what_tuning_will_add(tmp_path):
    run, store = four(tune=True), Store(str(tmp_path))
    job = Job(run, [SOUND], store)
    tuned = {p.case for p in points(run, SOUND) if p.kind == "tuning"}
    assert tuned == {"siren", "finer_pp", "wire"}
    assert job.stored.num_missing == len(plan(run, [SOUND])) + 2 * len(tuned)


def test_a_comparison_survives_its_json_and_has_its_own_id():
    run = four()
    again = read_run(run_json(run), run.folder)
    assert dataclasses.replace(again, stored_id=None) == run
    assert again.id == run.id
    assert len({run.id, four(tune=True).id, make_comparison().id}) == 3


def test_an_unknown_network_is_refused_with_those_that_there_are():
    with refused("unknown-name", "--networks", "sine", "siren, finer"):
        make_comparison(networks=["siren", "sine"])
    with refused("unknown-name", "network", "sine"):
        Case(name="x", network="sine")
    with refused("taken", "cases", "siren"):
        dataclasses.replace(
            audio_architectures.STUDY.small, cases=(Case(name="siren", network="siren"),) * 2
        )


def test_an_image_survives_the_table_of_signals(tmp_path):
    store = Store(str(tmp_path))
    store.add_signals([signal_row(IMAGE), signal_row(SOUND)])
    again = {r["sha256"]: signal_from_row(r) for r in store.signals().to_pylist()}
    assert again == {IMAGE.sha256: IMAGE, SOUND.sha256: SOUND}
