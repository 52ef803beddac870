"""What a report is made of: one HTML file that stands alone, for screen, phone and print."""

import base64
import datetime
import html
import math
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import chain
from typing import Any, NamedTuple

from rich.table import Table

from search_spaces.bandwidth import bandwidth, nyquist
from studies.engine.outcomes.known_points import Suggestion
from studies.engine.planning.points import Point
from studies.engine.planning.study import Run
from studies.engine.signals.signal import Signal
from studies.engine.store.rows import Row
from studies.engine.store.store import Store


class Results(NamedTuple):
    """A run and all that is stored of it.

    `rows`, `done`, `missing` and `suggestions` go by sha256, a signal's rows by key.
    """

    run: Run
    signals: Sequence[Signal]
    rows: Mapping[str, Mapping[str, Row]]
    store: Store
    done: Mapping[str, int]
    missing: Mapping[str, int]
    suggestions: Mapping[str, Sequence[Suggestion]]
    importance: Callable[[Sequence[Suggestion]], Mapping[str, float]]
    """How much s0 and s1 matter, by Optuna; {} of too few points."""

    def statuses(self, signal: Signal) -> Counter[str]:
        """How many of a signal's fits ended how."""
        return Counter(row["status"] for row in self.rows[signal.sha256].values())

    @property
    def all_rows(self) -> Iterator[Row]:
        """Those of all signals."""
        return chain.from_iterable(rows.values() for rows in self.rows.values())


class Report(NamedTuple):
    """What a run came to: for the terminal, the browser, MLflow and notebooks."""

    tables: Sequence[Table]
    html: str
    numbers: Mapping[str, Mapping[str, float]]
    """A signal's numbers by name, by sha256."""
    figures: Mapping[str, str]
    """SVG text by a name that is good for a file."""
    files: Mapping[str, bytes]
    """What else is kept beside the run."""


def render(template: str, results: Results, now: datetime.datetime, **values: Any) -> str:
    """A page from one of `templates`, with what all of them show."""
    import jinja2  # not for `status`, which is to answer at once

    environment = jinja2.Environment(
        loader=jinja2.PackageLoader("analysis.reporting"),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters["db"] = _db
    code = {f"{row['versions']}, commit {row['commit'] or 'unknown'}" for row in results.all_rows}
    done = sum(results.done.values())
    return environment.get_template(template).render(
        run=results.run,
        done=done,
        total=done + sum(results.missing.values()),
        results=results.store.results,
        made=f"{now:%Y-%m-%d %H:%M}",
        code=sorted(code),
        **values,
    )


def image(svg: str, text: str) -> str:
    """A figure inside the page; `text` says what it shows to those who cannot see it."""
    data = base64.b64encode(svg.encode()).decode()
    return f'<img alt="{html.escape(text)}" src="data:image/svg+xml;base64,{data}">'


def file_name(name: str, sha256: str) -> str:
    """A signal's name with nothing in it that a path could stumble over."""
    plain = "".join(c if c.isalnum() or c in "-_" else "_" for c in name)
    return f"{plain[:60]}-{sha256[:8]}"


def position(run: Run, signal: Signal, point: Point) -> dict[str, float]:
    """A point's scales, raw and dimensionless."""
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
    # "-0.0" of what rounds to nothing.
    return text if any(c in "123456789" for c in text) else format(0.0, form)
