"""Make the tables of a grid's page."""

import math
from collections.abc import Sequence

import numpy as np

from analysis.grid.between import Between
from analysis.grid.summary import Score, Summary
from analysis.reporting.marks import Mark
from analysis.reporting.page_table import SCALES, Cell, Column, PageTable, point_columns
from analysis.reporting.report import position
from studies.engine.outcomes.landscape import Landscape
from studies.engine.outcomes.signal_state import SignalState
from studies.engine.planning.run import Run


def gains(run: Run, summaries: Sequence[Summary], scoring_seeds: Sequence[int]) -> PageTable:
    """Return what each signal's best cell gains over Eqn. 11, the largest gain first.

    Args:
        run: The run.
        summaries: Each signal's best cell.
        scoring_seeds: The seeds that score the optimum.
    """
    columns = [
        Column(run.noun),
        Column("psi", ".4f"),
        Column("zero output (dB)"),
        Column("SIREN (dB)"),
        Column("Eqn. 11 (dB)"),
        Column("best cell (dB)"),
        Column("gain (dB)", "+.1f", is_main=True),
        *(Column(f"gain, seed {seed}", "+.1f") for seed in scoring_seeds),
        *SCALES,
        Column("remark"),
    ]
    ordered = sorted(
        summaries, key=lambda s: -math.inf if math.isnan(s.difference) else s.difference
    )
    return PageTable(columns, [_gain_row(s, len(scoring_seeds)) for s in reversed(ordered)])


def _gain_row(s: Summary, num_seeds: int) -> list[Cell]:
    bad = ("dead", "diverged", "failed")
    remarks = [f"{s.statuses[word]} fits {word}" for word in bad if s.statuses[word]]
    gain, by_seed = s.difference, s.differences or (None,) * num_seeds
    if s.best and s.best.point.network == s.rule.point.network:
        remarks.append("Eqn. 11 is the best cell")
        gain, by_seed = None, (None,) * num_seeds
    if s.map.best_at_edge:
        remarks.append("best cell on the rim")
    scales = s.best.point.scales if s.best else None
    return [
        s.signal.name,
        s.signal.descriptors["psi"],
        s.signal.psnr_zero,
        s.siren.mean,
        s.rule.mean,
        s.best.mean if s.best else None,
        gain,
        *by_seed,
        *(scales or (None, None)),
        ", ".join(remarks),
    ]


def points(state: SignalState, summary: Summary, rules: Sequence[Mark]) -> PageTable:
    """Return where plain SIREN, the rules and the best cell of a signal lie, best first.

    Args:
        state: The signal with its fits.
        summary: Its best cell.
        rules: The marks of its rules.
    """
    number_of = {name: str(mark.number) for mark in rules for name in mark.names}
    rows: list[list[Cell]] = []
    for point in state.points:
        if point.kind != "grid":
            score = summary.grid_scores[point.name]
            at = position(state.run, state.signal, point).values()
            rows.append([point.name, number_of.get(point.name, ""), score, *at])
    if summary.best and summary.best.point.cell:
        at = position(state.run, state.signal, summary.best.point).values()
        score = float(summary.map.mean[summary.best.point.cell])
        rows.append(["best cell", "frame", score, *at])
    return PageTable(point_columns("PSNR (dB), grid's seeds"), best_first(rows, 2))


def best_first(rows: Sequence[list[Cell]], column: int) -> list[list[Cell]]:
    """Return rows sorted by a number, the largest first. Those without it come last.

    Args:
        rows: The cells of each row.
        column: The number's place in a row.

    Example:
        >>> best_first([["a", 1.0], ["b", None], ["c", 2.0]], 1)
        [['c', 2.0], ['a', 1.0], ['b', None]]
    """

    def value(row: list[Cell]) -> float:
        cell = row[column]
        if isinstance(cell, str) or cell is None or math.isnan(cell):
            return -math.inf
        return cell

    return sorted(rows, key=value, reverse=True)


def cells(relief: Landscape) -> PageTable:
    """Return every cell of a map, which the page shows as a figure alone."""
    columns = [*SCALES, Column("PSNR (dB)", ".2f"), Column("statuses")]
    rows = []
    for (i, j), value in np.ndenumerate(relief.mean):
        statuses = ", ".join(sorted({*relief.status[i, j].tolist()} - {""}))
        rows.append([relief.s0[i], relief.s1[j], float(value), statuses])
    return PageTable(columns, rows)


def between(scores: Between) -> PageTable:
    """Return what is reached between the fitted samples of a signal."""

    def mean(score: Score | None) -> float | None:
        return score.mean if score else None

    rows: list[list[Cell]] = [
        ["zero output (of the fitted samples)", scores.zero],
        ["SIREN", scores.siren.mean],
        ["Eqn. 11", scores.rule.mean],
        ["the cell that fits best", mean(scores.fit_best)],
        ["the cell that is best here", mean(scores.best)],
        ["what the first of these cells loses here", scores.loss],
        ["how much better it fits", scores.fit_gain],
    ]
    if scores.band_limit is not None:
        rows.insert(0, ["without what lies above Nyquist of the fitted samples", scores.band_limit])
    return PageTable([Column("between the samples"), Column("held-out PSNR (dB)")], rows)
