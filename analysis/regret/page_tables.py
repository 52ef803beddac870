"""Make the tables of the page of a search or a rule check."""

import math
import statistics
from collections.abc import Mapping, Sequence

from analysis.grid.page_tables import best_first
from analysis.regret.proxy import Proxy
from analysis.regret.regret import Regret, RuleSummary
from analysis.regret.single_fits import CAP_DB
from analysis.reporting.marks import Mark
from analysis.reporting.page_table import SCALES, Cell, Column, PageTable, point_columns
from analysis.reporting.report import position
from analysis.statistics.intervals import mark as mark_of
from search_spaces.rules import RECOMMENDED
from studies.engine.outcomes.signal_state import SignalState
from studies.engine.planning.points import Point
from studies.engine.planning.run import Run
from studies.engine.signals.signal import Signal


def by_signal(
    run: Run, signals: Sequence[Signal], regrets: Sequence[Sequence[Regret]]
) -> PageTable:
    """Return every rule's regret on every signal, the least regret of a signal first."""
    columns = [
        Column(run.noun),
        Column("psi", ".4f"),
        Column("rule"),
        Column("PSNR at rule (dB)"),
        Column("10th percentile (dB)"),
        Column("at optimum (dB)"),
        Column("regret (dB)", "+.1f", is_main=True),
        Column("95 % from", "+.1f"),
        Column("to", "+.1f"),
        Column(f"capped at {CAP_DB:g} dB (dB)", "+.1f"),
        Column("claimed (dB)", "+.1f"),
        Column("remark"),
    ]
    rows: list[list[Cell]] = []
    for signal, own in zip(signals, regrets, strict=True):
        start: list[Cell] = [signal.name, signal.descriptors["psi"]]
        if not own:
            rows.append([*start, *[None] * 9, "its optimum is not confirmed yet"])
        for regret in sorted(own, key=lambda r: r.interval.mean):
            rows.append([*start, *_regret_cells(regret)])
    return PageTable(columns, rows, num_grouped=2)


def _regret_cells(regret: Regret) -> list[Cell]:
    remarks = []
    i = regret.interval
    interval: list[Cell] = [i.mean, i.low, i.high]
    if regret.is_optimum:
        interval = [None, None, None]
        remarks.append("is the optimum")
    if regret.dead:
        remarks.append(f"{regret.dead} fits dead")
    if regret.at_rim:
        remarks.append("optimum at the rim")
    return [
        named(regret.rule),
        regret.at_rule.mean,
        regret.at_rule.tenth_percentile,
        regret.at_optimum.mean,
        *interval,
        None if regret.is_optimum else regret.capped_db,
        regret.claimed,
        ", ".join(remarks),
    ]


def named(rule: str) -> str:
    """Return a rule's name, which says if it is the recommended one.

    Example:
        >>> named("spectrum")
        'spectrum'
    """
    return f"{rule} (recommended)" if rule == RECOMMENDED else rule


def over_signals(totals: Sequence[RuleSummary]) -> PageTable:
    """Return every rule over all signals, the least mean regret first."""
    columns = [
        Column("rule"),
        Column("mean regret (dB)", "+.2f", is_main=True),
        Column("95 % from", "+.1f"),
        Column("to", "+.1f"),
        Column(f"capped at {CAP_DB:g} dB (dB)", "+.2f"),
        Column("10th percentile (dB)"),
        Column("median", "+.1f"),
        Column("worst", "+.1f"),
        Column("p", ".2g"),
        Column("within 0.5 dB (share)", ".0%"),
        Column("within 1 dB (share)", ".0%"),
        Column("dead fits"),
        Column("curse (dB)", "+.1f"),
        Column(""),
    ]
    rows: list[list[Cell]] = []
    for t in sorted(totals, key=lambda total: total.interval.mean):
        i = t.interval
        rows.append(
            [
                named(t.rule), i.mean, i.low, i.high, t.capped.mean, t.tenth_percentile, t.median,
                t.worst, t.p_value, *t.shares, t.dead, t.curse, mark_of(i),
            ]
        )  # fmt: skip
    return PageTable(columns, rows)


def points(
    state: SignalState,
    rules: Sequence[Mark],
    optimum: Point | None,
    values: Mapping[Point, float],
) -> PageTable:
    """Return where the rules and the optimum of a signal lie, the largest PSNR first.

    Args:
        state: The signal.
        rules: The marks of its rules.
        optimum: Its optimum, None while it is not known.
        values: The mean PSNR in dB on the map's seeds by point.
    """
    value_at = {point.scales: value for point, value in values.items()}

    def row(name: str, shown_as: str, point: Point) -> list[Cell]:
        at = position(state.run, state.signal, point).values()
        return [name, shown_as, value_at.get(point.scales), *at]

    point_at = {point.scales: point for point in reversed(state.rule_points)}
    rows = [row(m.text, str(m.number), point_at[m.scales]) for m in rules if m.scales in point_at]
    if optimum:
        rows.append(row(f"optimum (of the {optimum.kind})", "ring", optimum))
    return PageTable(point_columns("PSNR (dB), map's seeds"), best_first(rows, 2))


def tried(values: Mapping[Point, float]) -> PageTable:
    """Return every point of a map, which the page shows as a figure alone."""
    columns = [Column("kind"), *SCALES, Column("PSNR (dB)", ".2f")]
    rows: list[list[Cell]] = []
    for point, value in values.items():
        if point.scales:
            rows.append([point.kind, *point.scales, value])
    return PageTable(columns, best_first(rows, 3))


def short_fits(run: Run, proxies: Sequence[Proxy]) -> PageTable:
    """Return how well short fits rank the points of a signal."""
    columns = [
        Column("epochs", ","),
        Column("share", ".0%"),
        Column(f"{run.noun}s"),
        Column("rank correlation, mean", ".2f"),
        Column("least", ".2f"),
        Column("dB lost, mean"),
        Column("most"),
    ]
    rows: list[list[Cell]] = []
    for proxy in proxies:
        lost = [value for value in proxy.lost if math.isfinite(value)]
        rows.append(
            [
                proxy.epochs,
                proxy.epochs / run.scale.fit.epochs,
                len(proxy.lost),
                statistics.fmean(proxy.correlations),
                min(proxy.correlations),
                statistics.fmean(lost) if lost else None,
                max(proxy.lost),
            ]
        )
    return PageTable(columns, rows)
