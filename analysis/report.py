"""The HTML report of a run: one file that stands alone, for screen, phone and print."""

import base64
import datetime
import html
import math
from collections import defaultdict
from collections.abc import Sequence

import jinja2

from analysis import plots
from analysis.summary import Summary
from search_spaces.bandwidth import bandwidth, nyquist
from studies.engine.plan import Point, points, trial_of
from studies.engine.store import Store
from studies.engine.study import Run

Curve = tuple[list[int], list[float]]


def render(
    run: Run,
    summaries: Sequence[Summary],
    store: Store,
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
        clips=[
            _clip(run, summary, lines)
            for summary, lines in zip(summaries, _curves(run, summaries, store), strict=True)
        ],
        gains=_image(plots.gains(summaries), "Gain of the best cell over Eqn. 11") if gains else "",
        mean_gain=sum(gains) / len(gains) if gains else math.nan,
        num_scored=len(gains),
        done=sum(s.num_done for s in summaries),
        total=sum(s.num_fits for s in summaries),
        results=store.results,
        made=f"{now:%Y-%m-%d %H:%M}",
        code=sorted(set().union(*(summary.code for summary in summaries))),
    )


def _clip(run: Run, summary: Summary, lines: dict[str, Curve]) -> dict[str, object]:
    signal = summary.signal
    all_points = points(run, signal)
    rules = [p.scales for p in all_points if p.kind == "rule" and p.scales]
    name = signal.name
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
    if point.scales is None:
        return dict.fromkeys(("s0", "s1", "s0_share", "bandwidth_share"), math.nan)
    s0, s1 = point.scales
    limit = nyquist(num_samples)
    k = bandwidth(s0, s1, width=run.scale.width)
    return {"s0": s0, "s1": s1, "s0_share": s0 / limit, "bandwidth_share": k / limit}


def _curves(run: Run, summaries: Sequence[Summary], store: Store) -> list[dict[str, Curve]]:
    """For each clip the curves of the three compared points, on the first confirming seed."""
    wanted = [
        {
            name: trial_of(run, summary.signal, score.point, run.confirm_seeds[0]).key
            for name, score in (
                ("SIREN", summary.siren),
                ("Eqn. 11", summary.rule),
                ("best cell", summary.best),
            )
            if score
        }
        for summary in summaries
    ]
    found: dict[str, Curve] = defaultdict(lambda: ([], []))
    for row in store.curves([key for keys in wanted for key in keys.values()]).to_pylist():
        epochs, psnr = found[row["key"]]
        epochs.append(row["epoch"])
        psnr.append(row["psnr"])
    return [{name: found[key] for name, key in keys.items() if key in found} for keys in wanted]


def _image(svg: str, text: str) -> str:
    data = base64.b64encode(svg.encode()).decode()
    return f'<img alt="{html.escape(text)}" src="data:image/svg+xml;base64,{data}">'


def _db(value: float, form: str = ".1f") -> str:
    return "–" if value is None or math.isnan(value) else format(value, form)
