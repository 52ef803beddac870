"""The report of a grid: the best cell against Eqn. 11, a landscape for every clip."""

import datetime
import math
from collections.abc import Sequence

from analysis.grid import plots
from analysis.grid.summary import Summary, summarize
from analysis.reporting.report import Report, Results, file_name, image, position, render
from analysis.reporting.tables import summary_table
from studies.engine.planning.points import points, trial_of
from studies.engine.store.store import Curve


def grid_report(results: Results, now: datetime.datetime) -> Report:
    """Everything that a grid came to."""
    run = results.run
    summaries = summarize(run, results.signals, results.rows)
    gains = [s.difference for s in summaries if math.isfinite(s.difference)]
    figures = {"gains": plots.gains(summaries)} if gains else {}
    clips = []
    for summary, lines in zip(summaries, compared_curves(results, summaries), strict=True):
        name = file_name(summary.signal.name, summary.signal.sha256)
        rules = [p.scales for p in points(run, summary.signal) if p.kind == "rule" and p.scales]
        if summary.map.best:
            figures[f"{name}-landscape"] = plots.heatmap(summary.map, rules)
        if lines:
            figures[f"{name}-curves"] = plots.curves(lines, summary.signal.psnr_zero)
        clips.append(_clip(results, summary, name, figures))
    html = render(
        "grid.html.j2",
        results,
        now,
        clips=clips,
        gains=image(figures["gains"], "Gain of the best cell over Eqn. 11") if gains else "",
        mean_gain=sum(gains) / len(gains) if gains else math.nan,
        num_scored=len(gains),
    )
    return Report(
        tables=[summary_table(run, summaries)],
        html=html,
        numbers={s.signal.sha256: s.numbers for s in summaries},
        figures=figures,
        files={},
    )


def _clip(
    results: Results, summary: Summary, name: str, figures: dict[str, str]
) -> dict[str, object]:
    run, signal = results.run, summary.signal
    shown = {
        "heatmap": (f"{name}-landscape", "Landscape of peak PSNR over s0 and s1"),
        "curves": (f"{name}-curves", "PSNR over epochs"),
    }
    others = [
        {
            "name": point.name,
            "psnr": summary.grid_scores[point.name],
            **position(run, signal, point),
        }
        for point in points(run, signal)
        if point.kind != "grid"
    ]
    return {
        "summary": summary,
        "points": others,
        "best": summary.best and position(run, signal, summary.best.point),
        **{
            key: image(figures[figure], f"{text} for {signal.name}") if figure in figures else ""
            for key, (figure, text) in shown.items()
        },
    }


def compared_curves(results: Results, summaries: Sequence[Summary]) -> list[dict[str, Curve]]:
    """For each clip the curves of the three compared points, on the first scoring seed."""
    run = results.run
    wanted = [
        {
            name: trial_of(run, summary.signal, score.point, run.scoring_seeds[0]).key
            for name, score in (
                ("SIREN", summary.siren),
                ("Eqn. 11", summary.rule),
                ("best cell", summary.best),
            )
            if score
        }
        for summary in summaries
    ]
    curves = results.store.curves_by_key([key for keys in wanted for key in keys.values()])
    return [{name: curves[key] for name, key in keys.items() if key in curves} for keys in wanted]
