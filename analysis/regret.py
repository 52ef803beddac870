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

from analysis.choosing import Rows, mean_over, optimum, scores
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
    """What the search alone would claim: its best mean minus the rule's, on its own seeds."""
    curse: float
    """`claimed` minus the same point's lead over the rule on the choosing seeds."""
    at_rim: bool
    """Whether the optimum is at the rim of the space: a better point may lie beyond."""


class Cost(NamedTuple):
    """What was spent on a signal until its optimum was known."""

    fits: int
    epochs: int
    seconds: float


class Overall(NamedTuple):
    """A rule over all signals: means in dB, a paired test, the shares within 0.5 and 1 dB."""

    rule: str
    num_signals: int
    psnr_rule: float
    psnr_optimum: float
    interval: Interval
    p_value: float
    shares: tuple[float, ...]
    curse: float
    """The winner's curse, in the mean over signals."""


def regrets(run: Run, signal: Signal, rows: Rows) -> list[Regret]:
    """One for each rule of the run; none until its optimum and its scores are there."""
    best = optimum(run, signal, rows)
    if best is None:
        return []
    top = scores(run, signal, best, rows, run.scoring_seeds)
    values = objective(known_points(run, signal, rows), range(run.scale.seeds))
    leader = max(values, key=lambda point: values[point])
    by_network = {point.network: value for point, value in values.items()}
    found = []
    for point in (p for p in points(run, signal) if p.kind == "rule"):
        rule = scores(run, signal, point, rows, run.scoring_seeds)
        differences = tuple(b - r for b, r in zip(top, rule, strict=True))
        if any(map(math.isnan, differences)):
            continue
        claimed = values[leader] - by_network.get(point.network, math.nan)
        afresh = [mean_over(run, signal, p, rows, run.choosing_seeds) for p in (leader, point)]
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
                claimed=claimed,
                curse=claimed - (afresh[0] - afresh[1]),
                at_rim=_at_rim(run, signal, best),
            )
        )
    return found


def _at_rim(run: Run, signal: Signal, point: Point) -> bool:
    """Within 5 % of an end of the space; s1 = 0 is none, since nothing lies below it."""
    assert point.scales
    (s0_low, s0_high), (s1_low, s1_high) = run.scale.grid.bounds(signal.num_samples)
    s0, s1 = point.scales
    share = math.log(s0 / s0_low) / math.log(s0_high / s0_low) if s0_low > 0 < s0 else 0.5
    high = (s1 - s1_low) / (s1_high - s1_low) > 0.95 if s1_high > s1_low else False
    low = s1_low > 0 and s1 < s1_low + 0.05 * (s1_high - s1_low)
    return not 0.05 <= share <= 0.95 or high or low


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
                    psnr_rule=statistics.fmean(r.psnr_rule for r in mine),
                    psnr_optimum=statistics.fmean(r.psnr_optimum for r in mine),
                    interval=resampled_interval(means, [r.signal.source for r in mine]),
                    p_value=paired_p_value(means),
                    shares=tuple(statistics.fmean(m <= near for m in means) for near in NEAR_DB),
                    curse=statistics.fmean(r.curse for r in mine),
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
