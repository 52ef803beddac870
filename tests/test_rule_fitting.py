"""Rules fitted to planted landscapes: the fit recovers what was planted, and nothing else."""

from collections.abc import Mapping

import numpy as np
import pytest

from analysis.regret.stored import RuleRegret
from analysis.rules.families import (
    Family,
    Fitted,
    bandwidth,
    constant,
    power_law,
    power_psi_and_best,
)
from analysis.rules.sufficiency import sufficiency
from analysis.rules.validation import (
    AS_GOOD_DB,
    CHOSEN,
    CHOSEN_PSI,
    Validated,
    cross_validated,
    held_out_points,
    simplest,
    validate,
)
from analysis.surfaces.surfaces import GAINS, SHARES, Surfaces
from search_spaces.rules.bandwidth_matching import BandwidthMatching, Constant
from tests.fakes.maps import FACTOR, GAIN, population, within

FAMILIES = (constant("constant"), bandwidth("psi", "psi"), bandwidth("low_pass", "low_pass_40"))


def test_the_planted_rule_is_recovered_and_chosen():
    surfaces = population()
    rule = bandwidth("low_pass", "low_pass_40").fit(surfaces).rule
    assert isinstance(rule, BandwidthMatching)
    assert within(rule.factor, FACTOR, 0.1)
    assert within(rule.gain, GAIN, 0.1)
    regrets = cross_validated(FAMILIES, surfaces)
    assert min(regrets, key=regrets.__getitem__) == "low_pass"


def test_a_power_law_finds_an_exponent_that_is_not_one():
    surfaces = population(best=lambda d: 0.3 * d["low_pass_40"] ** 0.5)
    law = power_law("law", ["low_pass_40"]).fit(surfaces).rule
    assert law.powers[0].bandwidth == pytest.approx(0.5, abs=0.1)
    assert law.share == pytest.approx(0.3, rel=0.15)


def test_on_held_out_recordings_the_right_rule_has_no_regret_and_the_constant_has():
    validated = {v.name: v for v in validate(FAMILIES, population(8))}
    assert validated["low_pass"].regret.mean() < 0.1
    assert validated[CHOSEN].regret.mean() < 0.1
    assert set(validated[CHOSEN].taken) == {"low_pass"}
    assert validated["constant"].regret.mean() > 1
    assert validated["psi"].regret.mean() > 1
    assert set(validated[CHOSEN_PSI].taken) == {"constant"}


def with_seeds(surfaces: Surfaces, shift: Mapping[int, float]) -> Surfaces:
    """Surfaces whose optimum lies `shift` steps of K higher on each seed, in a parabola."""
    steps = np.arange(len(SHARES))[:, None] * np.ones(len(GAINS))
    mean = np.mean(list(shift.values()))
    effects = {seed: 0.05 * (by - mean) * (steps - steps.mean()) for seed, by in shift.items()}
    return surfaces._replace(effects=tuple(effects for _ in surfaces.targets))


def test_without_a_seed_surfaces_are_the_means_over_the_others():
    surfaces = with_seeds(population(4), {0: -3.0, 1: 0.0, 2: 3.0})
    rest = surfaces.without_seed(0)
    assert rest.psnr == pytest.approx(
        surfaces.psnr + (surfaces.effects[0][1] + surfaces.effects[0][2]) / 2
    )
    assert rest.regret.min(axis=(1, 2)) == pytest.approx(0)
    for before, after in zip(surfaces.effects, rest.effects, strict=True):
        assert after[1] + after[2] == pytest.approx(0)
        assert after[2] - after[1] == pytest.approx(before[2] - before[1])
    alone = surfaces._replace(effects=({0: surfaces.effects[0][1]}, *surfaces.effects[1:]))
    assert alone.without_seed(0).names == surfaces.names[1:]


def test_a_rule_is_not_scored_on_the_seed_that_it_was_fitted_to():
    asked = []

    def fit(surfaces):
        seeds = {seed for effects in surfaces.effects for seed in effects}

        def points(others):
            asked.append((seeds, set(surfaces.recordings), set(others.recordings)))
            return np.ones(len(others.targets)), np.full(len(others.targets), 2.0 + min(seeds))

        return Fitted(points, None)

    with_shifts = with_seeds(population(6), {0: -3.0, 1: 0.0, 2: 3.0})
    (validated,) = validate([Family("spy", fit)], with_shifts)
    assert {frozenset(seeds) for seeds, *_ in asked} == {
        frozenset(pair) for pair in ((0, 1), (0, 2), (1, 2))
    }
    assert not any(fitted & held_out for _, fitted, held_out in asked)
    ones = np.ones(6)
    for seed, gain in ((0, 3.0), (1, 2.0), (2, 2.0)):
        wanted = with_shifts.points(ones, gain * ones).by_seed
        assert [one[seed] for one in validated.by_seed] == [one[seed] for one in wanted]


def test_a_rule_that_follows_one_seed_is_worse_on_the_others():
    shifted = with_seeds(population(8), {0: -12.0, 1: 12.0})
    (validated,) = validate([bandwidth("low_pass", "low_pass_40")], shifted)[:1]
    (same,) = validate([bandwidth("low_pass", "low_pass_40")], population(8))[:1]
    assert validated.regret.mean() > same.regret.mean() + 0.3


def test_the_simplest_family_that_is_as_good_is_taken():
    names = [f"clip{i}" for i in range(12)]
    families = [Family(name, FAMILIES[0].fit, (), num) for name, num in (("a", 6), ("b", 2))]

    def validated(name, lost, spread=0.0):
        by_seed = [{i: lost + spread * (-1) ** i} for i in range(12)]
        return Validated(name, tuple(by_seed), (name,) * 12)

    def taken(*regrets):
        return simplest(families, regrets, names).name

    assert taken(validated("a", 1.0), validated("b", 1.0 + 0.9 * AS_GOOD_DB)) == "b"
    assert taken(validated("a", 1.0), validated("b", 1.0 + 1.1 * AS_GOOD_DB)) == "a"
    # It is not enough that nothing is seen: the interval must exclude a loss.
    assert taken(validated("a", 1.0), validated("b", 1.0, spread=1.0)) == "a"
    assert taken(validated("a", 1.5), validated("b", 1.0)) == "b"

    def trained(name, lost):
        by_seed = [{i: lost + 0.1 * (-1) ** i * (name == "b")} for i in range(12)]
        return RuleRegret(f"held_out_{name}", tuple(names), by_seed, tuple(names), np.ones(12))

    regrets = validated("a", 1.0), validated("b", 1.1)
    for lost, wanted in ((1.0, "b"), (0.5, "b"), (1.5, "a")):
        known = [trained("a", 1.0), trained("b", lost)]
        assert simplest(families, regrets, names, known).name == wanted
    # What was trained on other signals says nothing.
    elsewhere = trained("b", 1.5)._replace(signals=tuple("abcdefghijkl"))
    assert simplest(families, regrets, names, [trained("a", 1.0), elsewhere]).name == "b"


def test_the_descriptor_that_fits_best_is_chosen_again_without_the_recordings():
    surfaces = population(12)
    family = power_psi_and_best("any", ["entropy", "low_pass_40"])
    law = family.fit(surfaces).rule
    assert [power.descriptor for power in law.powers] == ["psi", "low_pass_40"]
    (validated,) = validate([family], surfaces)
    assert validated.regret.mean() < 0.1
    lacking = dict(surfaces.descriptors) | {"low_pass_40": np.full(12, np.nan)}
    law = (
        power_psi_and_best("any", ["low_pass_40"]).fit(surfaces._replace(descriptors=lacking)).rule
    )
    assert [power.descriptor for power in law.powers] == ["psi"]


def test_clips_of_one_recording_are_never_on_both_sides():
    num_asked = 0

    def fit(surfaces):
        fitted = set(surfaces.recordings)

        def points(others):
            nonlocal num_asked
            num_asked += 1
            assert not fitted & set(others.recordings)
            return np.ones(len(others.targets)), np.full(len(others.targets), 2.0)

        return Fitted(points, Constant(share=1, gain=2))

    held_out_points([Family("spy", fit, (), 2)], population(6, clips=3))
    validate([Family("spy", fit, (), 2)], population(6, clips=3))
    assert num_asked > 4 * 6


def test_a_recording_unlike_all_others_is_not_helped_by_its_own_clips():
    surfaces = population(8, clips=2, best=lambda d: np.full(16, 0.1))
    odd = np.array(surfaces.recordings) == "recording7"
    shifted = np.where(odd[:, None, None], np.roll(surfaces.regret, 24, axis=1), surfaces.regret)
    surfaces = surfaces._replace(regret=shifted)
    points = held_out_points([constant("constant")], surfaces)[0]
    regret = surfaces.points(points.shares, points.gains).regret
    alone = constant("constant").fit(surfaces.subset(np.flatnonzero(~odd))).points(surfaces)
    assert points.shares[odd] == pytest.approx(alone[0][odd])
    assert regret[odd].min() > 10 * max(regret[~odd].max(), 0.1)


def test_where_psi_suffices_no_descriptor_is_said_to_add():
    surfaces = population(40, best=lambda d: 0.3 * d["psi"])
    gains = sufficiency(surfaces, shuffles=60).gains
    assert {gain.descriptor for gain in gains} == {"low_pass_40", "centroid_power", "entropy"}
    assert min(gain.p_value for gain in gains) >= 0.05


def test_where_psi_does_not_suffice_the_descriptor_that_does_is_found():
    gains = sufficiency(population(40), shuffles=60).gains
    assert gains[0].descriptor == "low_pass_40"
    assert gains[0].p_value < 0.05
    assert gains[0].interval.low > 0


def test_descriptors_that_rank_signals_alike_are_one():
    surfaces = population(12)
    descriptors = dict(surfaces.descriptors)
    descriptors |= {"again": 3 * descriptors["entropy"], "reverse": -(descriptors["entropy"] ** 3)}
    gains = sufficiency(surfaces._replace(descriptors=descriptors), shuffles=3).gains
    assert gains == sufficiency(surfaces, shuffles=3).gains


def test_a_signal_that_has_no_descriptor_is_not_fitted_to_it():
    surfaces = population(8)
    without = dict(surfaces.descriptors) | {"entropy": np.full(8, np.nan)}
    gains = sufficiency(surfaces._replace(descriptors=without), shuffles=2).gains
    assert "entropy" not in {gain.descriptor for gain in gains}
