"""Choose a signal's optimum among the points that were tried.

The optimum is chosen on one set of seeds and scored on another, so that the luck of the winner
stays out of the score. Candidates that are clearly behind leave the choice early, so that close
ones can have more seeds.
"""

import math
from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from studies.engine.outcomes.signal_state import SignalState
from studies.engine.planning.points import Point


class Confirmation(NamedTuple):
    """How an optimum is confirmed.

    Args:
        choosing_seeds: The seeds that choose it among the candidates.
        scoring_seeds: The seeds that score it. They do not choose.
        top: How many of the best points that were tried are candidates.
    """

    choosing_seeds: tuple[int, ...]
    scoring_seeds: tuple[int, ...]
    top: int


class Choice(NamedTuple):
    """How a signal's optimum is chosen.

    Args:
        tried: The points that were tried to find it, best first, with their mean PSNR in dB over
            the map's seeds.
        optimum: The chosen point. None while it cannot be known.
        compared: The points that are scored beside it.
        always: The points that are fitted in any case, before or while it is searched.
        rounds: How the choosing seeds chose it.
    """

    tried: Mapping[Point, float]
    optimum: Point | None
    compared: Sequence[Point]
    always: Sequence[Point] = ()
    rounds: Sequence["Round"] = ()


def suggested_means(state: SignalState) -> dict[Point, float]:
    """Return the points that a search knew or suggested, best first, with the mean PSNR in dB."""
    means = {}
    for suggestion in state.suggestions:
        if suggestion.value is not None:
            means[state.point_at(suggestion.scales)] = suggestion.value
    return dict(sorted(means.items(), key=lambda item: item[1], reverse=True))


def top_candidates(state: SignalState, tried: Mapping[Point, float], top: int) -> list[Point]:
    """Return the `top` points that were tried, the best cell of the grid and every rule's point."""
    best_first = list(tried)
    cells = [point for point in best_first if point.kind == "grid"]
    by_network = {}
    for point in [*best_first[:top], *cells[:1], *state.rule_points]:
        by_network[point.network] = point
    return list(by_network.values())


ROUNDS = (2, 5, 10, 20, 50)
"""After so many choosing seeds the candidates that are clearly behind leave."""

ERROR = 0.01
"""The probability with which a round of a race may lose the best candidate."""

LEAST_NOISE_DB = 0.3
"""A race takes the differences of fits on equal seeds to be at least this noisy."""


class Round(NamedTuple):
    """Hold the candidates that are left in a round, and the choosing seeds that they need."""

    left: Sequence[Point]
    seeds: Sequence[int]


class Race(NamedTuple):
    """Hold the rounds of a choice, up to the first that lacks a score, and its winner or None."""

    rounds: Sequence[Round]
    winner: Point | None


def race(state: SignalState, candidates: Sequence[Point], seeds: Sequence[int]) -> Race:
    """Choose the candidate with the largest mean over the choosing seeds, by elimination.

    After each of `ROUNDS` seeds, the candidates leave that are significantly behind the leader.
    This is subset selection (Gupta 1965, doi 10.1080/00401706.1965.10490251) on common random
    numbers: if the noise is normal and equal, the best candidate stays with probability
    1 - `ERROR` in every round.

    Args:
        state: The signal, with the scores that are known.
        candidates: The points to choose from.
        seeds: The choosing seeds, in the order in which they are used.
    """
    left, leader, rounds = list(candidates), None, list[Round]()
    for num in [*(num for num in ROUNDS if num < len(seeds)), len(seeds)]:
        rounds.append(Round(left, seeds[:num]))
        scores = np.array([state.scores(point, seeds[:num]) for point in left])
        if not left or np.isnan(scores).any():
            return Race(rounds, None)
        leader = left[int(scores.mean(axis=1).argmax())]
        left = [left[i] for i in np.flatnonzero(not_behind(scores))]
        if len(left) == 1:
            break
    return Race(rounds, leader)


def not_behind(scores: NDArray[np.float64], error: float = ERROR) -> NDArray[np.bool_]:
    """Return which candidates [c] are not significantly behind the leader.

    Args:
        scores: [c, s] PSNR in dB of every candidate on every seed.
        error: The probability with which the best candidate may be behind.
    """
    from scipy.special import stdtrit  # `status` imports this module, and SciPy takes its time

    num, num_seeds = scores.shape
    means = scores.mean(axis=1)
    if num < 2 or num_seeds < 2:
        return np.ones(num, bool)
    quantile = float(stdtrit((num - 1) * (num_seeds - 1), 1 - error / (num - 1)))
    margin = quantile * max(noise_of(scores), LEAST_NOISE_DB) * math.sqrt(2 / num_seeds)
    return means >= means.max() - margin


def noise_of(scores: NDArray[np.float64]) -> float:
    """Return the standard deviation in dB of a fit's noise.

    Seeds shift all candidates together, so the noise is what is left when the candidates' means
    and the seeds' effects are taken out. Effects and the noise's deviation are estimated by
    medians, which dead fits do not change.

    Args:
        scores: [c, s] PSNR in dB of two or more candidates on two or more seeds.

    Example:
        >>> round(noise_of(np.array([[30.0, 31.0, 32.0], [40.0, 41.0, 42.0]])), 9)
        0.0
    """
    noise = scores - scores.mean(axis=1, keepdims=True)
    noise -= np.median(noise, axis=0)
    degrees = (scores.shape[0] - 1) * (scores.shape[1] - 1)
    # 1.4826 makes the median deviation of normal noise its standard deviation.
    return 1.4826 * float(np.median(np.abs(noise))) * math.sqrt(noise.size / degrees)


def best_tuned(state: SignalState, seeds: Sequence[int]) -> list[Point]:
    """Return, for each case of a comparison, the point that scores best on the tuning `seeds`.

    Cases whose published point is the best are left out, and so are cases with a missing score.
    """
    if not seeds:
        return []
    by_case: dict[str, dict[Point, float]] = defaultdict(dict)
    for point in state.points:
        by_case[point.case][point] = state.mean(point, seeds)
    winners = []
    for means in by_case.values():
        if not any(map(math.isnan, means.values())):
            winner = max(means, key=lambda point: means[point])
            if winner.kind == "tuning":
                winners.append(winner)
    return winners
