"""Networks beside each other: who is ranked, and what the report says."""

import dataclasses
import datetime
import io
import math
import re
import statistics

import numpy as np
import pyarrow.parquet as pq
import pytest
from rich.console import Console

from analysis.comparison.report import comparison_report
from analysis.comparison.standings import compare, summarize_cases
from studies import audio_architectures, image_architectures
from studies.engine.outcomes.results import Progress, Results
from studies.engine.outcomes.signal_state import SignalState
from studies.engine.planning.points import trial_of
from studies.engine.store.store import Store, output_path, target_path
from tests.fakes.runs import (
    IMAGE,
    SOUND,
    by_case,
    four,
    make_comparison,
    make_signal,
    plan,
    rows_of,
)


def test_standings_are_in_the_order_of_the_means_and_no_dead_fit_is_ranked():
    run = four()
    (comparison,) = compare([SignalState(run, SOUND, rows_of(run, SOUND, by_case))], [[]])
    assert [(s.point.name, s.rank) for s in comparison.standings] == [
        ("siren2", 1), ("finer_pp", 2), ("siren", 3), ("wire", None),
    ]  # fmt: skip
    best = comparison.standings[0]
    assert (best.mean, best.deviation) == (45.5, statistics.stdev([45, 46]))
    assert comparison.standings[-1].remark == "1 of 2 dead"


@pytest.mark.parametrize("status", ["diverged", "failed", "missing"])
def test_a_network_with_a_fit_that_is_not_whole_has_no_rank(status):
    run = four()
    rows = rows_of(run, SOUND, by_case)
    point = next(p for p in run.question.points(run, SOUND) if p.name == "siren2")
    key = trial_of(run.scale, SOUND, point, 1).key
    if status == "missing":
        del rows[key]
    else:
        rows[key] |= {"status": status, "metric_psnr_peak": None}
    (comparison,) = compare([SignalState(run, SOUND, rows)], [[]])
    standing = next(s for s in comparison.standings if s.point.name == "siren2")
    assert standing.rank is None
    assert standing.remark == f"1 of 2 {status}"
    assert comparison.standings[0].point.name == "finer_pp"


def test_the_mean_gap_is_of_networks_that_are_ranked_on_every_signal():
    run = four()
    other = make_signal("other")
    rows = rows_of(run, other, lambda p, s: by_case(p, s) + 8 * (p.case == "siren"))
    states = [
        SignalState(run, SOUND, rows_of(run, SOUND, by_case)),
        SignalState(run, other, rows),
    ]
    totals = summarize_cases(compare(states, [[], []]))
    assert [(o.name, o.behind, o.wins, o.ranked) for o in totals[:3]] == [
        ("siren2", 0.0, 2, 2), ("finer_pp", 5.0, 0, 2), ("siren", 11.0, 0, 2),
    ]  # fmt: skip
    assert math.isnan(totals[3].behind)
    assert totals[3].ranked == 0


@pytest.mark.parametrize("signal", [SOUND, IMAGE], ids=["sound", "image"])
def test_the_report_has_a_table_figures_and_error_pictures(tmp_path, signal):
    signal = dataclasses.replace(signal, name='a$_$b "x" <b>')
    run = make_comparison(
        image_architectures.STUDY if len(signal.shape) == 2 else audio_architectures.STUDY,
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
    progress = {sha: Progress(len(rows), 0, set(rows))}
    results = Results(run, [SignalState(run, signal, rows)], store, progress)
    report = comparison_report(results, [[]], datetime.datetime.now())
    is_image = len(signal.shape) == 2
    kinds = {"networks", "histories", "errors"} | (set() if is_image else {"spectrograms"})
    assert {name.rsplit("-", 1)[1] for name in report.figures} == kinds
    assert report.html.count("<svg ") == len(kinds)
    # The sound, and the output and the error of each of three networks.
    assert report.html.count("<audio ") == (0 if is_image else 7)
    assert "<b>" not in report.html
    table = pq.read_table(io.BytesIO(report.files["comparison.parquet"])).to_pylist()
    assert [(r["point"], r["rank"]) for r in table] == [("siren2", 1), ("siren", 2), ("wire", None)]
    assert report.numbers[sha]["psnr_mean_siren2"] == 45.5
    console = Console(width=80, file=io.StringIO())
    for one in report.tables:
        console.print(one)
    printed = console.file.getvalue()  # type: ignore[attr-defined]
    assert max(map(len, printed.splitlines())) <= 80
    assert "45.5 ± 0.7" in printed
    assert "1 of 2 dead" in printed


@pytest.mark.parametrize("kept", [("siren",), ()])
def test_the_page_names_the_networks_without_a_picture(tmp_path, kept):
    """Another study may have done a fit and kept no output of it."""
    run = make_comparison(networks=["siren", "siren2"], seeds=1)
    rows, store = rows_of(run, SOUND, by_case), Store(str(tmp_path))
    values = np.random.default_rng(0).uniform(-1, 1, (SOUND.num_samples, 1)).astype(np.float32)
    store.write_array(target_path(SOUND.sha256), values)
    for fit in plan(run, [SOUND]):
        if fit.point.case in kept:
            store.write_array(output_path(fit.trial.key), values / 2)
    progress = {SOUND.sha256: Progress(len(rows), 0, set(rows))}
    results = Results(run, [SignalState(run, SOUND, rows)], store, progress)
    html = comparison_report(results, [[]], datetime.datetime.now()).html
    (note,) = re.findall(r"No picture and no player of ([^:]*):", html)
    assert note.split(", ") == [name for name in ("siren2", "siren") if name not in kept]
