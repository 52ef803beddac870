"""Every kind of evidence of the ledger can come out each way."""

import numpy as np
import pyarrow.parquet as pq
import pytest

from analysis.claims.claim import Verdict, at_least, at_most, untested
from analysis.claims.data import Data, Map
from analysis.claims.evidence_fits import above_zero_output, difference, drop, falling, is_first
from analysis.claims.evidence_numbers import Part, measured, of_all
from analysis.claims.evidence_optimizers import gains, rules_regret
from analysis.claims.evidence_rules import (
    below_best,
    constants_of,
    diagnosed,
    good_share,
    less_regret,
    psi_from,
    regret,
    row_of_table_6,
    short_fits,
)
from analysis.claims.evidence_trends import grows_with_psi, speed, spread
from analysis.claims.rows import shares_of_table_1
from analysis.comparison.published import TABLE_6
from analysis.findings.optimizers import read_optimizers
from analysis.regret.stored import RuleRegret
from analysis.surfaces.stored import BENCHMARK
from tests.fakes import claims as plant

HOLDS, IN_PART, OPEN, FAILS, UNTESTED = (
    Verdict.HOLDS, Verdict.IN_PART, Verdict.OPEN, Verdict.FAILS, Verdict.UNTESTED,
)  # fmt: skip


def numbers(*values):
    return plant.numbers("phases", share=values)


A, B = ("tetris", "siren2"), ("tetris", "finer")
ON = {"targets": ["tetris"], "label": "a minus b"}


def signals(*means):
    """Return the PSNR of SIREN² on several signals."""
    return {(f"s{i}", "siren2"): mean for i, mean in enumerate(means)}


def rival(*means):
    return {(f"s{i}", "finer"): mean for i, mean in enumerate(means)}


MANY = [f"s{i}" for i in range(6)]
SHARE = measured("phases", Part("share", "share", at_least(0.9)))
FIRST = is_first("x", "tetris", "siren2")
MORE = difference("x", ["siren2"], ["finer"], at_least(1), **ON)
ALIVE = above_zero_output("x", ["siren2"], at_least(1), targets=["tetris"])
FALLS = falling("x", "siren2", ["s0", "s1", "s2"])
FASTER = speed("x", "siren2", ["finer"], 0.5, MANY)
GROWS = grows_with_psi("x", "siren2", ["finer"], MANY)
RANGE = spread("x", ["siren2", "finer"], at_least(3), ["tetris"])


@pytest.mark.parametrize(
    ("evidence", "data", "verdict"),
    [
        (SHARE, numbers(0.95, 0.96, 0.95), HOLDS),
        (SHARE, numbers(0.5, 0.51, 0.5), FAILS),
        (SHARE, numbers(0.8, 1.0, 0.9), OPEN),
        (SHARE, Data(), UNTESTED),
        (of_all(SHARE, untested("no data")), numbers(0.95, 0.96, 0.95), HOLDS),
        (FIRST, plant.study("x", {A: 40, B: 30}, 0.1), HOLDS),
        (FIRST, plant.study("x", {A: 30, B: 40}, 0.1), FAILS),
        (FIRST, plant.study("x", {A: 30.1, B: 30}, 3), OPEN),
        (FIRST, plant.study("x", {A: 30}), UNTESTED),
        (MORE, plant.study("x", {A: 32, B: 30}, 0.1), HOLDS),
        (MORE, plant.study("x", {A: 30, B: 30}, 0.1), FAILS),
        (MORE, plant.study("x", {A: 31, B: 30}, 1), OPEN),
        (MORE, plant.study("y", {A: 31, B: 30}), UNTESTED),
        (ALIVE, plant.study("x", {A: 20}, 0.1), HOLDS),
        (ALIVE, plant.study("x", {A: 10}, 0.1), FAILS),
        (ALIVE, plant.study("x", {A: 11}, 1), OPEN),
        (ALIVE, plant.study("x", {B: 11}), UNTESTED),
        (FALLS, plant.study("x", signals(30, 20, 10), 0.1), HOLDS),
        (FALLS, plant.study("x", signals(10, 20, 30), 0.1), FAILS),
        (FALLS, plant.study("x", signals(30, 20, 30), 0.1), IN_PART),
        (FALLS, plant.study("x", signals(30, 20, 19.9), 3), OPEN),
        (FALLS, plant.study("x", signals(30, 20)), UNTESTED),
        (FASTER, plant.study("x", signals(*[50] * 6) | rival(*[20] * 6)), HOLDS),
        (FASTER, plant.study("x", signals(*[20] * 6) | rival(*[50] * 6)), FAILS),
        (FASTER, plant.study("x", signals(20, 20, 20, 90, 90, 90) | rival(*[20] * 6)), OPEN),
        (FASTER, plant.study("x", signals(*[50] * 6) | rival(*[10] * 6)), UNTESTED),
        (GROWS, plant.study("x", signals(1, 2, 3, 4, 5, 6) | rival(*[0] * 6)), HOLDS),
        (GROWS, plant.study("x", signals(6, 5, 4, 3, 2, 1) | rival(*[0] * 6)), FAILS),
        (GROWS, plant.study("x", signals(3, 1, 2, 2, 3, 1) | rival(*[0] * 6)), OPEN),
        (GROWS, plant.study("x", signals(3, 1) | rival(0, 0)), UNTESTED),
        (RANGE, plant.study("x", {A: 40, B: 30}, 0.1), HOLDS),
        (RANGE, plant.study("x", {A: 31, B: 30}, 0.1), FAILS),
        (RANGE, plant.study("x", {A: 33, B: 30}, 1), OPEN),
        (RANGE, plant.study("x", {A: 33}), UNTESTED),
    ],
)
def test_evidence_from_numbers_and_fits_can_come_out_each_way(evidence, data, verdict):
    finding = evidence(data)
    assert finding.verdict == verdict
    assert (finding.scale == "planted") == (verdict != UNTESTED)


def test_a_lead_that_is_certain_over_one_rival_is_open_over_seven_such_rivals():
    """The lead has p = 0.036, and p-values pay for the number of networks."""
    pair = {A: 31.9, B: 30.0}
    others = {("tetris", f"other{i}"): 30.0 for i in range(6)}
    assert FIRST(plant.study("x", pair, 0.5)).verdict == HOLDS
    assert FIRST(plant.study("x", pair | others, 0.5)).verdict == OPEN


def test_a_fit_on_one_seed_decides_nothing():
    alone = plant.fits({A: 60, B: 20})
    first = alone._replace(of={key: {0: seeds[0]} for key, seeds in alone.of.items()})
    data = Data(studies={"x": first})
    assert [evidence(data).verdict for evidence in (MORE, ALIVE, FIRST)] == [OPEN, OPEN, OPEN]


def test_cases_without_a_common_seed_are_not_compared():
    other = plant.fits({A: 60, B: 20})
    of = {A: {0: other.of[A][0]}, B: {1: other.of[B][1]}}
    data = Data(studies={"x": other._replace(of=of)})
    assert [evidence(data).verdict for evidence in (MORE, FIRST, RANGE)] == [UNTESTED] * 3


def test_the_drop_is_what_a_fit_ends_below_its_peak():
    assert drop(plant.fitted(30.0)._replace(final=27.0)) == 3.0


def regrets(**means):
    """Return the regrets of rules on eight recordings and five seeds."""
    rng = np.random.default_rng(0)
    shift = rng.normal(0, 0.1, (8, 5))
    return {
        rule: RuleRegret(
            rule,
            signals=tuple(map(str, range(8))),
            by_seed=[{s: mean + shift[i, s] for s in range(5)} for i in range(8)],
            recordings=tuple(map(str, range(8))),
            psi=np.zeros(8),
        )
        for rule, mean in means.items()
    }


def maps(share, eqn11):
    """Return maps of which this share of ten points is good, and Eqn. 11 so far below the best."""
    good = round(10 * share)
    psnr = [40.0] * good + [20.0] * (10 - good)
    return Data(maps={"image": [Map(f"r{i}", psnr, 40 - eqn11, "planted") for i in range(6)]})


def scales(rule="eqn11", psi=None, looked_at="psi", factor=1.0):
    """Return the rows of Table 6 for two sounds, s0 times a factor."""
    rows = []
    for name in ("tetris", "bach"):
        row = TABLE_6[name]
        rows.append({
            "signal": name, "rule": rule, "shape": [150_000], "psi": psi or row.psi,
            "s0": row.s0 * factor, "s1": row.s1,
            "looked_at": [{"name": looked_at, "value": psi or row.psi}],
        })  # fmt: skip
    return Data(noise_scales=rows)


def short(more):
    """Return regrets of short fits that are so much larger than those of Eqn. 11."""
    rows = []
    for sha256 in map(str, range(8)):
        for seed in range(5):
            row = {"sha256": sha256, "recording": sha256, "seed": seed, "form": "as_it_is"}
            rows.append(row | {"predictor": "psnr_20", "regret_db": 1.0 + more})
            rows.append(row | {"predictor": "eqn11", "form": "baseline", "regret_db": 1.0})
    return Data(predictors=rows)


def diagnoses(hits, num=20):
    return Data(
        diagnoses=[{"recording": str(i), "sees_it": i < hits, "is_dead": False} for i in range(num)]
    )


LITTLE = regret("rule", at_most(1), "the rule")
LESS = less_regret("rule", "other", at_most(0), "difference")
HALF = good_share("image", at_least(0.5))
BELOW = below_best("image", at_most(1))
ROW = row_of_table_6("tetris", "eqn11")
CONSTANTS = constants_of("eqn11", 1e-3)
PSI = psi_from("psi", "magnitudes", 6e-5)
SHORT = short_fits("psnr_20", "eqn11", at_most(1))


@pytest.mark.parametrize(
    ("evidence", "data", "verdict"),
    [
        (LITTLE, Data(regrets=regrets(rule=0.5)), HOLDS),
        (LITTLE, Data(regrets=regrets(rule=2)), FAILS),
        (LITTLE, Data(regrets=regrets(rule=1)), OPEN),
        (LESS, Data(regrets=regrets(rule=1, other=2)), HOLDS),
        (LESS, Data(regrets=regrets(rule=2, other=1)), FAILS),
        (HALF, maps(0.8, 0), HOLDS),
        (HALF, maps(0.2, 0), FAILS),
        (BELOW, maps(0.5, 0.5), HOLDS),
        (BELOW, maps(0.5, 5), FAILS),
        (ROW, scales(), HOLDS),
        (ROW, scales(psi=0.3, factor=2), IN_PART),
        (CONSTANTS, scales(), HOLDS),
        (CONSTANTS, scales(factor=1.1), FAILS),
        (PSI, scales(), HOLDS),
        (PSI, scales(psi=0.3), FAILS),
        (SHORT, short(0.5), HOLDS),
        (SHORT, short(2), FAILS),
        (diagnosed, diagnoses(20), HOLDS),
        (diagnosed, diagnoses(1), FAILS),
        (diagnosed, diagnoses(11), OPEN),
        *((e, Data(), UNTESTED) for e in (LITTLE, LESS, HALF, BELOW, ROW, CONSTANTS, PSI, SHORT)),
        (diagnosed, Data(), UNTESTED),
    ],
)
def test_evidence_about_noise_scales_can_come_out_each_way(evidence, data, verdict):
    assert evidence(data).verdict == verdict


@pytest.mark.parametrize(("least", "verdict"), [(0, HOLDS), (60, IN_PART), (100, FAILS)])
def test_a_claim_about_the_papers_own_table_is_judged_by_the_table(least, verdict):
    evidence = shares_of_table_1("above", lambda row: row["siren2"] > least)
    assert evidence(Data()).verdict == verdict


@pytest.fixture(scope="module")
def under_optimizers() -> Data:
    return Data(optimizers=read_optimizers(BENCHMARK))


@pytest.mark.parametrize(("bound", "verdict"), [(-9, HOLDS), (-4, OPEN), (9, FAILS)])
def test_what_an_optimizer_gains_is_the_mean_difference_of_the_best_points(
    under_optimizers, bound, verdict
):
    finding = gains("muon", at_least(bound))(under_optimizers)
    assert finding.verdict == verdict
    rows = pq.read_table(f"{BENCHMARK}/_rules/optimizers.parquet").to_pandas()
    best = rows[rows["learning_rate"] == 0.004].groupby(["signal", "optimizer", "decay"])["psnr"]
    table = best.max().unstack(["optimizer", "decay"])
    mapped = set(rows[rows["optimizer"].eq("adam") & rows["learning_rate"].eq(5e-4)]["signal"])
    table = table[table.index.isin(mapped)]
    expected = (table["muon", 0.75] - table["adam", 0.95]).mean()
    assert f" {expected:.1f} [" in finding.figure


@pytest.mark.parametrize(("bound", "verdict"), [(9, HOLDS), (0.1, FAILS)])
def test_what_a_rule_loses_under_an_optimizer_can_come_out_each_way(
    under_optimizers, bound, verdict
):
    assert rules_regret("muon", at_most(bound))(under_optimizers).verdict == verdict
    assert rules_regret("muon", at_most(bound))(Data()).verdict == UNTESTED
