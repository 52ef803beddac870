"""Make tables for the terminal, at most 80 columns wide."""

import math
from collections.abc import Mapping, Sequence

from rich import box
from rich.table import Table

from analysis.grid.summary import Summary
from analysis.reporting.report import Results
from studies.engine.planning.study import Run
from studies.engine.signals.signal import Signal


def summary_table(run: Run, summaries: Sequence[Summary]) -> Table:
    """Return a table of what each signal's best cell gains over Eqn. 11, in dB."""
    rule = run.scale.rules[0]
    seeds = " and ".join(map(str, run.scoring_seeds))
    table = wide_table(
        f"Peak PSNR in dB. SIREN, Eqn. 11 ({rule}) and the best cell are means over seeds "
        f"{seeds}, which the grid that chose the cell did not use. "
        "dead: fits within 1 dB of zero output; div: diverged; *: on the edge of the grid."
    )
    table.add_column(run.noun, no_wrap=True, ratio=1, overflow="ellipsis")
    for name in ("psi", "zero\noutput", "SIREN", "Eqn. 11", "best\ncell", "at s0, s1", "gain"):
        table.add_column(name, justify="right", no_wrap=True)
    table.add_column("dead\n/div", justify="right", no_wrap=True)
    for s in summaries:
        best = s.best
        scales = best.point.scales if best else None
        at = f"{short(scales.s0)}, {short(scales.s1)}" if scales else "-"
        if scales and s.map.best_at_edge:
            at += "*"
        table.add_row(
            s.signal.name,
            f"{s.signal.descriptors['psi']:.3f}",
            f"{s.signal.psnr_zero:.1f}",
            number(s.siren.mean),
            number(s.rule.mean),
            number(best.mean if best else math.nan),
            at,
            number(s.difference, "+.1f"),
            f"{s.statuses['dead']}/{s.statuses['diverged']}",
        )
    return table


def plan_table(run: Run, signals: Sequence[Signal], missing: Mapping[str, int]) -> Table:
    """Return a table of the signals and of the number of their fits that are still to run.

    Args:
        run: the run.
        signals: its signals.
        missing: the number of fits to run, by the signal's sha256.
    """
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False)
    table.add_column(run.noun, no_wrap=True)
    last = "size" if run.media == "image" else "Hz"
    for name in ("psi", "samples", "crop", "from", last, "to run"):
        table.add_column(name, justify="right", no_wrap=True)
    for signal in signals:
        table.add_row(
            signal.name,
            f"{signal.descriptors['psi']:.4f}",
            f"{signal.num_samples:,}",
            signal.crop,
            f"{signal.crop_start:,}",
            " x ".join(map(str, signal.image_shape or ()))
            if signal.sample_rate is None
            else f"{signal.sample_rate:,.0f}",
            str(missing[signal.sha256]),
        )
    return table


def status_table(results: Results) -> Table:
    """Return a table of the progress of every signal."""
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False)
    table.add_column(results.run.noun, no_wrap=True)
    counted = {"dead": "dead", "diverged": "div.", "partial": "part.", "failed": "failed"}
    for name in ("done", "of", *counted.values(), "best so far"):
        table.add_column(name, justify="right", no_wrap=True)
    for signal in results.signals:
        done = results.done[signal.sha256]
        peaks = [
            row["metric_psnr_peak"]
            for row in results.rows[signal.sha256].values()
            if row["status"] == "ok"
        ]
        statuses = results.statuses(signal)
        table.add_row(
            signal.name,
            str(done),
            str(done + results.missing[signal.sha256]),
            *(str(statuses[name]) for name in counted),
            f"{max(peaks):.1f} dB" if peaks else "-",
        )
    return table


def wide_table(caption: str, title: str | None = None) -> Table:
    """Return an empty table of 80 columns, the least width of a terminal."""
    return Table(
        title=title,
        title_justify="left",
        box=box.SIMPLE_HEAD,
        pad_edge=False,
        padding=(0, 0, 0, 1),
        width=80,
        caption=caption,
        caption_justify="left",
    )


def number(value: float, form: str = ".1f") -> str:
    """Format decibels with one digit, NaN as a dash."""
    if math.isnan(value):
        return "-"
    return format(round(value, 1) + 0.0, form)  # adding 0.0 turns -0.0 into 0.0


def short(value: float) -> str:
    """Format a scale with about three digits."""
    return f"{value:.0f}" if value >= 100 else f"{value:.3g}"
