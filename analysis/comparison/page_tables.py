"""Make the tables of a comparison's page."""

from collections.abc import Sequence

from analysis.comparison.standings import CaseSummary, Comparison
from analysis.reporting.page_table import Cell, Column, PageTable


def over_signals(totals: Sequence[CaseSummary]) -> PageTable:
    """Return every network over all signals, the least behind first."""
    columns = [
        Column("network"),
        Column("dB behind the best", is_main=True),
        Column("first"),
        Column("ranked on"),
        Column("of"),
    ]
    return PageTable(columns, [(t.name, t.behind, t.wins, t.ranked, t.num_signals) for t in totals])


def standings(comparison: Comparison) -> PageTable:
    """Return every network on one signal, the best first."""
    with_held_out = any(s.held_out for s in comparison.standings)
    with_paper = any(s.paper for s in comparison.standings)
    columns = [Column("network"), Column("rank"), Column("PSNR (dB)", is_main=True), Column("±")]
    if with_held_out:
        columns.append(Column("held out (dB)"))
    if with_paper:
        columns.append(Column("paper (dB)"))
    columns += [
        Column("above zero output (dB)", "+.1f"),
        Column("parameters", ","),
        Column("width"),
        Column("ms an epoch", ".3g"),
        Column("GFLOP an epoch", ".3g"),
        Column("remark"),
    ]
    rows: list[list[Cell]] = []
    for s in comparison.standings:
        row: list[Cell] = [s.point.name, s.rank, s.mean, s.deviation]
        if with_held_out:
            row.append(s.held_out_mean)
        if with_paper:
            row.append(str(s.paper or ""))
        row += [
            s.mean - comparison.signal.psnr_zero,
            s.parameters,
            s.point.network.width,
            1000 * s.seconds_per_epoch,
            None if s.flops_per_epoch is None else s.flops_per_epoch / 1e9,
            s.remark,
        ]
        rows.append(row)
    for name, known in comparison.baselines.items():
        row = [name, None, known.shown_psnr, None]
        if with_held_out:
            row.append(None)
        if with_paper:
            row.append(None)
        above = None if known.is_exact else known.psnr - comparison.signal.psnr_zero
        rows.append([*row, above, known.numbers, None, None, None, known.remark])
    return PageTable(columns, rows)
