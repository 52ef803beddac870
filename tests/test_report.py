"""The report and the tables say what the rows say, whatever a clip is called."""

import dataclasses
import datetime
import io
import re

import numpy as np
import pandas as pd
import pytest
from rich.console import Console
from scipy import stats

from analysis.grid.summary import Summary, summarize
from analysis.grid.tables import summary_table
from studies.command.tables import plan_table, status_table
from studies.engine.outcomes.results import Progress, Results
from studies.engine.outcomes.signal_state import SignalState
from studies.engine.planning.points import trial_of
from studies.engine.planning.run import Skipped
from studies.engine.store.store import Store
from tests.fakes.runs import make_run, make_signal, rows_for

NASTY = 'a$_$b [live] "x" <b>'


def score(point, seed):
    return 30.0 + (seed >= 100) + 4 * (point.cell == (1, 2)) + seed * 0.001


def make_results(run, signal, rows, store, missing: int = 0) -> Results:
    progress = {signal.sha256: Progress(len(rows), missing, set(rows))}
    return Results(run, [SignalState(run, signal, rows)], store, progress)


def page_of(results: Results) -> str:
    return results.run.question.report(results, datetime.datetime.now()).html


def summaries_of(results: Results) -> list[Summary]:
    question = results.run.question
    choices = [question.choice(state) for state in results.states]
    return summarize(results.states, choices, question.scoring_seeds)


@pytest.fixture
def page(tmp_path) -> str:
    signal = make_signal(NASTY)
    run = dataclasses.replace(make_run(signal), skipped=(Skipped(f"{NASTY}.wav", "<i>bad</i>."),))
    rows = rows_for(run, signal, score)
    store = Store(str(tmp_path))
    results = make_results(run, signal, rows, store)
    (summary,) = summaries_of(results)
    assert summary.best is not None
    for point in (summary.best.point, summary.rule.point):
        key = trial_of(run.scale, signal, point, 105).key
        curve = [{"key": key, "epoch": e, "psnr": 10.0 + e} for e in range(5)]
        store.append([], curve)
    return page_of(results)


def test_the_report_is_one_file_with_its_figures_inside(page):
    assert page.count("<svg ") == 3
    assert not re.search(r'(src|href)="(?!data:|#)', page)
    assert not re.search(r"url\((?!#)", page)
    assert "<script" not in page
    assert 'name="viewport"' in page
    assert "@media print" in page
    assert "prefers-color-scheme: dark" in page


def test_every_name_in_a_figure_is_unique_on_the_page(page):
    ids = re.findall(r'\bid="([^"]+)"', page)
    assert len(ids) == len(set(ids))
    used = re.findall(r'href="#([^"]+)"|url\(#([^)]+)\)', page)
    assert {name for pair in used for name in pair if name} <= set(ids)


def test_the_pointer_shows_the_value_of_every_cell(page):
    titles = re.findall(r"<title>(s0 [^<]*)</title>", page)
    assert len(titles) == 4 * 5
    assert sum("34." in title for title in titles) == 1, "the best cell"


def test_the_report_shows_the_gain_of_the_rows(page):
    assert re.search(r'<td class="gain">\+4\.0</td>', page)
    (lead,) = re.findall(r"<strong>[^<]*4\.0 dB[^<]*</strong>", page)
    assert "above" in lead, "its sign"


def test_every_figure_and_table_is_beside_the_page_for_a_paper(tmp_path):
    signal = make_signal(NASTY)
    run = make_run(signal)
    results = make_results(run, signal, rows_for(run, signal, score), Store(str(tmp_path)))
    report = run.question.report(results, datetime.datetime.now())
    for name, svg in report.figures.items():
        assert report.files[f"figures/{name}.svg"] == svg.encode()
        assert report.files[f"figures/{name}.pdf"].startswith(b"%PDF")
    gains = pd.read_csv(io.BytesIO(report.files["tables/gains.csv"]))
    assert gains["gain (dB)"][0] == pytest.approx(4)
    (cells,) = (name for name in report.files if name.endswith("-landscape.csv"))
    assert pd.read_csv(io.BytesIO(report.files[cells]))["PSNR (dB)"].max() == pytest.approx(34)
    tables = [name for name in report.files if name.startswith("tables/")]
    assert {name[-3:] for name in tables} == {"csv", "tex"}
    again = run.question.report(results, datetime.datetime.now())
    assert again.files == report.files, "a file that did not change keeps its time"


def test_the_mean_gain_has_an_interval_over_signals(tmp_path):
    signals = [make_signal(f"clip{i}") for i in range(3)]
    signals = [dataclasses.replace(s, sha256=f"{i}".zfill(64)) for i, s in enumerate(signals)]
    run = make_run(*signals)
    states = []
    for gain, signal in enumerate(signals):

        def raised(point, seed, gain=gain):
            return score(point, seed) + gain * (point.cell == (1, 2))

        states.append(SignalState(run, signal, rows_for(run, signal, raised)))
    progress = {
        state.signal.sha256: Progress(len(state.rows), 0, set(state.rows)) for state in states
    }
    results = Results(run, states, Store(str(tmp_path)), progress)
    gains = [summary.difference for summary in summaries_of(results)]
    assert len(set(gains)) == 3
    low, high = stats.t.interval(0.95, 2, np.mean(gains), stats.sem(gains))
    assert f"[{low:.1f}, {high:.1f}] dB" in page_of(results)


def test_a_clips_name_is_text_and_no_markup(page):
    assert "<b>" not in page
    assert "<i>" not in page
    assert page.count("a$_$b [live] &#34;x&#34; &lt;b&gt;.wav: &lt;i&gt;bad&lt;/i&gt;.") == 1
    assert "a$_$b [live]" in page


def test_tables_show_brackets_and_stay_within_80_columns(tmp_path):
    signal = make_signal(NASTY)
    run = make_run(signal)
    rows = rows_for(run, signal, score)
    results = make_results(run, signal, rows, Store(str(tmp_path)))
    console = Console(file=io.StringIO(), width=80, markup=False)
    for table in (
        summary_table(run, summaries_of(results), run.question.scoring_seeds),
        status_table(results),
        plan_table(run, [signal], results.progress),
    ):
        console.print(table)
    text = console.file.getvalue()
    assert text.count("a$_$b [live]") == 3
    assert max(map(len, text.splitlines())) <= 80
    assert "+4.0" in text


def test_a_run_without_any_row_has_a_report_that_counts_what_is_missing(tmp_path):
    signal = dataclasses.replace(make_signal(), psnr_constant=10.0)
    run = make_run(signal)
    results = make_results(run, signal, {}, Store(str(tmp_path)), missing=29)
    page = page_of(results)
    (warning,) = re.findall(r'<p class="warn">([^<]*)</p>', page)
    assert re.findall(r"\d+", warning) == ["0", "29"]
