"""Networks beside each other: what is planned, tuned and refused."""

import dataclasses

import numpy as np
import pytest
import torch

from analysis.comparison.standings import compare
from inr_models.fitting.metrics import psnr_db
from search_spaces.networks import Case
from studies import audio_architectures, audio_training, image_architectures, tensor_train
from studies.engine.cluster.recorder import Recorder
from studies.engine.outcomes.signal_state import SignalState
from studies.engine.planning.points import Point, trial_of
from studies.engine.planning.run import read_run, run_json
from studies.engine.running.batch import run_batch
from studies.engine.running.job import Job
from studies.engine.store.outputs import outputs_of
from studies.engine.store.rows import brief, signal_from_row, signal_row
from studies.engine.store.store import Store, output_path
from tests.fakes.runs import (
    IMAGE,
    SOUND,
    by_case,
    compared_row,
    four,
    make_comparison,
    make_signal,
    plan,
    points,
)
from tests.refusals import refused

HEARD = dataclasses.replace(
    make_signal("heard", n=512),
    values=np.sin(np.arange(512, dtype=np.float32) / 3)[:, None],
)


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
        by_name = {p.name: getattr(p.network, "omega_first", None) for p in points(run, signal)}
        return {name: by_name[name] for name in ("siren", "siren2", "finer", "wire", "hosc")}

    paper = dataclasses.replace(SOUND, shape=(150_000,))
    expected = {"siren": 3000, "siren2": 30, "finer": 3000, "wire": 1000, "hosc": 3000}
    assert omegas(make_comparison(scale="paper", signal=paper), paper) == expected
    assert omegas(make_comparison(), SOUND)["siren"] == pytest.approx(30 * 100 * 8192 / 150_000)
    image = omegas(make_comparison(image_architectures.STUDY, IMAGE), IMAGE)
    assert image == {"siren": 30, "siren2": 30, "finer": 30, "wire": 10, "hosc": 30}


def test_cases_may_change_width_rate_decay_and_scaling():
    run = make_comparison(audio_training.STUDY)
    by_name = {p.name: p for p in points(run, SOUND)}
    changed = by_name["siren2 lr x4 decay 0.9"].fit
    assert changed == dataclasses.replace(run.scale.fit, learning_rate=4 * 5e-4, decay=0.9)
    assert trial_of(run.scale, SOUND, by_name["siren2 lr x4 decay 0.9"], 0).fit == changed
    assert by_name["siren width 104"].network.width == 104
    assert by_name["siren omega x1"].network.omega_first == 30
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
    (comparisons,) = compare([state], [run.question.winners(state)])
    assert [s.point.name for s in comparisons.standings[:3]] == ["siren2", winner, "finer_pp"]


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


def fit_all(job: Job, store: Store) -> list[str]:
    """Run all that a job lacks, as workers do, and return the keys of the fits that ran."""
    job.measure(lambda *_: (1.0, 1))
    recorder, schedule = Recorder(store.location), job.schedule(num_workers=1)
    ran = []
    while batch := schedule.next():
        for fit in batch.fits:
            (stored,), _ = recorder.begin_fits([fit.trial.key], [False], [outputs_of(fit)])
            if stored is None:
                (outcome,) = run_batch(
                    "test", HEARD, [fit.trial], torch.device("cpu"), keep=[fit.keep]
                )
                recorder.record(outcome.row, outcome.curve, outcome.outputs, "kind")
                stored = brief(outcome.row)
                ran.append(fit.trial.key)
            schedule.record(stored)
    return ran


def test_a_fit_of_another_study_runs_again_for_its_picture_and_keeps_its_row(tmp_path):
    store = Store(str(tmp_path))
    store.add_signals([signal_row(HEARD)])
    run = make_comparison(signal=HEARD, networks=["siren", "finer"], seeds=2, epochs=3)
    state = SignalState(run, HEARD)
    siren = {seed: state.trial(state.by_name["siren"], seed) for seed in (0, 1)}
    recorder = Recorder(store.location)
    for trial in siren.values():  # as a grid does, which keeps no output
        (outcome,) = run_batch("grid", HEARD, [trial], torch.device("cpu"))
        recorder.record(outcome.row, outcome.curve, outcome.outputs, "kind")
    before = store.fits().to_pylist()
    job = Job(run, [HEARD], store)
    assert (job.stored.num_done, job.stored.num_missing) == (1, 3)
    ran = fit_all(job, store)
    assert len(ran) == 3
    assert siren[0].key in ran
    assert siren[1].key not in ran
    output = store.read_array(output_path(siren[0].key))
    assert output is not None
    assert HEARD.values is not None
    psnr = float(psnr_db(np.square(output - HEARD.values).mean(dtype=np.float64)))
    stored = {row["key"]: row for row in store.read("fits", None, None).to_pylist()}
    assert store.read("fits", None, None).num_rows == len(stored) == 4
    assert psnr == pytest.approx(stored[siren[0].key]["metric_psnr_peak"], abs=1e-3)
    assert [stored[row["key"]] for row in before] == before
    again = Job(run, [HEARD], store)
    assert again.stored.num_missing == 0
    assert fit_all(again, store) == []
    store.delete(output_path(siren[0].key))
    assert Job(run, [HEARD], store).stored.num_missing == 1
