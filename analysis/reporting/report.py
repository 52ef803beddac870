"""Write a report: one HTML file that stands alone, for screen, phone and print."""

import base64
import datetime
import html
import math
from collections.abc import Mapping
from typing import Any

from search_spaces.bandwidth import bandwidth, nyquist
from studies.engine.outcomes.notes import notes_on
from studies.engine.outcomes.results import Results
from studies.engine.planning.points import Point
from studies.engine.planning.run import Run
from studies.engine.signals.signal import Signal


def render(template: str, results: Results, now: datetime.datetime, **values: Any) -> str:
    """Return a page as HTML.

    Args:
        template: The name of a file in `templates`.
        results: All that is stored of the run.
        now: The time that the page shows.
        values: What this template needs beside what all pages show.
    """
    import jinja2  # here, because `status` imports this module and must be fast

    environment = jinja2.Environment(
        loader=jinja2.PackageLoader("analysis.reporting"),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters["db"] = _db
    code = {f"{row['versions']}, commit {row['commit'] or 'unknown'}" for row in results.all_rows}
    return environment.get_template(template).render(
        run=results.run,
        how=_facts(results.run),
        notes=notes_on(results.run, results.signals),
        done=results.num_done,
        total=results.num_done + results.num_missing,
        results=results.store.results,
        written_at=f"{now:%Y-%m-%d %H:%M}",
        code=sorted(code),
        **values,
    )


def _facts(run: Run) -> dict[str, str]:
    """Return what the page says about the run's settings: {term: sentence}."""
    facts = run.question.facts(run)
    if not run.scale.hold_out:
        return facts
    if run.scale.hold_out.endswith("%"):
        fitted = f"{run.scale.hold_out} of the samples, drawn at random, are held out of the fit."
    else:
        fitted = f"Along each axis, one sample in {run.scale.hold_out} is fitted."
    scored = "PSNR is that of the fitted samples, unless it is called held-out."
    if run.scale.blind:
        scored = "They choose the epoch and the setting."
    return facts | {"held out": f"{fitted} {scored}"}


def image(svg: str, text: str) -> str:
    """Return a figure as HTML. `text` describes it to those who cannot see it."""
    data = base64.b64encode(svg.encode()).decode()
    return f'<img alt="{html.escape(text)}" src="data:image/svg+xml;base64,{data}">'


def drawn_images(
    figures: Mapping[str, str], shown: Mapping[str, tuple[str, str]], signal: Signal
) -> dict[str, str]:
    """Return a signal's figures as HTML by their names in a template, "" where none was drawn.

    Args:
        figures: SVG text by name.
        shown: The name in `figures` and the description, by the name in the template.
        signal: The signal.
    """
    images = {}
    for place, (name, text) in shown.items():
        images[place] = image(figures[name], f"{text} for {signal.name}") if name in figures else ""
    return images


def file_name(name: str, sha256: str) -> str:
    """Return a signal's name as a part of a path: letters, digits, - and _ alone.

    Example:
        >>> file_name("my clip.wav", "0123456789abcdef")
        'my_clip_wav-01234567'
    """
    plain = "".join(c if c.isalnum() or c in "-_" else "_" for c in name)
    return f"{plain[:60]}-{sha256[:8]}"


def position(run: Run, signal: Signal, point: Point) -> dict[str, float]:
    """Return a point's s0 in rad/unit and s1, and s0 and K as shares of Nyquist.

    They are NaN where the network has no noise scales.
    """
    if point.scales is None:
        return dict.fromkeys(("s0", "s1", "s0_share", "bandwidth_share"), math.nan)
    s0, s1 = point.scales
    limit = nyquist(max(signal.shape))
    k = bandwidth(s0, s1, width=run.scale.width, in_features=len(signal.shape))
    return {"s0": s0, "s1": s1, "s0_share": s0 / limit, "bandwidth_share": k / limit}


def _db(value: float | None, form: str = ".1f") -> str:
    if value is None or math.isnan(value):
        return "–"
    text = format(value, form)
    # A value that rounds to zero has no sign.
    return text if any(c in "123456789" for c in text) else format(0.0, form)
