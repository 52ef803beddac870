"""Compute regret: how many dB a rule's point lies below a signal's optimum, on fresh seeds.

The choosing seeds choose the optimum. The scoring seeds, the same for all points, score it and the
rules. So a regret is the mean of paired differences. It may be negative, since a search need not
find the best point.
"""

import functools
import math
import statistics
from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import NamedTuple

import numpy as np

from analysis.regret.single_fits import SingleFits, single_fits
from analysis.statistics.intervals import Interval, mean_interval, p_value, paired_interval
from studies.engine.outcomes.choosing import Choice, Confirmation
from studies.engine.outcomes.landscape import landscape
from studies.engine.outcomes.signal_state import SignalState
from studies.engine.planning.points import Point
from studies.engine.planning.run import Run
from studies.engine.signals.signal import Signal
from studies.engine.store.store import Curve

NEAR_DB = (0.5, 1.0)


class Regret(NamedTuple):
    """Hold a rule's regret on one signal. `by_seed` is optimum minus rule in dB by scoring seed."""

    signal: Signal
    rule: str
    rule_point: Point
    optimum: Point
    at_rule: SingleFits
    at_optimum: SingleFits
    by_seed: Mapping[int, float]
    choosing_seeds: Sequence[int]
    interval: Interval
    claimed: float
    """The lead over the rule in dB that the search's own seeds claim for its best point."""
    curse: float
    """How much of that lead in dB is gone on the choosing seeds: the winner's curse."""
    dead: int
    """Number of the rule's scoring fits that are dead (`store/dead.py`) or diverged."""
    at_rim: bool
    """Whether the optimum is at the rim of the space, so that a better point may lie beyond."""

    @property
    def is_optimum(self) -> bool:
        """Whether the rule's point is the optimum itself, so that the regret is 0 by definition."""
        return self.rule_point.network == self.optimum.network

    @property
    def capped_by_seed(self) -> dict[int, float]:
        """The regret in dB by scoring seed, each fit's PSNR capped at `CAP_DB`."""
        pairs = zip(self.at_optimum.capped, self.at_rule.capped, strict=True)
        return dict(zip(self.by_seed, (best - rule for best, rule in pairs), strict=True))

    @property
    def capped_db(self) -> float:
        """The mean of the capped regret in dB over the scoring seeds."""
        return statistics.fmean(self.capped_by_seed.values())


class RuleSummary(NamedTuple):
    """Hold a rule's regrets in dB over all signals, and the shares within 0.5 and 1 dB.

    `p_value` is that of no regret, from the interval over recordings and seeds. `capped` is the
    regret with each fit's PSNR capped at `CAP_DB`. `tenth_percentile` is the mean over signals of
    the PSNR in dB that nine of ten single fits exceed.
    """

    rule: str
    num_signals: int
    interval: Interval
    capped: Interval
    tenth_percentile: float
    median: float
    worst: float
    dead: int
    """Number of the rule's scoring fits that are dead or diverged."""
    p_value: float
    shares: tuple[float, ...]
    curse: float
    """The mean of the winner's curse over signals, in dB."""


def scoring_keys(
    states: Sequence[SignalState], choices: Sequence[Choice], seeds: Confirmation
) -> list[str]:
    """Return the keys of all fits that score an optimum or a rule."""
    keys = []
    for state, choice in zip(states, choices, strict=True):
        for point in [*([choice.optimum] if choice.optimum else []), *state.rule_points]:
            keys += state.keys(point, seeds.scoring_seeds)
    return keys


def regrets(
    state: SignalState,
    choice: Choice,
    seeds: Confirmation,
    curves: Mapping[str, Curve] = MappingProxyType({}),
) -> list[Regret]:
    """Return the regret of each rule of the run on one signal.

    Args:
        state: The signal.
        choice: How its optimum was chosen.
        seeds: The seeds that choose and score the optimum.
        curves: The training curves of `scoring_keys`, by key.

    Returns:
        The regrets in the order of the points, without rules that lack scores. There is none
        until the optimum has its scores.
    """
    best = choice.optimum
    if best is None:
        return []
    top = state.scores(best, seeds.scoring_seeds)
    rules = [point for point in state.points if point.kind == "rule"]
    values = {point: state.mean(point, state.run.scale.map_seeds) for point in rules}
    tried = {**choice.tried, **values}
    leader = max(tried, key=lambda point: tried[point])
    at_rim = _at_rim(state, best)
    drawn = functools.partial(state.run.scale.drawn_seed, state.signal.sha256)
    at_optimum = single_fits(state, best, seeds.scoring_seeds, curves)
    regrets = []
    for point in rules:
        rule = state.scores(point, seeds.scoring_seeds)
        differences = tuple(b - r for b, r in zip(top, rule, strict=True))
        if any(map(math.isnan, differences)):
            continue
        claimed = tried[leader] - values[point]
        # The leader won on the map's seeds, partly by luck. The choosing seeds have none of it. A
        # candidate that was clearly behind has only the first of them.
        ahead, behind = (state.scores(p, seeds.choosing_seeds) for p in (leader, point))
        fresh = [a - b for a, b in zip(ahead, behind, strict=True) if math.isfinite(a - b)]
        regrets.append(
            Regret(
                signal=state.signal,
                rule=point.name,
                rule_point=point,
                optimum=best,
                at_rule=single_fits(state, point, seeds.scoring_seeds, curves),
                at_optimum=at_optimum,
                by_seed=dict(zip(map(drawn, seeds.scoring_seeds), differences, strict=True)),
                choosing_seeds=[*map(drawn, seeds.choosing_seeds)],
                interval=paired_interval(differences),
                claimed=claimed,
                curse=claimed - statistics.fmean(fresh) if fresh else math.nan,
                dead=_num_dead(state, point, seeds.scoring_seeds),
                at_rim=at_rim,
            )
        )
    return regrets


def _num_dead(state: SignalState, point: Point, seeds: Sequence[int]) -> int:
    return sum(row["status"] in ("dead", "empty", "diverged") for row in state.stored(point, seeds))


def _at_rim(state: SignalState, point: Point) -> bool:
    """Return whether a point is within 5 % of an end of the space.

    s1 = 0 is no end: nothing lies below it.
    """
    assert point.scales
    bounds = state.run.grid.bounds(max(state.signal.shape))
    (s0_low, s0_high), (s1_low, s1_high) = bounds
    s0, s1 = point.scales
    if s0_low > 0 < s0:  # s0 is searched by its logarithm
        s0_low, s0, s0_high = math.log(s0_low), math.log(s0), math.log(s0_high)
    near = []
    for value, low, high, is_floor in (
        (s0, s0_low, s0_high, False),
        (s1, s1_low, s1_high, s1_low == 0),
    ):
        margin = 0.05 * (high - low)
        near.append(
            low < high and (value > high - margin or (value < low + margin and not is_floor))
        )
    return any(near)


def summarize_rules(
    run: Run,
    by_signal: Sequence[Sequence[Regret]],
    recordings: Mapping[str, str] = MappingProxyType({}),
) -> list[RuleSummary]:
    """Return a summary of each rule over the signals that have its regret, in the run's order.

    Args:
        run: The run.
        by_signal: The regrets of each signal.
        recordings: The recording of each signal, by the signal's name. A signal that is missing
            counts as its own recording.
    """
    summaries = []
    for rule in run.scale.rules:
        of_rule = [r for regrets in by_signal for r in regrets if r.rule == rule]
        if of_rule:
            means = [r.interval.mean for r in of_rule]
            cut_from = [recordings.get(r.signal.name, r.signal.source) for r in of_rule]
            interval = mean_interval([r.by_seed for r in of_rule], cut_from)
            summaries.append(
                RuleSummary(
                    rule=rule,
                    num_signals=len(of_rule),
                    interval=interval,
                    capped=mean_interval([r.capped_by_seed for r in of_rule], cut_from),
                    tenth_percentile=statistics.fmean(r.at_rule.tenth_percentile for r in of_rule),
                    median=statistics.median(means),
                    worst=max(means),
                    dead=sum(r.dead for r in of_rule),
                    p_value=p_value(interval),
                    shares=tuple(statistics.fmean(m <= near for m in means) for near in NEAR_DB),
                    curse=statistics.fmean(r.curse for r in of_rule),
                )
            )
    return summaries


def share_of_cells_near_best(state: SignalState) -> float:
    """Return the share of the grid's cells within 1 dB of its best: Fig. 6's "not sensitive".

    A cell counts by its mean over the seeds that all cells have. A cell that diverged is not near.
    The share is NaN where there is no such seed.
    """
    cells = landscape(state)
    whole = ~np.isin(cells.status, ("", "failed")).any(axis=(0, 1))
    if not whole.any() or np.isnan(cells.psnr[:, :, whole]).all():
        return math.nan
    mean = np.nan_to_num(cells.psnr[:, :, whole], nan=-math.inf).mean(axis=2)
    return float((mean >= mean.max() - 1.0).mean())
