"""The replay of searches on stored landscapes."""

import numpy as np
import pytest

from analysis.anytime.maps import ReplayMap, fold_of
from analysis.anytime.measures import race_rows
from analysis.anytime.replay import Split, best_observed, regrets, splits, with_prior
from analysis.anytime.stored import Measured, Row, read, row_of
from analysis.findings.numbers import db
from analysis.findings.page import section
from analysis.prior.fitting import nodes
from analysis.prior.landscapes import Landscape
from analysis.surfaces.stored import BENCHMARK
from benchmarks.anytime import with_optuna
from benchmarks.racing_choices import not_behind_by_t, raced
from benchmarks.racing_searches import num_seeds_of, searches
from search_spaces.bandwidth import scales_of
from search_spaces.prior import PRIOR
from search_spaces.rules import Target
from studies.engine.outcomes.choosing import not_behind

TARGET = Target(descriptors={"psi": 0.2, "low_pass_40": 0.5}, shape=(8192,), width=52)


def planted(best: int, start: int, noise: float = 0.0) -> ReplayMap:
    """A map that falls by 3 dB for each unit in (log K, log g) from its best point."""
    points = nodes()
    away = np.abs(points - points[best]).sum(axis=1)
    psnr = 40 - 3 * away[:, None] + np.random.default_rng(0).normal(0, noise, (len(points), 4))
    scales = [scales_of(k * TARGET.nyquist, g, width=52) for k, g in np.exp(points).tolist()]
    psnr += np.array([0, 1, -1, 0.5])
    seeds = (0, 1, 2, 3)
    landscape = Landscape(TARGET, "clip", "clip", np.array(scales), points, psnr, seeds)
    return ReplayMap(landscape, start, {})


def test_every_seed_observes_scores_and_chooses_in_turn():
    every = list(splits(4))
    assert len(every) == 12
    for split in every:
        assert {split.observed, split.scoring, *split.choosing} == {0, 1, 2, 3}


def test_a_regret_is_read_from_the_scoring_seed_alone():
    one = planted(best=22, start=10)
    one.psnr[22, 3] -= 2  # a bad draw of the optimum on the scoring seed
    lost = regrets(one, Split(observed=0, scoring=3, choosing=(1, 2)), [22, 10])
    assert lost[0] == 0
    assert lost[1] == pytest.approx(one.psnr[22, 3] - one.psnr[10, 3])


def test_a_search_with_the_prior_begins_at_the_rule_and_finds_a_planted_optimum():
    one = planted(best=22, start=10)
    values = one.psnr[:, 0]
    trace = with_prior(one, PRIOR, values, 12)
    assert trace.tried[0] == trace.answers[0] == 10
    assert len(set(trace.tried)) == 12
    assert values[22] - values[trace.answers[12]] < 1.5
    assert values[22] - values[10] > 3
    rounds = with_prior(one, PRIOR, values, 12, together=4)
    assert len(set(rounds.tried)) == 12


def test_the_best_point_observed_is_no_worse_after_more_fits():
    one = planted(best=22, start=10)
    values = one.psnr[:, 0]
    answers = best_observed(one, values, [10, 3, 22, 5])
    assert answers == [10, 10, max((10, 3), key=lambda place: values[place]), 22, 22]


def test_a_race_drops_what_is_clearly_worse_and_keeps_the_best_point():
    one = planted(best=22, start=10, noise=0.1)
    split = Split(observed=0, scoring=3, choosing=(1, 2))
    lost, saved = race_rows(one, split, "prior", [22, *range(10)], noise=0.01)
    assert lost.value == 0
    assert saved.value == pytest.approx(1 - (3 + 10) / 33)
    _, saved = race_rows(one, split, "prior", [22, *range(10)], noise=1e6)
    assert saved.value == 0


def test_a_race_between_candidates_fits_the_close_ones_alone():
    rng = np.random.default_rng(0)
    heights = np.array([50.0, 49.9, *[44.0] * 6])
    scores = heights[:, None] + rng.normal(0, 3, 4) + rng.normal(0, 0.3, (8, 4))
    race = raced(scores, not_behind, (2,))
    assert race == (int(scores[:2].mean(axis=1).argmax()), 8 * 2 + 2 * 2, 2)
    # Two seeds say little of one candidate's own noise, so a paired t test needs more of them.
    by_t = raced(scores, lambda of: not_behind_by_t(of, 0.01), (2, 3))
    assert by_t.num_fits > race.num_fits
    assert raced(scores, lambda of: np.ones(len(of), bool), (2, 3)).num_fits == scores.size


def test_a_suggestion_that_is_clearly_behind_leaves_after_its_first_seed():
    known = planted(best=22, start=10, noise=0.2).psnr
    best = known[22]
    assert num_seeds_of(best - 20, known, 0.01) == 1
    assert num_seeds_of(best - 0.1, known, 0.01) == len(best)
    assert num_seeds_of(best - 20, known[:2], 0.01) == len(best), "its noise is hardly known"


def test_a_raced_search_needs_fewer_fits_in_more_steps():
    one = planted(best=22, start=10, noise=0.2)
    rows = list(searches(one))
    assert {row.seed for row in rows} == set(one.seeds)
    assert all(0 < row.saved < 0.5 for row in rows)
    assert all(1 < row.steps <= 2 for row in rows)
    assert np.mean([row.lost for row in rows]) < 0.3


def test_a_saving_pairs_signals_and_seeds():
    one = planted(best=22, start=10)
    rows: list[Row] = []
    for k, split in enumerate(splits(4)):
        for method, lost in (("prior", 1.0 + k), ("tpe", 3.0 + k)):
            rows.append(row_of(one, "regret", method, split, lost, fits=5))
    measured = Measured(rows)
    assert measured.saving("prior", "tpe", 5).mean == pytest.approx(2)
    assert measured.fits("regret", "prior") == [5]


def test_a_recording_stays_in_its_fold_whatever_joins():
    assert fold_of("a recording") == fold_of("a recording")
    assert len({fold_of(f"recording {i}") for i in range(200)}) == 10


def test_optunas_samplers_begin_at_the_rule_and_try_no_point_twice():
    one = planted(best=22, start=10)
    for name in ("tpe", "random"):
        trace = with_optuna(one, name, one.psnr[:, 0])
        assert trace.tried[0] == 10
        assert len(set(trace.tried)) == len(trace.tried) == len(one.psnr)


def test_the_page_has_the_regret_that_was_measured():
    measured = Measured(read(BENCHMARK))
    text = section("anytime.md.j2", measured)
    assert db(measured.mean("regret", "prior", 5)) in text
    assert f"of {measured.num_signals('regret')} signals" in text
