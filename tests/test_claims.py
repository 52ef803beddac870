"""The ledger: verdicts follow from intervals, fits are read by case, the page is as committed."""

import dataclasses
import math
import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from analysis.benchmark import export as benchmark
from analysis.claims.__main__ import main
from analysis.claims.claim import MISSING, Verdict, at_least, at_most, joint, near, shown
from analysis.claims.data import Data
from analysis.claims.evidence_fits import above_zero_output
from analysis.claims.ledger import SECTIONS
from analysis.claims.page import page
from analysis.claims.reading import denoised_fits, measured_numbers, read
from analysis.claims.studied import fits_of_studies
from analysis.measured.command import SCHEMA
from analysis.reporting.parquet import parquet_bytes
from analysis.statistics.intervals import Interval
from studies import bottleneck
from studies.engine.planning.run import run_json
from studies.engine.planning.scale import ScaleName
from studies.engine.store.rows import signal_row
from studies.engine.store.store import Store
from tests.fakes.runs import compared_row, every_key, make_comparison, make_signal
from tests.refusals import refused

HOLDS, IN_PART, OPEN, FAILS, UNTESTED = (
    Verdict.HOLDS, Verdict.IN_PART, Verdict.OPEN, Verdict.FAILS, Verdict.UNTESTED,
)  # fmt: skip

CLAIMS = [claim for section in SECTIONS for claim in section.claims]

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
            assert claim.evidence.command.startswith("python ")


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
    assert alive[0].above_zero == pytest.approx(30)
    assert alive[0].final == pytest.approx(38)
    assert alive[0].curve == ([0, 160], [40, 40])
    assert all(fitted.is_dead for fitted in known.of["S5", "siren"].values())
    dead = above_zero_output("bottleneck", ["siren"], at_most(1), targets=["S5"])
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
    (tmp_path / "measured.parquet").write_bytes(b"PAR1")
    with refused("unreadable", str(tmp_path / "measured.parquet")):
        measured_numbers(str(tmp_path))


@pytest.mark.parametrize(("siren2", "finer_pp", "verdict"), [
    ((30.0, 30.1, 29.9), (28.0, 28.2, 28.1), HOLDS),
    ((28.0, 28.2, 28.1), (30.0, 30.1, 29.9), FAILS),
    ((28.0, 30.2, 28.1), (28.1, 29.9, 28.3), OPEN),
])  # fmt: skip
def test_what_denoising_reached_is_judged_by_the_best_output(tmp_path, siren2, finer_pp, verdict):
    rows = [
        {
            "study": "audio_denoising", "scale": "small", "n": 8192, "width": 52, "depth": 4,
            "epochs": 400, "signal": "gt_bach_5dB", "method": method, "kind": "network",
            "seed": seed, "psnr": 0.0, "psnr_noisy": 12.0, "psnr_oracle": psnr,
        }
        for method, psnrs in (("siren2", siren2), ("finer_pp", finer_pp))
        for seed, psnr in enumerate(psnrs)
    ]  # fmt: skip
    rows.append(rows[0] | {"method": "wavelets", "kind": "classical", "psnr_oracle": 99.0})
    (tmp_path / "audio_denoising.parquet").write_bytes(parquet_bytes(rows))
    data = Data(studies=denoised_fits(str(tmp_path)))
    (claim,) = [claim for claim in CLAIMS if claim.place == "Table 3, bach"]
    finding = claim.evidence(data)
    assert finding.verdict == verdict
    assert "3 seeds" in finding.scale
    (other,) = [claim for claim in CLAIMS if claim.place == "Table 3, dilse"]
    assert other.evidence(data).verdict == UNTESTED


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


def test_a_folder_without_a_study_of_networks_or_with_a_damaged_one_is_refused(tmp_path):
    (tmp_path / "empty").mkdir()
    for folder in (tmp_path / "empty", tmp_path / "none"):
        with refused("not-there", str(folder)):
            fits_of_studies([str(folder)])
    source = Path(planted_results(tmp_path / "small", "small", 40))
    (damaged,) = source.rglob("study.json")
    damaged.write_text("{")
    with refused("unreadable", str(damaged)):
        fits_of_studies([str(source)])
    assert benchmark.main([str(source), "--all", "--to", str(tmp_path / "export")]) == 2


@pytest.mark.slow
def test_the_committed_page_is_what_the_committed_data_give(tmp_path):
    assert main(["--to", str(tmp_path / "paper.md")]) == 0
    assert (tmp_path / "paper.md").read_text() == Path("docs/paper.md").read_text()
