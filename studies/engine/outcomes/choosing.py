"""Choose a signal's optimum among the points that were tried.

The optimum is chosen on one set of seeds and scored on another, so that the luck of the winner
stays out of the score.
"""

import math
from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import NamedTuple

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
        candidates: The points among which the choosing seeds decide.
        optimum: The chosen point. None while it cannot be known.
        compared: The points that are scored beside it.
        always: The points that are fitted in any case, before or while it is searched.
    """

    tried: Mapping[Point, float]
    candidates: Sequence[Point]
    optimum: Point | None
    compared: Sequence[Point]
    always: Sequence[Point] = ()


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


def best_on(state: SignalState, candidates: Sequence[Point], seeds: Sequence[int]) -> Point | None:
    """Return the candidate with the largest mean over `seeds`, None while a score is missing."""
    means = [state.mean(point, seeds) for point in candidates]
    if not candidates or any(map(math.isnan, means)):
        return None
    return candidates[means.index(max(means))]


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
