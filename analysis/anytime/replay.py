"""Replay searches of one signal's map, and score what they answer.

Of the seeds of a map one is observed by the search, one scores, and the others choose the optimum.
Every seed takes every part in turn. Axes of arrays: p point, k seed.
"""

from collections.abc import Iterator, Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from analysis.anytime.maps import ReplayMap
from search_spaces.few_trials import next_place
from search_spaces.prior import Belief, LandscapePrior
from search_spaces.prior.gaussian import Gaussian, Tried
from search_spaces.prior.landscape_prior import DEPTH_DB
from search_spaces.rules import NoiseScales

Array = NDArray[np.float64]


class Split(NamedTuple):
    """Says which seed [k] of a map does what."""

    observed: int
    scoring: int
    choosing: tuple[int, ...]


class Trace(NamedTuple):
    """Holds what a search tried, and what it answers after 0, 1, 2 .. fits: points of the map."""

    tried: list[int]
    answers: list[int]


def splits(num_seeds: int) -> Iterator[Split]:
    """Yield every split of the seeds.

    Example:
        >>> len(list(splits(5)))
        20
    """
    for observed in range(num_seeds):
        for scoring in range(num_seeds):
            if scoring != observed:
                rest = tuple(k for k in range(num_seeds) if k not in (observed, scoring))
                yield Split(observed, scoring, rest)


def regrets(one: ReplayMap, split: Split, answers: Sequence[int]) -> Array:
    """Return by how many dB answers lie below the confirmed optimum, on the scoring seed.

    Args:
        one: The map of one signal.
        split: Which seeds choose the optimum, and which one scores.
        answers: Points of the map [a].
    """
    best = one.psnr[:, split.choosing].mean(axis=1).argmax()
    psnr = one.psnr[:, split.scoring]
    return psnr[best] - psnr[list(answers)]


def belief_in(one: ReplayMap, prior: LandscapePrior) -> tuple[Belief, Gaussian]:
    """Return what a prior knows of the points of a map.

    Args:
        one: The map of one signal.
        prior: A prior that was fitted without its recording.
    """
    scales = one.landscape.scales
    belief = Belief(one.landscape.target, NoiseScales(*scales[one.start].tolist()), prior)
    return belief, belief.moments(scales)


def with_prior(
    one: ReplayMap, prior: LandscapePrior, values: Array, fits: int, *, together: int = 1
) -> Trace:
    """Replay a search by the prior, as `studies.engine.search.prior_sampler` does it.

    Args:
        one: The map.
        prior: The prior.
        values: [p] the PSNR in dB that the search observes.
        fits: The number of fits.
        together: Suggestions that are made before their scores are known. The rule's point is
            scored before the first of them.
    """
    belief, known = belief_in(one, prior)
    tried, answers = [one.start], [one.start]
    for count in range(1, fits + 1):
        seen = Tried(tried[:count], values[tried[:count]].tolist())
        answers.append(seen.answer(known, belief.noise, DEPTH_DB, one.start))
        if len(tried) == count:
            running: list[int] = []
            for _ in range(together):
                waiting = seen._replace(running=running)
                running.append(waiting.suggested(known, belief.noise, DEPTH_DB))
            tried += running
    return Trace(tried[:fits], answers)


def answered_by(
    one: ReplayMap, prior: LandscapePrior, values: Array, tried: Sequence[int]
) -> list[int]:
    """Return what the prior answers after each fit of another search.

    Args:
        one: The map of one signal.
        prior: A prior that was fitted without its recording.
        values: [p] the PSNR in dB that the search observes.
        tried: The points that the search tried, in its order.
    """
    belief, known = belief_in(one, prior)
    answers = [one.start]
    for count in range(1, len(tried) + 1):
        seen = Tried(tried[:count], values[list(tried[:count])].tolist())
        answers.append(seen.answer(known, belief.noise, DEPTH_DB, one.start))
    return answers


def best_observed(one: ReplayMap, values: Array, tried: Sequence[int]) -> list[int]:
    """Return the best point that was observed so far, the rule's before the first fit.

    Args:
        one: The map of one signal.
        values: [p] the PSNR in dB that the search observes.
        tried: The points that the search tried, in its order.
    """
    answers = [one.start]
    for count in range(1, len(tried) + 1):
        answers.append(max(tried[:count], key=lambda place: values[place]))
    return answers


def restarts(one: ReplayMap, seeds: Sequence[int]) -> list[float]:
    """Return the PSNR of the rule's point on each seed.

    Args:
        one: The map of one signal.
        seeds: Places of seeds on the map's axis k.
    """
    return one.psnr[one.start, list(seeds)].tolist()


def points_and_seeds(one: ReplayMap, prior: LandscapePrior, seeds: Sequence[int]) -> list[float]:
    """Return the PSNR of the fits that `siren2_for(trials=...)` would make, one on each seed.

    Args:
        one: The map of one signal.
        prior: A prior that was fitted without its recording.
        seeds: Places of seeds on the map's axis k.
    """
    belief, known = belief_in(one, prior)
    tried = Tried()
    for seed in seeds:
        place = next_place(known, tried, belief, first=one.start)
        value = float(one.psnr[place, seed])
        tried = Tried([*tried.places, place], [*tried.values, value])
    return list(tried.values)
