"""Replay races between the seeds of the points that a search suggests, on maps of many points."""

import math
from collections.abc import Iterator, Sequence

import numpy as np
import optuna
from optuna.distributions import BaseDistribution
from optuna.samplers import TPESampler
from scipy.special import stdtrit

from analysis.anytime.maps import ReplayMap
from benchmarks.optuna_studies import space_of, study_by
from benchmarks.racing_choices import LEVELS, Array, Race, Replayed
from studies.engine.outcomes.choosing import LEAST_NOISE_DB, noise_of

TRIALS, ROUND, TOP = 20, 4, 3
"""Suggestions of a search, its rounds, and how many of its points are candidates."""

LEAST_DEGREES = 4
"""A search races once its noise is known with so many degrees of freedom."""


def searches(one: ReplayMap) -> Iterator[Replayed]:
    """Yield what each race does to searches of a map on two and on three seeds.

    One more seed scores, and the others choose among the best points of the search and the rule's.
    """
    num = len(one.seeds)
    for scoring in range(num):
        others = [(scoring + step) % num for step in range(1, num)]
        for num_seeds in (2, num - 2):
            seeds, choosing = others[:num_seeds], others[num_seeds:]
            whole = searched(one, seeds, choosing, None)
            for level in LEVELS:
                race = searched(one, seeds, choosing, level)
                yield Replayed(
                    f"{num_seeds} seeds, {level:.0%}",
                    one.landscape.target.sha256,
                    one.landscape.recording,
                    one.seeds[scoring],
                    1 - race.num_fits / whole.num_fits,
                    float(one.psnr[whole.best, scoring] - one.psnr[race.best, scoring]),
                    race.steps,
                )


def searched(
    one: ReplayMap, seeds: Sequence[int], choosing: Sequence[int], level: float | None
) -> Race:
    """Return the point that a search with TPE chooses, and what the search needs.

    A suggestion that is behind leaves with the seeds that it has. TPE gets its mean without the
    effects of these seeds.

    Args:
        one: The map.
        seeds: The map's seeds of the search.
        choosing: The seeds that choose among its best points and the rule's.
        level: Of the one-sided test. None for no race.
    """
    start = float(one.psnr[one.start, seeds].mean())
    study, space = begun(one, start)
    tried, whole, means, num_fits = [one.start], [one.start], {one.start: start}, len(seeds)
    steps = 0
    for _ in range(TRIALS // ROUND):
        asked = [study.ask(space) for _ in range(ROUND)]
        known = one.psnr[np.ix_(whole, seeds)]
        complete, most = list(whole), 1
        for trial in asked:
            scales = np.array([trial.params["s0"], trial.params["s1"]])
            place = one.nearest(scales, tried)
            tried.append(place)
            own = one.psnr[place, seeds]
            count = len(seeds) if level is None else num_seeds_of(own, known, level)
            num_fits += count
            if level is not None:
                most = max(most, count)
            effects = np.median(known - known.mean(axis=1, keepdims=True), axis=0)
            if count == len(seeds):
                complete.append(place)
                effects = np.zeros(count)
            means[place] = float((own[:count] - effects[:count]).mean())
            study.tell(trial, means[place])
        whole, steps = complete, steps + most
    top = sorted(means, key=lambda place: means[place], reverse=True)[:TOP]
    best = max([*top, one.start], key=lambda place: one.psnr[place, choosing].mean())
    return Race(best, num_fits, steps / (TRIALS // ROUND))


def begun(one: ReplayMap, start: float) -> tuple[optuna.Study, dict[str, BaseDistribution]]:
    """Return a study of TPE that knows the rule's point, and its space.

    Args:
        one: The map.
        start: The PSNR in dB of the rule's point.
    """
    space = space_of(one)
    study = study_by(TPESampler(seed=0, multivariate=True, constant_liar=True), space)
    s0, s1 = one.landscape.scales[one.start].tolist()
    study.add_trial(
        optuna.create_trial(params={"s0": s0, "s1": s1}, distributions=space, value=start)
    )
    return study, space


def num_seeds_of(own: Array, known: Array, level: float) -> int:
    """Return after how many seeds a suggestion leaves a race.

    Args:
        own: [s] its scores.
        known: [c, s] the scores of the points that have all seeds.
        level: Of the one-sided test against the best of them. The noise is that of all of them.
    """
    degrees = (len(known) - 1) * (len(own) - 1)
    if degrees < LEAST_DEGREES:
        return len(own)
    leader = known[known.mean(axis=1).argmax()]
    noise = max(noise_of(known), LEAST_NOISE_DB)
    for count in range(1, len(own)):
        margin = float(stdtrit(degrees, 1 - level)) * noise * math.sqrt(2 / count)
        if (own[:count] - leader[:count]).mean() < -margin:
            return count
    return len(own)
