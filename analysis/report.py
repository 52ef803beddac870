"""The HTML report of a run: one file that stands alone, for screen, phone and print."""

import base64
import datetime
import math
from collections.abc import Sequence

import jinja2

from analysis import plots
from analysis.summary import Score, Summary
from search_spaces.bandwidth import bandwidth, nyquist
from studies.engine.rows import git_commit, versions
from studies.engine.store import Store
from studies.engine.study import Point, Run, points, trial_of


def render(
    run: Run,
    summaries: Sequence[Summary],
    store: Store,
    skipped: Sequence[str],
    now: datetime.datetime,
) -> str:
    """The report as HTML text, its figures inside."""
    environment = jinja2.Environment(
        loader=jinja2.PackageLoader("analysis"),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters["db"] = _db
    gains = [s.difference for s in summaries if math.isfinite(s.difference)]
    return environment.get_template("report.html.j2").render(
        run=run,
        summaries=summaries,
        clips=[_clip(run, summary, store) for summary in summaries],
        gains=_image(plots.gains(summaries), "Gain of the best cell over Eqn. 11") if gains else "",
        mean_gain=sum(gains) / len(gains) if gains else math.nan,
        num_scored=len(gains),
        done=sum(s.num_done for s in summaries),
        total=sum(s.num_fits for s in summaries),
        skipped=skipped,
        results=store.results,
        made=f"{now:%Y-%m-%d %H:%M}",
        versions=versions(),
        commit=git_commit(),
    )


def _clip(run: Run, summary: Summary, store: Store) -> dict[str, object]:
    signal = summary.signal
    all_points = points(run, signal)
    rules = [point for point in all_points if point.kind == "rule"]
    name = signal.name
    lines = _curves(run, summary, store)
    others = [
        {
            "name": point.name,
            "psnr": summary.grid_scores[point.name],
            **_position(run, signal.num_samples, point),
        }
        for point in all_points
        if point.kind != "grid"
    ]
    return {
        "summary": summary,
        "heatmap": _image(
            plots.heatmap(summary.map, rules), f"Landscape of peak PSNR over s0 and s1 for {name}"
        )
        if summary.map.best
        else "",
        "curves": _image(plots.curves(lines, signal.psnr_zero), f"PSNR over epochs for {name}")
        if lines
        else "",
        "points": others,
        "best": summary.best and _position(run, signal.num_samples, summary.best.point),
    }


def _position(run: Run, num_samples: int, point: Point) -> dict[str, float]:
    """A point's scales, raw and dimensionless."""
    s0 = getattr(point.network, "s0", math.nan)
    s1 = getattr(point.network, "s1", math.nan)
    limit = nyquist(num_samples)
    k = math.nan if math.isnan(s0) else bandwidth(s0, s1, width=run.scale.width)
    return {"s0": s0, "s1": s1, "s0_share": s0 / limit, "bandwidth_share": k / limit}


def _curves(
    run: Run, summary: Summary, store: Store
) -> dict[str, tuple[Sequence[int], Sequence[float]]]:
    """Curves of the three compared points, on the first confirming seed that all have."""
    scores: dict[str, Score | None] = {
        "SIREN": summary.siren,
        "Eqn. 11": summary.rule,
        "best cell": summary.best,
    }
    lines = {}
    for name, score in scores.items():
        if score is None:
            continue
        key = trial_of(run, summary.signal, score.point, run.confirm_seeds[0]).key
        table = store.curves([key])
        if len(table):
            lines[name] = (table["epoch"].to_pylist(), table["psnr"].to_pylist())
    return lines


def _image(svg: str, text: str) -> str:
    data = base64.b64encode(svg.encode()).decode()
    return f'<img alt="{text}" src="data:image/svg+xml;base64,{data}">'


def _db(value: float, form: str = ".1f") -> str:
    return "–" if value is None or math.isnan(value) else format(value, form)
