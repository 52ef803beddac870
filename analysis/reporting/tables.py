"""The terminal's tables, at most 80 columns wide."""

import math
from collections.abc import Mapping, Sequence

from rich import box
from rich.table import Table

from analysis.grid.summary import Summary
from analysis.reporting.report import Results
from studies.engine.planning.study import Run
from studies.engine.signals.signal import Signal
from studies.engine.store.metrics import headline


def summary_table(run: Run, summaries: Sequence[Summary]) -> Table:
    """The answer in a table: what each signal's best cell gains over Eqn. 11, in dB."""
    rule = run.scale.rules[0]
    seeds = " and ".join(map(str, run.scoring_seeds))
    table = wide_table(
        f"Peak PSNR in dB. SIREN, Eqn. 11 ({rule}) and the best cell are means over seeds "
        f"{seeds}, which the grid that chose the cell did not use. "
        "dead: fits within 1 dB of zero output; div: diverged; *: on the grid's rim."
    )
    table.add_column(run.noun, no_wrap=True, ratio=1, overflow="ellipsis")
    for name in ("psi", "zero\noutput", "SIREN", "Eqn. 11", "best\ncell", "at s0, s1", "gain"):
        table.add_column(name, justify="right", no_wrap=True)
    table.add_column("dead\n/div", justify="right", no_wrap=True)
    for s in summaries:
        best = s.best
        scales = best.point.scales if best else None
        rim = "*" * s.map.best_at_edge
        at = f"{short(scales.s0)}, {short(scales.s1)}{rim}" if scales else "-"
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
    """What each signal is, and how many of its fits are to run, by sha256."""
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
            " x ".join(map(str, signal.shape))
            if signal.sample_rate is None
            else f"{signal.sample_rate:,.0f}",
            str(missing[signal.sha256]),
        )
    return table


def status_table(results: Results) -> Table:
    """How far every signal is."""
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False)
    table.add_column(results.run.noun, no_wrap=True)
    counted = {"dead": "dead", "diverged": "div.", "partial": "part.", "failed": "failed"}
    for name in ("done", "of", *counted.values(), "best so far"):
        table.add_column(name, justify="right", no_wrap=True)
    for signal in results.signals:
        done = results.done[signal.sha256]
        peaks = [
            headline(row) for row in results.rows[signal.sha256].values() if row["status"] == "ok"
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
    """A table as wide as a terminal is at least."""
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
    """Decibels to one digit, a dash for NaN."""
    return "-" if math.isnan(value) else format(round(value, 1) + 0.0, form)  # no "-0.0"


def short(value: float) -> str:
    """A scale in three digits or so."""
    return f"{value:.0f}" if value >= 100 else f"{value:.3g}"
