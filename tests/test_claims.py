"""The ledger: every kind of evidence can come out each way, and the page is the committed one."""

import dataclasses
import math
import re
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from analysis.benchmark import export as benchmark
from analysis.claims.__main__ import main
from analysis.claims.claim import Verdict, at_least, at_most, joint, near, shown, untested
from analysis.claims.claims import CLAIMS
from analysis.claims.data import Data, Map
from analysis.claims.evidence_fits import difference, drop, falling, gain, is_first
from analysis.claims.evidence_numbers import MISSING, Part, measured, of_all
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
from analysis.claims.page import page
from analysis.claims.reading import measured_numbers, read
from analysis.claims.rows import shares_of_table_1
from analysis.claims.studied import fits_of_studies
from analysis.comparison.published import TABLE_6
from analysis.measured.command import SCHEMA
from analysis.regret.stored import RuleRegret
from analysis.reporting.parquet import parquet_bytes
from analysis.statistics.intervals import Interval
from studies import bottleneck
from studies.engine.planning.run import run_json
from studies.engine.planning.scale import ScaleName
from studies.engine.store.rows import signal_row
from studies.engine.store.store import Store
from tests.fakes import claims as plant
from tests.fakes.runs import compared_row, every_key, make_comparison, make_signal
from tests.refusals import refused

HOLDS, IN_PART, OPEN, FAILS, UNTESTED = (
    Verdict.HOLDS, Verdict.IN_PART, Verdict.OPEN, Verdict.FAILS, Verdict.UNTESTED,
)  # fmt: skip

FINITE = st.floats(-1e6, 1e6)


@given(st.tuples(FINITE, FINITE, FINITE).map(sorted), FINITE)
def test_a_bound_is_kept_by_the_whole_interval_by_none_of_it_or_by_a_part(values, bound):
    low, mean, high = values
    verdict = at_least(bound)(Interval(mean, low, high))
    assert (verdict == HOLDS) == (low >= bound)
    assert (verdict == FAILS) == (high < bound)
    assert at_most(-bound)(Interval(-mean, -high, -low)) == verdict


@given(st.tuples(FINITE, FINITE, FINITE).map(sorted), FINITE, st.floats(0, 1e6))
def test_a_number_is_near_a_value_if_it_keeps_both_bounds(values, value, within):
    low, mean, high = values
    interval = Interval(mean, low, high)
    sides = {at_least(value - within)(interval), at_most(value + within)(interval)}
    verdict = near(value, within)(interval)
    assert (verdict == HOLDS) == (sides == {HOLDS})
    assert (verdict == FAILS) == (FAILS in sides)


def test_a_single_number_has_no_interval_and_is_judged_by_itself():
    number = Interval(2.0, math.nan, math.nan)
    assert [at_least(bound)(number) for bound in (1.9, 2.0, 2.1)] == [HOLDS, HOLDS, FAILS]
    assert shown(number) == "2.0"


@pytest.mark.parametrize(
    ("parts", "verdict"),
    [
        ([HOLDS, HOLDS], HOLDS),
        ([FAILS, FAILS], FAILS),
        ([HOLDS, FAILS], IN_PART),
        ([OPEN, FAILS], IN_PART),
        ([HOLDS, OPEN], OPEN),
        ([HOLDS, UNTESTED], HOLDS),
        ([UNTESTED], UNTESTED),
        ([], UNTESTED),
    ],
)
def test_parts_make_a_verdict_and_what_is_not_tested_does_not_count(parts, verdict):
    assert joint(parts) == verdict


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
ALIVE = gain("x", ["siren2"], at_least(1), targets=["tetris"])
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


def test_the_ledger_has_every_table_figure_equation_and_proposition_of_the_paper():
    places = " ".join(claim.place for claim in CLAIMS)
    for number in range(1, 7):
        assert f"Table {number}" in places
    figures = {int(n) for n in re.findall(r"Fig\. (\d+)", places)}
    assert figures == set(range(1, 18))
    numbers = {int(n) for n in re.findall(r"Eqns?\. (\d+)", places)}
    assert numbers | {9} == set(range(1, 12))
    assert "Eqns. 7 and 9" in places
    for place in ("Theorem 3.1", "Proposition 1", "Proposition 2", "Limitation (a)"):
        assert place in places
    assert "Limitation (b)" in places


def test_what_is_not_tested_says_why_and_what_is_measured_names_its_command():
    for claim in CLAIMS:
        finding = claim.evidence(Data())
        assert finding.figure
        if finding.figure == MISSING:
            assert claim.command.startswith("python ")


@pytest.mark.parametrize(("least", "verdict"), [(0, HOLDS), (60, IN_PART), (100, FAILS)])
def test_a_claim_about_the_papers_own_table_is_judged_by_the_table(least, verdict):
    evidence = shares_of_table_1("above", lambda row: row["siren2"] > least)
    assert evidence(Data()).verdict == verdict


SIGNAL = dataclasses.replace(
    make_signal("S5"), source="S5", descriptors={"psi": 0.5, "low_pass_40": 0.4}
)


def planted_results(folder: Path, scale: ScaleName, psnr: float) -> str:
    """Write a results folder with the bottleneck's fits of S5, SIREN's at zero output."""
    run = make_comparison(bottleneck.STUDY, SIGNAL, scale)
    rows, curves = [], []
    for point, seed, key in every_key(run, SIGNAL):
        peak = SIGNAL.psnr_zero if point.case == "siren" else psnr + seed / 10
        scores = {"metric_psnr_zero": SIGNAL.psnr_zero, "metric_psnr_constant": SIGNAL.psnr_zero}
        row = compared_row(key, SIGNAL, peak) | scores | {"metric_psnr_final": peak - 2}
        rows.append(row | {"seed": seed})
        curves += [{"key": key, "epoch": epoch, "psnr": peak} for epoch in (0, 160)]
    store = Store(str(folder))
    store.write_bytes(f"{run.folder}/study.json", run_json(run))
    store.add_signals([signal_row(SIGNAL)])
    store.append(rows, curves)
    return str(folder)


def test_fits_are_read_from_a_results_folder_by_case_and_seed(tmp_path):
    known = fits_of_studies([planted_results(tmp_path / "small", "small", 40)])[0]["bottleneck"]
    assert {target for target, _ in known.of} == {"S5"}
    assert set(known.cases("S5")) == {"siren", "siren2", "siren2_eqn11"}
    alive = known.of["S5", "siren2"]
    assert [alive[seed].psnr for seed in range(5)] == pytest.approx([40, 40.1, 40.2, 40.3, 40.4])
    assert alive[0].gain == pytest.approx(30)
    assert alive[0].final == pytest.approx(38)
    assert alive[0].curve == ([0, 160], [40, 40])
    assert all(fitted.is_dead for fitted in known.of["S5", "siren"].values())
    dead = gain("bottleneck", ["siren"], at_most(1), targets=["S5"])
    assert dead(Data(studies={"bottleneck": known})).verdict == HOLDS


def test_fits_at_the_papers_scale_count_before_those_at_the_small_one(tmp_path):
    folders = [planted_results(tmp_path / name, name, psnr) for name, psnr in SCALES.items()]
    known = fits_of_studies(folders)[0]["bottleneck"]
    assert known.of["S5", "siren2"][0].psnr == 60
    assert known.scale.startswith("paper")


SCALES: dict[ScaleName, float] = {"small": 40.0, "paper": 60.0}


def test_measured_numbers_are_read_and_a_missing_folder_is_refused(tmp_path):
    rows = [
        {"quantity": "phases", "case": "layers 2 to 4", "signal": "", "seed": seed, "value": value,
         "scale": "planted"}
        for seed, value in enumerate((0.96, 0.97))
    ]  # fmt: skip
    (tmp_path / "measured.parquet").write_bytes(parquet_bytes(rows, SCHEMA))
    numbers = measured_numbers(str(tmp_path))
    assert [number.value for number in numbers["phases", "layers 2 to 4"]] == [0.96, 0.97]
    with refused("not-there", str(tmp_path / "none")):
        read(str(tmp_path / "none"), "analysis/data")


def test_an_export_of_all_fits_has_them_with_what_was_run_and_without_paths(tmp_path):
    source = planted_results(tmp_path / "private" / "small", "small", 40)
    assert benchmark.main([source, "--all", "--to", str(tmp_path / "export")]) == 0
    exported = fits_of_studies([str(tmp_path / "export")])
    assert exported == fits_of_studies([source])
    for path in (tmp_path / "export").rglob("study.json"):
        assert "private" not in path.read_text()


def test_the_page_shows_hits_and_misses_of_the_diagnosis():
    case = {
        "signal": "clip", "sha256": "ab", "recording": "clip", "network": "siren",
        "unreached": 0.5, "num_fits": 5, "num_dead": 0, "gain_db": 20.0,
    }  # fmt: skip
    rows = [case | {"sees_it": sees_it} for sees_it in (True, True, False)]
    assert "| siren | 2 | 0 | 1 | 0 | 2 of 3 [" in page([], rows)


@pytest.mark.slow
def test_the_committed_page_is_what_the_committed_data_give(tmp_path):
    assert main(["--to", str(tmp_path / "paper.md")]) == 0
    assert (tmp_path / "paper.md").read_text() == Path("docs/paper.md").read_text()
