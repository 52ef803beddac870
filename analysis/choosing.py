"""Which points may be a signal's optimum, and which of them is: chosen on one set of seeds,
scored on another, so that the winner's luck stays out of the score."""

import math
import statistics
from collections.abc import Mapping, Sequence

from analysis.landscape import landscape
from studies.engine.known import known_points, objective
from studies.engine.plan import Point, points, rule_points, trial_of
from studies.engine.rows import Row
from studies.engine.signals import Signal
from studies.engine.study import Run

Rows = Mapping[str, Row]


def candidates(run: Run, signal: Signal, rows: Rows) -> list[Point]:
    """The points among which the choosing seeds decide.

    Of a grid its best cell, alone. Of a search its top points by their mean over the search's
    seeds, whichever study found them, the best cell of the grid where the store has cells, and
    every rule's point.
    """
    if not run.search:
        best = landscape(run, signal, rows).best
        return [best] if best else []
    values = objective(known_points(run, signal, rows), range(run.scale.seeds))
    ranked = sorted(values, key=lambda point: values[point], reverse=True)
    cells = [point for point in ranked if point.kind == "grid"]
    chosen = [*ranked[: run.search.top], *cells[:1], *rule_points(run, signal)]
    return list({point.network: point for point in chosen}.values())


def optimum(run: Run, signal: Signal, rows: Rows) -> Point | None:
    """The candidate of the largest mean over the choosing seeds; None while some are missing.

    A grid's best cell has been chosen already, by the grid's seeds.
    """
    found = candidates(run, signal, rows)
    if not run.choosing_seeds:
        return found[0] if found else None
    means = [mean_over(run, signal, point, rows, run.choosing_seeds) for point in found]
    if not found or any(map(math.isnan, means)):
        return None
    return found[means.index(max(means))]


def scores(
    run: Run, signal: Signal, point: Point, rows: Rows, seeds: Sequence[int]
) -> tuple[float, ...]:
    """A point's peak PSNR in dB on each seed: zero output's where it diverged or failed, NaN
    where there is none.
    """
    found = []
    for seed in seeds:
        row = rows.get(trial_of(run, signal, point, seed).key)
        if row is None or row["status"] == "partial":
            found.append(math.nan)
        else:
            usable = row["status"] in ("ok", "dead")
            found.append(float(row["metric_psnr_peak"]) if usable else signal.psnr_zero)
    return tuple(found)


def mean_over(run: Run, signal: Signal, point: Point, rows: Rows, seeds: Sequence[int]) -> float:
    """The mean of `scores`, NaN while any is missing."""
    return statistics.fmean(scores(run, signal, point, rows, seeds))


def compared(run: Run, signal: Signal) -> list[Point]:
    """What the optimum is compared with on the scoring seeds."""
    if run.search:
        return rule_points(run, signal)
    named = {point.name: point for point in points(run, signal)}
    return [named["siren"], named[run.scale.rules[0]]]
