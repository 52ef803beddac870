"""Report a grid: the best cell against Eqn. 11, and a landscape for every signal."""

import datetime
import math
from collections.abc import Mapping, Sequence

from analysis.grid import page_tables, plots
from analysis.grid.between import Between, between, between_table
from analysis.grid.filled import filled_series
from analysis.grid.maps import heatmap
from analysis.grid.summary import Summary, summarize
from analysis.grid.tables import summary_table
from analysis.reporting.drawing import Drawing, image
from analysis.reporting.marks import marks
from analysis.reporting.page_table import PageTable
from analysis.reporting.report import drawn_images, file_name, paper_files, render, svg_texts
from analysis.statistics.intervals import UNKNOWN, Interval, mean_interval
from analysis.statistics.recordings import read_recordings
from studies.engine.outcomes.choosing import Choice
from studies.engine.outcomes.report import Report
from studies.engine.outcomes.results import Results
from studies.engine.store.store import Curve


def grid_report(
    results: Results,
    choices: Sequence[Choice],
    scoring_seeds: Sequence[int],
    now: datetime.datetime,
) -> Report:
    """Return the report of a grid.

    Args:
        results: All that is stored of the run.
        choices: Each signal's best cell and what it is compared with.
        scoring_seeds: The seeds on which these are compared.
        now: The time that the page shows.
    """
    run = results.run
    summaries = summarize(results.states, choices, scoring_seeds)
    known = [s for s in summaries if math.isfinite(s.difference)]
    figures = {"gains": plots.gains(summaries)} if known else {}
    tables = {"gains": page_tables.gains(run, summaries, scoring_seeds)}
    clips, of_held_out, files = [], list[Between](), dict[str, bytes]()
    curves = compared_curves(results, summaries, scoring_seeds[0])
    for state, summary, lines in zip(results.states, summaries, curves, strict=True):
        name = file_name(summary.signal.name, summary.signal.sha256)
        rules = marks(state)
        if summary.map.best:
            figures[f"{name}-landscape"] = heatmap(summary.map, rules)
        if lines:
            figures[f"{name}-curves"] = plots.curves(lines, summary.signal.psnr_zero)
        filled = filled_series(state, summary, results.store, scoring_seeds[0])
        if filled is not None:
            files[f"{name}-filled.csv"] = filled.to_csv(index=False).encode()
            figures[f"{name}-filled"] = plots.filled(filled)
        tables[f"{name}-points"] = page_tables.points(state, summary, rules)
        tables[f"{name}-landscape"] = page_tables.cells(summary.map)
        held_out = between(state, scoring_seeds) if run.scale.hold_out else None
        if held_out:
            of_held_out.append(held_out)
            tables[f"{name}-between"] = page_tables.between(held_out)
            if held_out.map.best:
                figures[f"{name}-between"] = heatmap(held_out.map, rules, "held-out PSNR (dB)")
        clips.append(_clip(summary, name, figures, tables))
    html = render(
        "grid.html.j2",
        results,
        now,
        clips=clips,
        table=tables["gains"],
        gains=image(figures["gains"], "Gain of the best cell over Eqn. 11") if known else "",
        gain=_mean_gain(known, results),
        num_scored=len(known),
        scoring_seeds=scoring_seeds,
    )
    of_terminal = [summary_table(run, summaries, scoring_seeds)]
    numbers = {s.signal.sha256: s.numbers for s in summaries}
    if of_held_out:
        of_terminal.append(between_table(run, of_held_out, scoring_seeds))
        for scores in of_held_out:
            numbers[scores.signal.sha256] |= scores.numbers
    return Report(
        tables=of_terminal,
        html=html,
        numbers=numbers,
        figures=svg_texts(figures),
        files={**files, **paper_files(figures, tables)},
    )


def _mean_gain(summaries: Sequence[Summary], results: Results) -> Interval:
    """Return the mean gain over signals in dB, unknown without signals."""
    if not summaries:
        return UNKNOWN
    named = read_recordings(results.store)
    recordings = [named.get(s.signal.name, s.signal.source) for s in summaries]
    return mean_interval([s.by_seed for s in summaries], recordings)


def _clip(
    summary: Summary,
    name: str,
    figures: Mapping[str, Drawing],
    tables: Mapping[str, PageTable],
) -> dict[str, object]:
    places = {
        "heatmap": (f"{name}-landscape", "Landscape of peak PSNR over s0 and s1"),
        "between_map": (f"{name}-between", "Landscape of held-out PSNR over s0 and s1"),
        "curves": (f"{name}-curves", "PSNR over epochs"),
        "filled": (f"{name}-filled", "The series with its gaps filled"),
    }
    return {
        "signal": summary.signal,
        "points": tables[f"{name}-points"],
        "between": tables.get(f"{name}-between"),
        **drawn_images(figures, places, summary.signal),
    }


def compared_curves(
    results: Results, summaries: Sequence[Summary], seed: int
) -> list[dict[str, Curve]]:
    """Return, for each signal, the curves of the compared points on one seed, by name.

    Args:
        results: All that is stored of the run.
        summaries: Each signal's best cell.
        seed: The seed.
    """
    keys_by_name: list[dict[str, str]] = []
    wanted: list[str] = []
    for state, summary in zip(results.states, summaries, strict=True):
        scores = {"SIREN": summary.siren, "Eqn. 11": summary.rule, "best cell": summary.best}
        keys = {name: state.trial(s.point, seed).key for name, s in scores.items() if s}
        keys_by_name.append(keys)
        wanted += keys.values()
    curves = results.store.curves_by_key(wanted)  # one read for all signals
    return [
        {name: curves[key] for name, key in keys.items() if key in curves} for keys in keys_by_name
    ]
