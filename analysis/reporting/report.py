"""Write a report: one HTML file that stands alone, for screen, phone and print."""

import datetime
import math
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from analysis.reporting.drawing import Drawing, image
from analysis.reporting.page_table import PageTable, shown
from search_spaces.bandwidth import bandwidth, nyquist
from search_spaces.rules import RECOMMENDED
from studies.engine.outcomes.notes import notes_on
from studies.engine.outcomes.results import Results
from studies.engine.planning.points import Point
from studies.engine.planning.run import Run
from studies.engine.signals.signal import Signal

if TYPE_CHECKING:
    import jinja2


def environment(package: str, *, autoescape: bool = False) -> "jinja2.Environment":
    """Return what reads the templates of a package. An unknown name in a template is an error.

    Args:
        package: The package, whose folder `templates` has them.
        autoescape: Whether values become safe text of HTML.
    """
    import jinja2  # here, because `status` imports this module and must be fast

    return jinja2.Environment(
        loader=jinja2.PackageLoader(package),
        autoescape=autoescape,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )


def render(template: str, results: Results, now: datetime.datetime, **values: Any) -> str:
    """Return a page as HTML.

    Args:
        template: The name of a file in `templates`.
        results: All that is stored of the run.
        now: The time that the page shows.
        values: What this template needs beside what all pages show.
    """
    templates = environment("analysis.reporting", autoescape=True)
    templates.filters["db"] = shown
    code = {f"{row['versions']}, commit {row['commit'] or 'unknown'}" for row in results.all_rows}
    return templates.get_template(template).render(
        run=results.run,
        how=_facts(results.run),
        notes=notes_on(results.run, results.signals),
        done=results.num_done,
        total=results.num_done + results.num_missing,
        results=results.store.results,
        written_at=f"{now:%Y-%m-%d %H:%M}",
        code=sorted(code),
        recommended=RECOMMENDED,
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


def drawn_images(
    figures: Mapping[str, Drawing], places: Mapping[str, tuple[str, str]], signal: Signal
) -> dict[str, str]:
    """Return a signal's figures as HTML by their names in a template, "" where none was drawn.

    Args:
        figures: Figures by name.
        places: The name in `figures` and the description, by the name in the template.
        signal: The signal.
    """
    images = {}
    for place, (name, text) in places.items():
        images[place] = image(figures[name], f"{text} for {signal.name}") if name in figures else ""
    return images


def file_name(name: str, sha256: str) -> str:
    """Return a signal's name as a part of a path: letters, digits, - and _ alone.

    Args:
        name: The signal's name.
        sha256: The hash of its samples, which keeps names apart.

    Example:
        >>> file_name("my clip.wav", "0123456789abcdef")
        'my_clip_wav-01234567'
    """
    plain = "".join(c if c.isalnum() or c in "-_" else "_" for c in name)
    return f"{plain[:60]}-{sha256[:8]}"


def position(run: Run, signal: Signal, point: Point) -> dict[str, float]:
    """Return a point's s0 in rad/unit and s1, and s0 and K as shares of Nyquist.

    They are NaN where the network has no noise scales.

    Args:
        run: The run, which has the network's width.
        signal: The signal.
        point: The point.
    """
    if point.scales is None:
        return dict.fromkeys(("s0", "s1", "s0_share", "bandwidth_share"), math.nan)
    s0, s1 = point.scales
    limit = nyquist(max(signal.shape))
    k = bandwidth(s0, s1, width=run.scale.width, in_features=len(signal.shape))
    return {"s0": s0, "s1": s1, "s0_share": s0 / limit, "bandwidth_share": k / limit}


def paper_files(
    figures: Mapping[str, Drawing], tables: Mapping[str, PageTable]
) -> dict[str, bytes]:
    """Return a report's figures as SVG and PDF, and its tables as CSV and LaTeX.

    The keys are paths beside the page.

    Args:
        figures: Figures by the name of their file.
        tables: Tables by the name of their file.
    """
    files: dict[str, bytes] = {}
    for name, drawing in figures.items():
        files[f"figures/{name}.svg"] = drawing.svg.encode()
        files[f"figures/{name}.pdf"] = drawing.pdf
    for name, table in tables.items():
        files[f"tables/{name}.csv"] = table.csv()
        files[f"tables/{name}.tex"] = table.latex()
    return files


def svg_texts(figures: Mapping[str, Drawing]) -> dict[str, str]:
    """Return the SVG text of every figure by its name."""
    return {name: drawing.svg for name, drawing in figures.items()}
