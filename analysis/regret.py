"""Regret: how many dB a rule's point lies below a signal's optimum, on fresh seeds.

The optimum was chosen on the choosing seeds; it and the rules are scored on the scoring seeds,
the same for all, so a regret is the mean of paired differences. It may be negative: a search
finds what it finds.
"""

import math
import statistics
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from analysis.choosing import Rows, optimum, scores
from analysis.intervals import Interval, paired_interval, paired_p_value, resampled_interval
from analysis.landscape import landscape
from studies.engine.known import Suggestion, known_points, objective
from studies.engine.plan import Point, points, trial_of
from studies.engine.signals import Signal
from studies.engine.study import Run

NEAR_DB = (0.5, 1.0)


class Regret(NamedTuple):
    """A rule on one signal. `differences` are optimum minus rule in dB, a scoring seed each."""

    signal: Signal
    rule: str
    rule_point: Point
    optimum: Point
    psnr_rule: float
    psnr_optimum: float
    differences: tuple[float, ...]
    interval: Interval
    claimed: float
    """What the search alone would have claimed: best mean minus the rule's, on its own seeds."""


class Cost(NamedTuple):
    """What was spent on a signal until its optimum was known."""

    fits: int
    epochs: int
    seconds: float


class Overall(NamedTuple):
    """A rule over all signals: mean regret, a paired test, and the shares within 0.5 and 1 dB."""

    rule: str
    num_signals: int
    interval: Interval
    p_value: float
    shares: tuple[float, ...]
    curse: float
    """Mean of claimed minus confirmed regret: the winner's curse."""


def regrets(run: Run, signal: Signal, rows: Rows) -> list[Regret]:
    """One for each rule of the run; none until its optimum and its scores are there."""
    best = optimum(run, signal, rows)
    if best is None:
        return []
    top = scores(run, signal, best, rows, run.scoring_seeds)
    values = objective(known_points(run, signal, rows), range(run.scale.seeds))
    by_network = {point.network: value for point, value in values.items()}
    claimed = max(values.values(), default=math.nan)
    found = []
    for point in (p for p in points(run, signal) if p.kind == "rule"):
        rule = scores(run, signal, point, rows, run.scoring_seeds)
        differences = tuple(b - r for b, r in zip(top, rule, strict=True))
        if not any(map(math.isnan, differences)):
            found.append(
                Regret(
                    signal=signal,
                    rule=point.name,
                    rule_point=point,
                    optimum=best,
                    psnr_rule=statistics.fmean(rule),
                    psnr_optimum=statistics.fmean(top),
                    differences=differences,
                    interval=paired_interval(differences),
                    claimed=claimed - by_network.get(point.network, math.nan),
                )
            )
    return found


def overall(run: Run, of_signals: Sequence[Sequence[Regret]]) -> list[Overall]:
    """Each rule over the signals that have a regret, in the order of the run's rules."""
    found = []
    for rule in run.scale.rules:
        mine = [r for regrets in of_signals for r in regrets if r.rule == rule]
        if mine:
            means = [r.interval.mean for r in mine]
            found.append(
                Overall(
                    rule=rule,
                    num_signals=len(mine),
                    interval=resampled_interval(means, [r.signal.source for r in mine]),
                    p_value=paired_p_value(means),
                    shares=tuple(statistics.fmean(m <= near for m in means) for near in NEAR_DB),
                    curse=statistics.fmean(r.claimed - r.interval.mean for r in mine),
                )
            )
    return found


def share_of_cells_near_best(run: Run, signal: Signal, rows: Rows) -> float:
    """The share of the grid's cells within 1 dB of its best: Fig. 6's "not sensitive".

    On the means over the grid's seeds; NaN where the store lacks cells.
    """
    mean = landscape(run, signal, rows).mean
    return math.nan if np.isnan(mean).any() else float((mean >= mean.max() - 1.0).mean())


def cost_to_find(
    run: Run, signal: Signal, rows: Rows, suggestions: Sequence[Suggestion], best: Point
) -> Cost:
    """All that was fitted on the search's seeds until the optimum was known.

    What was known before the search asked its first counts as found by it, all of it.
    """
    found = next((i for i, s in enumerate(suggestions) if s.scales == best.scales), -1)
    upto = {s.scales for i, s in enumerate(suggestions) if s.warm or i <= found}
    networks = [k.point for k in known_points(run, signal, rows) if k.point.scales in upto]
    keys = [
        trial_of(run, signal, point, seed).key
        for point in networks
        for seed in range(run.scale.seeds)
    ]
    spent = [rows[key] for key in keys if key in rows]
    return Cost(
        fits=len(spent),
        epochs=sum(row["num_epochs"] or 0 for row in spent),
        seconds=sum(row["seconds"] or 0.0 for row in spent),
    )
