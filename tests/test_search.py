"""The search: what it suggests follows from what is known, whatever ends first or is killed."""

import dataclasses
import statistics
from itertools import islice

import numpy as np
import optuna
import pytest

from search_spaces.prior import belief_of
from studies.engine.outcomes.signal_state import SignalState, objective
from studies.engine.planning.points import CHOOSING_STAGE, PlannedFit, trial_of
from studies.engine.planning.scale import confirming_seeds
from studies.engine.search import signal_search as suggestions
from studies.engine.search.journal import add_known, open_journal
from studies.engine.search.prior_sampler import PriorSampler
from studies.engine.search.samplers import SAMPLERS
from studies.engine.search.settings import ROUND_SIZES, SearchSettings
from studies.engine.search.space import space
from tests.fakes.runs import fit_row, make_search, make_signal
from tests.fakes.searches import Search, cells_of, grid_rows, height, noisy
from tests.refusals import refused

A, B, C = (
    dataclasses.replace(make_signal(name), descriptors={"psi": psi, "low_pass_40": 2 * psi})
    for name, psi in (("a", 0.1), ("b", 0.3), ("c", 0.6))
)


@pytest.mark.parametrize("sampler", ["tpe", "gp", "random", "prior"])
def test_the_order_of_completion_changes_no_suggestion(tmp_path, sampler):
    run = make_search([A, B], trials=14, sampler=sampler)
    outcomes = []
    for order in (None, np.random.default_rng(1), np.random.default_rng(2)):
        search = Search(run, [A, B], tmp_path, noisy(0))
        outcomes.append((sorted(f.trial.key for f in search.fits(order)), search.suggested()))
    assert outcomes[0] == outcomes[1] == outcomes[2]
    assert [len(points) for points in outcomes[0][1].values()] == [14, 14]


def test_the_prior_knows_every_score_before_it_suggests_as_in_optunas_own_loop(
    tmp_path, monkeypatch
):
    space_of_a = space(make_search([A]), A)
    belief = belief_of(make_search([A]).scale.target(A))
    drawn = PriorSampler(belief, space_of_a, seed=0)._candidates()
    monkeypatch.setattr(PriorSampler, "_candidates", lambda self: drawn)
    points = {}
    for together in (None, 4):
        settings = SearchSettings(sampler="prior", trials=5, round_size=together)
        run = make_search([A], seeds=1)
        run = dataclasses.replace(
            run, question=dataclasses.replace(run.question, settings=settings)
        )
        search = Search(run, [A], tmp_path, lambda fit: height(fit.trial.network)).to_the_end()
        points[together] = search.suggested()[A.sha256]
    sampler = PriorSampler(belief, space_of_a)
    study = optuna.create_study(direction="maximize", sampler=sampler)
    warm = [(s.scales, s.value) for s in search.known(A) if s.warm]
    add_known(study, space_of_a, warm)
    for _ in range(5):
        trial = study.ask(dict(space_of_a))
        study.tell(trial, height(points_at(run, tuple(trial.params.values()))))
    own = [tuple(trial.params.values()) for trial in study.trials[len(warm) :]]
    np.testing.assert_allclose(points[None], own, rtol=1e-8)
    # siren2_for begins at the same point.
    assert points[None][0] == pytest.approx(belief_of(make_search([A]).scale.target(A)).start)
    assert points[None] != points[4]


def test_the_names_of_samplers_are_those_that_the_help_shows():
    assert tuple(SAMPLERS) == tuple(ROUND_SIZES)


def test_another_seed_gives_other_suggestions(tmp_path):
    run = make_search([A], trials=4)
    settings = dataclasses.replace(run.question.settings, seed=1)
    other = dataclasses.replace(run, question=dataclasses.replace(run.question, settings=settings))
    first, second = (Search(r, [A], tmp_path, noisy(0)) for r in (run, other))
    for search in (first, second):
        list(search.fits())
    assert first.suggested() != second.suggested()


@pytest.mark.parametrize("stop_after", [1, 5, 9, 12, 17, 30, 60])
def test_a_killed_driver_goes_on_with_the_same_search(tmp_path, stop_after):
    run = make_search([A, B], trials=10)
    whole = Search(run, [A, B], tmp_path, noisy(0))
    wanted = {fit.trial.key for fit in whole.fits()}
    path = tmp_path / "journal"
    cut = Search(run, [A, B], tmp_path, noisy(0), storage=open_journal(path))
    done = [fit.trial.key for fit in islice(cut.fits(np.random.default_rng(3)), stop_after)]
    again = Search(run, [A, B], tmp_path, noisy(0), storage=open_journal(path), rows=cut.rows)
    rest = [fit.trial.key for fit in again.fits()]
    assert not set(done) & set(rest)
    assert {*done, *rest} == wanted
    assert again.suggested() == whole.suggested()


@pytest.mark.parametrize("call", range(1, 8))
def test_a_driver_killed_while_it_asks_goes_on_with_the_same_search(tmp_path, monkeypatch, call):
    run = make_search([A], trials=8)
    whole = Search(run, [A], tmp_path, noisy(0)).to_the_end()
    path, calls, make = tmp_path / "journal", [0], suggestions.make_sampler

    def killed(name, seed, space):
        calls[0] += 1
        if calls[0] == call:
            raise KeyboardInterrupt
        return make(name, seed, space)

    monkeypatch.setattr(suggestions, "make_sampler", killed)
    cut = Search(run, [A], tmp_path, noisy(0), storage=open_journal(path))
    with pytest.raises(KeyboardInterrupt):
        list(cut.fits())
    # As if it had been killed between the trial and its first parameter, too.
    cut.searches[A.sha256].study.ask()
    monkeypatch.undo()
    again = Search(
        run, [A], tmp_path, noisy(0), storage=open_journal(path), rows=cut.rows
    ).to_the_end()
    assert again.suggested() == whole.suggested()


def test_more_trials_go_on_where_fewer_ended(tmp_path):
    run = make_search([A], trials=6)
    more = make_search([A], trials=12)
    assert run.id == more.id
    path = tmp_path / "journal"
    first = Search(run, [A], tmp_path, noisy(0), storage=open_journal(path)).to_the_end()
    before = first.suggested()[A.sha256]
    again = Search(
        more, [A], tmp_path, noisy(0), storage=open_journal(path), rows=first.rows
    ).to_the_end()
    assert len(before) == 6
    assert again.suggested()[A.sha256][:6] == before
    assert len(again.suggested()[A.sha256]) == 12


def test_signals_stay_balanced_to_the_end(tmp_path):
    run = make_search([A, B, C], trials=16)
    search = Search(run, [A, B, C], tmp_path, noisy(0), num_workers=2)
    for fit in search.fits(np.random.default_rng(0)):
        counts = [len(points) for points in search.suggested().values()]
        if fit.stage < CHOOSING_STAGE:
            assert max(counts) - min(counts) <= 2 * run.question.settings.together
    assert counts == [16, 16, 16]


def test_the_search_finds_the_planted_optimum(tmp_path):
    signals = [make_signal(name) for name in "abcde"]
    run = make_search(signals, trials=40)
    search = Search(run, signals, tmp_path, noisy(1)).to_the_end()
    heights = []
    for signal in signals:
        values = objective(search.state(signal).known_points(), range(2))
        best = max(values, key=lambda point: values[point])
        heights.append(height(best.network))
    # Of 50; a fit's own noise deviates by 0.5, so one search may be off by more.
    assert statistics.median(heights) > 49.5
    assert min(heights) > 48.5


def test_a_warm_start_knows_the_grid_and_repeats_none_of_it(tmp_path):
    signals = [make_signal(name) for name in "abcdef"]
    run = make_search(signals, trials=4)
    score = noisy(0)
    rows = {s.sha256: grid_rows(run, s, score, seeds=[0]) for s in signals}
    warm = Search(run, signals, tmp_path, score, rows={k: dict(v) for k, v in rows.items()})
    cold = Search(run, signals, tmp_path, score)
    fitted = [fit.trial.key for fit in warm.fits()]
    list(cold.fits())
    assert not set(fitted) & {key for of_signal in rows.values() for key in of_signal}
    for signal in signals:
        study = warm.searches[signal.sha256].study
        assert warm.searches[signal.sha256].num_warm == 20 + 2
        in_order = warm.state(signal).known_points()
        cells = [k.point for k in in_order if k.point.scales in cells_of(run, signal)]
        told = {(t.params["s0"], t.params["s1"]): t.value for t in study.trials[:22]}
        assert len(cells) == 20
        assert all(point.scales in told for point in cells)
    reached = [
        np.mean(
            [height(points_at(run, at)) for of_signal in s.suggested().values() for at in of_signal]
        )
        for s in (warm, cold)
    ]
    assert reached[0] > reached[1] + 5


def points_at(run, at):
    return dataclasses.replace(run.question.points(run, A)[1].network, s0=at[0], s1=at[1])


def test_a_point_that_lacks_seeds_is_corrected_by_what_they_do_to_others():
    run = make_search([A], seeds=2)
    effect = {0: +3.0, 1: -3.0}
    rows = {}
    for point in run.question.points(run, A):
        for seed in (0, 1):
            if point.kind == "rule" or (point.kind == "grid" and seed == 0):
                trial = trial_of(run.scale, A, point, seed)
                fit = PlannedFit(signal=A, point=point, trial=trial, stage=0)
                rows[trial.key] = fit_row(fit, height(point.network) + effect[seed])
    values = objective(SignalState(run, A, rows).known_points(), (0, 1))
    assert len(values) == 22
    for point, value in values.items():
        assert value == pytest.approx(height(point.network))


def test_a_diverged_or_failed_fit_counts_as_zero_output_and_a_dead_one_as_it_is(tmp_path):
    run = make_search([A], trials=4)
    status = {0: "diverged", 1: "failed", 2: "dead", 3: "ok"}
    search = Search(run, [A], tmp_path, noisy(0))
    stream, number = search.schedule, 0
    asked = []
    while not stream.is_finished:
        batch = stream.next()
        for fit in batch.fits:
            kind = "ok"
            if fit.stage == 1:
                asked += [] if fit.point.scales in asked else [fit.point.scales]
                kind = status[asked.index(fit.point.scales)]
            psnr = {"ok": 30.0, "dead": 10.4}.get(kind, 99.0)
            stream.record(fit_row(fit, psnr, kind))
            number += 1
    told = [t.value for t in search.searches[A.sha256].study.trials[-4:]]
    assert told == [A.psnr_zero, A.psnr_zero, 10.4, 30.0]


def test_choosing_and_scoring_seeds_never_meet():
    for count in (2, 5, 6, 40):
        choosing, scoring = confirming_seeds(count)
        assert len(choosing) == len(scoring) == count
        assert not set(choosing) & set(scoring)
        assert choosing[0] == 100
        assert scoring[0] == max(105, 100 + count)
    with refused("out-of-range", "--confirm-seeds", 1, 2):
        make_search([A], confirm_seeds=1)


def test_a_failed_fit_of_a_suggestion_is_tried_again_and_the_search_ends(tmp_path):
    run = make_search([A], trials=4)
    path = tmp_path / "journal"
    first = Search(run, [A], tmp_path, noisy(0), storage=open_journal(path))
    failed = []
    while not first.schedule.is_finished:
        for fit in first.schedule.next().fits:
            fails = fit.stage == 1 and fit.trial.seed == 1 and not failed
            failed += [fit.trial.key] if fails else []
            first.schedule.record(fit_row(fit, first.score(fit), "failed" if fails else "ok"))
    told = first.known(A)
    best = first.choice(A).optimum
    rows = {k: r for k, r in first.rows[A.sha256].items() if r["status"] != "failed"}
    again = Search(run, [A], tmp_path, noisy(0), storage=open_journal(path), rows={A.sha256: rows})
    assert [fit.trial.key for fit in again.fits()] == failed
    # What was told stays told, so that the answer does not depend on the repair.
    assert again.known(A) == told
    assert again.choice(A).optimum == best


def test_what_others_store_later_does_not_undo_an_answer(tmp_path):
    run = make_search([A], trials=6)
    search = Search(run, [A], tmp_path, noisy(0)).to_the_end()
    before = search.regrets(A)
    later = grid_rows(run, A, lambda fit: 99.0, seeds=[0, 1, *run.question.choosing_seeds])
    search.rows[A.sha256] |= later
    assert search.regrets(A) == before
