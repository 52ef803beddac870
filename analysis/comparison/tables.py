"""Make the tables of a comparison: for the terminal, at most 80 columns wide, and as Parquet."""

import math
from collections.abc import Sequence

from rich.table import Table

from analysis.comparison.published import EPOCHS, MARKS, is_papers, left_out
from analysis.comparison.standings import CaseSummary, Comparison
from analysis.comparison.without_network import TRANSFORM, TRANSFORM_EXACT, TRANSFORM_REMARK
from analysis.reporting.parquet import parquet_bytes
from analysis.reporting.tables import add_numbers, number, wide_table
from inr_models.shown import count
from studies.engine.planning.run import Run


def comparison_table(comparison: Comparison, caption: str = "") -> Table:
    """Return the table of one signal: every network's PSNR and cost, and the paper's figure.

    Args:
        comparison: The standings on one signal.
        caption: The text below the table.
    """
    signal = comparison.signal
    with_paper = any(s.paper for s in comparison.standings)
    psi = signal.descriptors["psi"]
    scores = f"zero output {signal.psnr_zero:.1f} dB"
    if signal.psnr_constant is not None:
        scores += f", best constant {signal.psnr_constant:.1f} dB"
    title = f"{signal.name}: {scores}, psi {psi:.3f}"
    table = wide_table(caption, title, numbers=("",))
    table.add_column("network", no_wrap=True, ratio=1, overflow="ellipsis")
    with_held_out = any(s.held_out for s in comparison.standings)
    optional = [*(["held\nout"] if with_held_out else []), *(["paper"] if with_paper else [])]
    add_numbers(table, "PSNR (dB)", *optional, "params", "ms an\nepoch", "GFLOP\nan epoch")
    table.add_column("", no_wrap=True, max_width=16, overflow="ellipsis")
    for s in comparison.standings:
        deviation = "" if math.isnan(s.deviation) else f" ± {s.deviation:.1f}"
        table.add_row(
            str(s.rank or "-"),
            s.point.name,
            number(s.mean) + deviation,
            *([number(s.held_out_mean)] if with_held_out else []),
            *([str(s.paper or "")] if with_paper else []),
            "-" if s.parameters is None else f"{s.parameters:,}",
            number(1e3 * s.seconds_per_epoch),
            "-" if s.flops_per_epoch is None else f"{s.flops_per_epoch / 1e9:.3g}",
            s.remark,
        )
    if known := comparison.transformed:
        table.add_row(
            "-",
            TRANSFORM,
            "-" if known.is_exact else number(known.psnr),
            *["-"] * len(optional),
            f"{known.numbers:,}",
            "-",
            "-",
            TRANSFORM_EXACT if known.is_exact else TRANSFORM_REMARK,
        )
    return table


def cases_table(run: Run, totals: Sequence[CaseSummary], caption: str) -> Table:
    """Return the table of all signals, a row a case.

    Args:
        run: The run.
        totals: Each network over all signals.
        caption: The text below the table.
    """
    num = totals[0].num_signals
    table = wide_table(
        caption,
        f"all {num} {run.noun}s",
        named="network",
        numbers=("dB behind\nthe best", "first", "ranked"),
    )
    for case in totals:
        table.add_row(case.name, number(case.behind), str(case.wins), f"{case.ranked} of {num}")
    return table


def caption(run: Run, comparisons: Sequence[Comparison]) -> str:
    """Return what the numbers are, the marks that occur, and the paper's missing targets.

    Args:
        run: The run.
        comparisons: The standings on each signal.
    """
    lines = [
        f"Peak PSNR in dB, mean ± standard deviation over {count(run.scale.seeds, 'seed')}. No "
        "rank: a fit is missing, failed, diverged, or is dead, less than 1 dB above the best "
        "constant."
    ]
    if any(one.transformed for one in comparisons):
        lines.append(
            f"{TRANSFORM}: those of a discrete cosine transform, in at most as many numbers as the "
            "largest network has, a value and a place each."
        )
    if run.scale.hold_out:
        lines.append("held out: the mean PSNR over the samples that are left out of the fit.")
    shown = "".join(s.paper.marks for c in comparisons for s in c.standings if s.paper)
    lines += [f"{mark} {meaning}." for mark, meaning in MARKS.items() if mark in shown]
    lines += unavailable(run, comparisons)
    return " ".join(lines)


def unavailable(run: Run, comparisons: Sequence[Comparison]) -> list[str]:
    """Return sentences on the paper's figures that are not shown, at the paper's scale.

    Args:
        run: The run.
        comparisons: The standings on each signal.
    """
    if run.scale_name != "paper" or run.study not in EPOCHS:
        return []
    if not is_papers(run):
        return [f"The paper's figures are for {EPOCHS[run.study]:,} epochs, so they are not shown."]
    unavailable, others = left_out(run.study, [c.signal for c in comparisons])
    lines = []
    if unavailable:
        lines.append(f"These targets of the paper are not available: {', '.join(unavailable)}.")
    if others:
        lines.append(f"These are not among the {run.noun}s: {', '.join(others)}.")
    return lines


def comparison_parquet(comparisons: Sequence[Comparison]) -> bytes:
    """Return a Parquet file with a row a signal and network: what the tables show, unrounded."""
    rows = [
        {
            "signal": c.signal.name,
            "sha256": c.signal.sha256,
            "point": s.point.name,
            "case": s.point.case,
            "network": s.point.network.network,
            "kind": s.point.kind,
            "rank": s.rank,
            "psnr_mean": s.mean,
            "psnr_deviation": s.deviation,
            "psnr_by_seed": list(s.peaks),
            "psnr_held_out_by_seed": list(s.held_out),
            "psnr_zero": c.signal.psnr_zero,
            "psnr_constant": c.signal.psnr_constant,
            "num_dead": s.statuses["dead"],
            "num_diverged": s.statuses["diverged"],
            "num_failed": s.statuses["failed"],
            "psnr_dct": c.transformed.psnr if c.transformed else None,
            "parameters": s.parameters,
            "seconds_per_epoch": s.seconds_per_epoch,
            "flops_per_epoch": s.flops_per_epoch,
            "psnr_paper": s.paper.psnr if s.paper else None,
            "paper_mark": s.paper.marks if s.paper else None,
        }
        for c in comparisons
        for s in c.standings
    ]
    return parquet_bytes(rows)
