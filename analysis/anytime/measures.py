"""Measure what a few fits are worth besides the answer: a network in hand, short fits, races."""

import math
from collections.abc import Iterator, Sequence
from itertools import combinations

import numpy as np
from scipy import stats

from analysis.anytime.maps import Priors, ReplayMap, nearest_point
from analysis.anytime.replay import (
    Split,
    points_and_seeds,
    regrets,
    restarts,
    splits,
    with_prior,
)
from analysis.anytime.stored import Row, row_of
from analysis.predictors.contest import held_out_rule
from analysis.prior.landscapes import Landscape
from analysis.statistics.ranks import rank_correlation
from analysis.surfaces.stored import stored_maps, usual_setting
from search_spaces.prior.belief import log_share_and_gain
from search_spaces.prior.landscape_prior import samples_per_parameter
from search_spaces.rules import EVEN_LAW, RULES
from studies.engine.planning.scale import FIRST_CHOOSING_SEED
from studies.engine.store.metrics import HEADLINE
from studies.engine.store.store import Store

NEAR_DB = 4.0
"""Ranks matter near the top alone: of points at most so far below the best one."""

RACED = 20
"""Points of a search that are raced on all seeds but the scoring one."""

WORSE = float(stats.norm.ppf(0.99))
"""A point leaves a race if it is worse with a probability of 99 %."""

SIZE_FITS = (0, 1, 3, 5, 8)


def hand_rows(one: ReplayMap, priors: Priors) -> Iterator[Row]:
    """Yield by how many dB the best network in hand beats one fit of the rule's point.

    The fits are: the rule's point on other seeds, other points on one seed, or both. That one fit
    counts as the mean over seeds.

    Args:
        one: The map of one signal.
        priors: The priors of all folds.
    """
    num = len(one.seeds)
    alone = one.psnr[one.start].mean()
    prior = priors.without(one.landscape.recording, None)
    for observed in range(num):
        order = [(observed + step) % num for step in range(num)]
        values = one.psnr[:, observed]
        tried = with_prior(one, prior, values, num).tried
        played = {
            "the rule's point, other seeds": restarts(one, order),
            "other points, one seed": values[tried].tolist(),
            "other points and seeds": points_and_seeds(one, prior, order),
        }
        for method, psnr in played.items():
            for fits in range(1, num + 1):
                gained = max(psnr[:fits]) - alone
                yield row_of(one, "hand", method, observed, gained, fits=fits)


def short_rows(one: ReplayMap) -> Iterator[Row]:
    """Yield how well short fits rank points, and the regret of the best point of short fits."""
    for observed in range(len(one.seeds)):
        psnr = one.psnr[:, observed]
        near = psnr > psnr.max() - NEAR_DB
        for epochs, table in one.short.items():
            short = table[:, observed]
            for measure, kept in (("rank", np.full(len(psnr), True)), ("rank near", near)):
                if kept.sum() > 2 and np.ptp(short[kept]) > 0:
                    rank = rank_correlation(short[kept], psnr[kept])
                    yield row_of(one, measure, "short", observed, rank, fits=0, epochs=epochs)
    for split in splits(len(one.seeds)):
        for epochs, table in [*one.short.items(), (300, one.psnr)]:
            best = int(table[:, split.observed].argmax())
            lost = regrets(one, split, [best])[0]
            yield row_of(one, "best short", "short", split, lost, fits=0, epochs=epochs)


def race_rows(
    one: ReplayMap, split: Split, method: str, tried: Sequence[int], noise: float
) -> Iterator[Row]:
    """Yield what a race between the seeds of each point saves, and what it loses.

    The points come in the order of a search, and each has the seeds in turn. A point leaves if a
    paired test says that it is worse than the best one so far. The loss is that of the point with
    the highest mean of those that stayed.

    Args:
        one: The map.
        split: The scoring seed does not run.
        method: The search.
        tried: Its points.
        noise: The variance of a fit in dB².
    """
    seeds = [split.observed, *split.choosing]
    num_fits, best = 0, tried[0]
    for place in tried:
        stays = True
        for count in range(1, len(seeds) + 1):
            num_fits += 1
            ahead = (one.psnr[place, seeds[:count]] - one.psnr[best, seeds[:count]]).mean()
            if place != best and ahead < -WORSE * math.sqrt(2 * noise / count):
                stays = False
                break
        if stays and one.psnr[place, seeds].mean() > one.psnr[best, seeds].mean():
            best = place
    whole = max(tried, key=lambda place: one.psnr[place, seeds].mean())
    lost = one.psnr[whole, split.scoring] - one.psnr[best, split.scoring]
    saved = 1 - num_fits / len(tried) / len(seeds)
    yield row_of(one, "race: dB lost", method, split, lost, fits=len(tried))
    yield row_of(one, "race: share saved", method, split, saved, fits=len(tried))


def other_sizes(priors: Priors) -> list[Row]:
    """Return regrets on the maps of other sizes, read from the seed that the search observes."""
    rows = []
    for landscape in priors.landscapes:
        if len(landscape.seeds) > 1:
            continue
        prior = priors.without(landscape.recording, None)
        known = np.isfinite(prior.at(landscape.target, landscape.points).mean)
        landscape = landscape._replace(
            scales=landscape.scales[known],
            points=landscape.points[known],
            psnr=landscape.psnr[known],
        )
        rule = np.array([RULES[EVEN_LAW](landscape.target)])
        at = log_share_and_gain(landscape.target, rule)[0]
        one = ReplayMap(landscape, nearest_point(landscape.points, at), {})
        values = landscape.psnr[:, 0]
        answers = with_prior(one, prior, values, SIZE_FITS[-1]).answers
        for fits in SIZE_FITS:
            lost = values.max() - values[answers[fits]]
            row = row_of(one, "size", "prior", 0, lost, fits=fits)
            rows.append(row._replace(setting=size_of(landscape)))
    return rows


def size_of(landscape: Landscape) -> str:
    """Return the size of a signal and its network in words."""
    target = landscape.target
    shape = " x ".join(map(str, target.shape))
    ratio = samples_per_parameter(target)
    return f"{shape} samples, {target.depth} x {target.width}, n/p {ratio:.2g}"


def own_seeds(results: str, recordings: str | None = None) -> list[Row]:
    """Return what restarts of the rule's point gain, where every signal has seeds of its own.

    These fits were trained to score the rule. So no two signals share a seed.

    Args:
        results: A results folder.
        recordings: A CSV file of recordings, see `stored_maps`. None for the folder's own.
    """
    store = Store(results, create=False)
    where = {"network": "siren2", **usual_setting(store)}
    columns = ["sha256", "hp_s0", "hp_s1", "seed", "status", HEADLINE.column]
    psnr: dict[tuple[str, float, float], list[float]] = {}
    for fit in store.fits(columns=columns, where=where).to_pylist():
        if fit["seed"] >= FIRST_CHOOSING_SEED and fit["status"] in ("ok", "dead"):
            at = (fit["sha256"], fit["hp_s0"], fit["hp_s1"])
            psnr.setdefault(at, []).append(fit[HEADLINE.column])
    rows = []
    rule = held_out_rule(results)
    for number, one in enumerate(stored_maps(results, recordings).maps):
        scales = rule(one.target)
        values: list[float] = []
        for (sha256, s0, s1), of_point in psnr.items():
            if sha256 == one.target.sha256 and np.allclose((s0, s1), scales, rtol=1e-5):
                values = of_point
        if len(values) < 5:
            continue
        for fits in range(1, 6):
            drawn = [max(chosen) for chosen in combinations(values, fits)]
            gained = float(np.mean(drawn) - np.mean(values))
            seed = 1000 + number
            rows.append(
                Row(
                    "own seeds", "the rule's point, other seeds", "", fits, 300,
                    one.target.sha256, one.recording, seed, gained,
                )
            )  # fmt: skip
    return rows
