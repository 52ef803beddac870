"""Networks beside each other: what is planned, who is ranked, and what the report says."""

import dataclasses
import datetime
import io
import math
import statistics

import numpy as np
import pyarrow.parquet as pq
import pytest
from rich.console import Console

from analysis.choosing import best_tuned
from analysis.comparison import compare, overall
from analysis.comparison_report import comparison_report
from analysis.report import Results
from inr_models import InputError
from search_spaces.networks import Case
from studies import audio_architectures, audio_training, image_architectures, tensor_train
from studies.engine.course import course
from studies.engine.job import Job
from studies.engine.plan import Point, plan, points, trial_of
from studies.engine.resolving import resolve
from studies.engine.rows import signal_from_row, signal_row
from studies.engine.signals import Signal
from studies.engine.store import Store, output_path, target_path
from studies.engine.study import RUN_JSON, Run
from tests.made import make_signal

SOUND = make_signal()
IMAGE = dataclasses.replace(
    make_signal("picture", n=96 * 96),
    image_shape=(96, 96), sample_rate=None, channels=3, crop="busiest",
    descriptors={"psi": 0.2, "centroid": 0.4},
)  # fmt: skip
SCORES = {"siren": 30.0, "siren2": 45.0, "finer_pp": 40.0, "wire": 10.4}


def make_run(study=audio_architectures.STUDY, signal: Signal = SOUND, scale="small", **changes):
    return resolve(study, scale, [signal], changes=changes)


def four(**changes) -> Run:
    return make_run(networks=["siren", "siren2", "finer_pp", "wire"], seeds=2, **changes)


def rows_of(run: Run, signal: Signal, score) -> dict[str, dict]:
    """A store's rows with metric_psnr_peak = score(point, seed), dead where that is near zero."""
    found = {}
    for fit in plan(run, [signal]):
        peak = score(fit.point, fit.trial.seed)
        found[fit.trial.key] = row(fit.trial.key, signal, peak)
    return found


def row(key: str, signal: Signal, peak: float) -> dict:
    return {
        "key": key, "sha256": signal.sha256, "signal": signal.name, "network": "?", "error": None,
        "status": "ok" if peak > signal.psnr_zero + 1 else "dead", "metric_psnr_peak": peak,
        "parameters": 8_425, "seconds_per_epoch": 0.01, "flops_per_epoch": 4e8, "num_epochs": 160,
        "versions": "test", "commit": None,
    }  # fmt: skip


def by_case(point: Point, seed: int) -> float:
    return SCORES[point.case] + seed


@pytest.mark.parametrize(
    ("study", "signal"),
    [(audio_architectures.STUDY, SOUND), (image_architectures.STUDY, IMAGE)],
    ids=["sound", "image"],
)
def test_all_networks_have_about_the_budget_and_the_same_steps_and_seeds(study, signal):
    for scale in ("small", "paper"):
        run = make_run(study, signal, scale)
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

    paper = dataclasses.replace(SOUND, num_samples=150_000)
    expected = {"siren": 3000, "siren2": 30, "finer": 3000, "wire": 1000, "hosc": 3000}
    assert omegas(make_run(scale="paper", signal=paper), paper) == expected
    assert omegas(make_run(), SOUND)["siren"] == pytest.approx(30 * 100 * 8192 / 150_000)
    image = omegas(make_run(image_architectures.STUDY, IMAGE), IMAGE)
    assert image == {"siren": 30, "siren2": 30, "finer": 30, "wire": 10, "hosc": 30}


def test_cases_may_change_width_rate_decay_and_scaling():
    run = make_run(audio_training.STUDY)
    found = {p.name: p for p in points(run, SOUND)}
    changed = found["siren2 lr x4 decay 0.9"].fit
    assert changed == dataclasses.replace(run.scale.fit, learning_rate=4 * 5e-4, decay=0.9)
    assert trial_of(run, SOUND, found["siren2 lr x4 decay 0.9"], 0).fit == changed
    assert found["siren width 104"].network.width == 104
    assert found["siren omega x1"].network.omega_first == 30
    figure = {p.name: p for p in points(make_run(audio_training.STUDY, scale="paper"), SOUND)}
    network = figure["siren of Fig. 2a"].network
    assert (network.omega_first, network.width) == (30_000, 128)
    fit = figure["siren of Fig. 2a"].fit
    assert fit is not None
    assert fit.decay == 0.98


def test_table_4_is_siren2_and_a_wider_one_with_a_tensor_train():
    dense, train = points(make_run(tensor_train.STUDY, scale="paper"), SOUND)
    assert (dense.network.width, train.network.width) == (256, 300)
    assert train.network.tt_modes == (10, 30)
    sizes = [
        p.network.num_parameters(in_features=1, out_features=1)
        for p in points(make_run(tensor_train.STUDY), SOUND)
    ]
    assert 0.8 * sizes[0] < sizes[1] < 0.95 * sizes[0]
    assert tensor_train.STUDY.paper.fit.epochs == 10_000


def test_standings_are_in_the_order_of_the_means_and_no_dead_fit_is_ranked():
    run = four()
    (found,) = compare(run, [SOUND], {SOUND.sha256: rows_of(run, SOUND, by_case)})
    assert [(s.point.name, s.rank) for s in found.standings] == [
        ("siren2", 1), ("finer_pp", 2), ("siren", 3), ("wire", None),
    ]  # fmt: skip
    best = found.standings[0]
    assert (best.mean, best.deviation) == (45.5, statistics.stdev([45, 46]))
    assert found.standings[-1].remark == "1 of 2 dead"


@pytest.mark.parametrize("status", ["diverged", "failed", "missing"])
def test_a_network_with_a_fit_that_is_not_whole_has_no_rank(status):
    run = four()
    rows = rows_of(run, SOUND, by_case)
    point = next(p for p in points(run, SOUND) if p.name == "siren2")
    key = trial_of(run, SOUND, point, 1).key
    if status == "missing":
        del rows[key]
    else:
        rows[key] |= {"status": status, "metric_psnr_peak": None}
    (found,) = compare(run, [SOUND], {SOUND.sha256: rows})
    standing = next(s for s in found.standings if s.point.name == "siren2")
    assert standing.rank is None
    assert standing.remark == f"1 of 2 {status}"
    assert found.standings[0].point.name == "finer_pp"


def test_the_mean_gap_is_of_networks_that_are_ranked_on_every_signal():
    run = four()
    other = make_signal("other")
    rows = {SOUND.sha256: rows_of(run, SOUND, by_case)}
    rows[other.sha256] = rows_of(run, other, lambda p, s: by_case(p, s) + 8 * (p.case == "siren"))
    totals = overall(compare(run, [SOUND, other], rows))
    assert [(o.name, o.behind, o.wins, o.ranked) for o in totals[:3]] == [
        ("siren2", 0.0, 2, 2), ("finer_pp", 5.0, 0, 2), ("siren", 11.0, 0, 2),
    ]  # fmt: skip
    assert math.isnan(totals[3].behind)
    assert totals[3].ranked == 0


def test_tuning_chooses_on_a_seed_of_its_own_and_scores_the_winner_on_the_others():
    run = four(tune=True)
    assert run.choosing_seeds == (100,)
    winner = "finer_pp, first_bias 10"

    def score(point: Point, seed: int) -> float:
        return by_case(point, 0) + 3 * (point.name == winner)

    rows: dict[str, dict] = {}
    steps = course(run, SOUND, rows, None)
    first = next(steps)
    tuning = {fit.trial.seed for fit in first if fit.point.kind == "tuning"}
    assert tuning == {100}
    assert not any("siren2," in fit.point.name for fit in first), "SIREN² has studies of its own"
    for fit in first:
        rows[fit.trial.key] = row(fit.trial.key, SOUND, score(fit.point, fit.trial.seed))
    second = next(steps)
    assert {(f.point.name, f.trial.seed) for f in second} >= {(winner, 0), (winner, 1)}
    for fit in second:
        rows[fit.trial.key] = row(fit.trial.key, SOUND, score(fit.point, fit.trial.seed))
    assert next(steps, None) is None
    assert best_tuned(run, SOUND, rows)["finer_pp"].name == winner
    (found,) = compare(run, [SOUND], {SOUND.sha256: rows})
    assert [s.point.name for s in found.standings[:3]] == ["siren2", winner, "finer_pp"]


def test_a_job_counts_what_tuning_will_add(tmp_path):
    run, store = four(tune=True), Store(str(tmp_path))
    job = Job(run, [SOUND], store)
    tuned = {p.case for p in points(run, SOUND) if p.kind == "tuning"}
    assert tuned == {"siren", "finer_pp", "wire"}
    assert job.num_missing == len(plan(run, [SOUND])) + 2 * len(tuned)


def test_a_comparison_survives_its_json_and_has_its_own_id():
    run = four()
    again = RUN_JSON.validate_json(RUN_JSON.dump_json(run))
    assert again == run
    assert len({run.id, four(tune=True).id, make_run().id}) == 3


def test_an_unknown_network_is_refused_with_those_that_there_are():
    with pytest.raises(InputError, match=r"^--networks sine: .* give some of siren, finer, .*\.$"):
        make_run(networks=["siren", "sine"])
    with pytest.raises(InputError, match=r"^network = 'sine': "):
        Case(name="x", network="sine")
    with pytest.raises(InputError, match="two are named 'siren'"):
        dataclasses.replace(
            audio_architectures.STUDY.small, cases=(Case(name="siren", network="siren"),) * 2
        )


def test_an_image_survives_the_table_of_signals(tmp_path):
    store = Store(str(tmp_path))
    store.add_signals([signal_row(IMAGE), signal_row(SOUND)])
    again = {r["sha256"]: signal_from_row(r) for r in store.signals().to_pylist()}
    assert again == {IMAGE.sha256: IMAGE, SOUND.sha256: SOUND}


@pytest.mark.parametrize("signal", [SOUND, IMAGE], ids=["sound", "image"])
def test_the_report_has_a_table_figures_and_error_pictures(tmp_path, signal):
    signal = dataclasses.replace(signal, name='a$_$b "x" <b>')
    run = make_run(
        image_architectures.STUDY if signal.image_shape else audio_architectures.STUDY,
        signal,
        networks=["siren", "siren2", "wire"],
        seeds=2,
    )
    rows, store = rows_of(run, signal, by_case), Store(str(tmp_path))
    rng = np.random.default_rng(0)
    values = rng.uniform(-1, 1, (signal.num_samples, signal.channels)).astype(np.float32)
    store.write_array(target_path(signal.sha256), values)
    for fit in plan(run, [signal]):
        curve = [{"key": fit.trial.key, "epoch": e, "psnr": 10.0 + e} for e in range(5)]
        store.append([], curve)
        assert fit.keep == (fit.trial.seed == 0)
        if fit.keep:
            store.write_array(output_path(fit.trial.key), values / 2)
    sha = signal.sha256
    results = Results(
        run, [signal], {sha: rows}, store, {sha: len(rows)}, {sha: 0}, {sha: []}, lambda _: {}
    )
    made = comparison_report(results, datetime.datetime.now())
    assert {name.rsplit("-", 1)[1] for name in made.figures} == {"networks", "histories", "errors"}
    assert made.html.count('src="data:image/svg+xml;base64,') == 3
    assert "<b>" not in made.html
    table = pq.read_table(io.BytesIO(made.files["comparison.parquet"])).to_pylist()
    assert [(r["point"], r["rank"]) for r in table] == [("siren2", 1), ("siren", 2), ("wire", None)]
    assert made.numbers[sha]["psnr_mean_siren2"] == 45.5
    console = Console(width=80, file=io.StringIO())
    for one in made.tables:
        console.print(one)
    said = console.file.getvalue()  # type: ignore[attr-defined]
    assert max(map(len, said.splitlines())) <= 80
    assert "45.5 ± 0.7" in said
    assert "1 of 2 dead" in said
