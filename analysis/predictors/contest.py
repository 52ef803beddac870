"""Judge predictors of the best (s0, s1) by their regret on maps, as they are and with a prior.

A predictor chooses the point of a signal's map with its highest score. Its regret is the PSNR of
the map's best point minus that of the chosen one. The best point has the highest mean over the
seeds that judge. These leave out the first seed, on which short fits are read. A rule chooses the
map's point that is nearest to its own in (log K, log g). Axes of arrays: s signal, p point, k seed.
"""

from collections.abc import Mapping
from typing import Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray

from analysis.predictors.maps import Maps
from analysis.predictors.prior import WEIGHTS, with_prior
from analysis.predictors.scores import Scores
from analysis.regret.paired import saving
from analysis.regret.stored import HELD_OUT, RuleRegret, held_out_tables
from analysis.statistics.intervals import Interval, holm, mean_interval, p_value
from analysis.statistics.ranks import rank_correlation
from analysis.surfaces.surfaces import share_and_gain
from inr_models import InputError
from search_spaces.rules import EQN11_SCALED, EVEN_LAW, RULES, Rule
from search_spaces.rules.table import Table

Array = NDArray[np.float64]

Form = Literal["as_it_is", "with_prior", "baseline"]

REFERENCE = f"{HELD_OUT}{EVEN_LAW}"
"""`EVEN_LAW`, fitted without the signal's recording: others are compared with it."""

PRIOR = "prior_alone"


class Entry(NamedTuple):
    """Holds how a predictor or a rule does.

    Attributes:
        predictor: its name.
        form: whether the prior of other recordings was added.
        chosen: [s, k] the index of the chosen point, by the seed that judges it.
        regret: [s, k] in dB.
        correlation: [s, k] Spearman's rank correlation of scores and PSNR over points. NaN for a
            rule, and where all scores are equal.
        weights: [s, k] the predictor's weight in dB beside the prior, NaN without a prior.
        seconds: what one point of one signal costs in seconds, NaN where nothing is computed.
    """

    predictor: str
    form: Form
    chosen: NDArray[np.int_]
    regret: Array
    correlation: Array
    weights: Array
    seconds: float


class Standing(NamedTuple):
    """Sets an entry beside `EVEN_LAW` and the others.

    Attributes:
        entry: the entry.
        regret: the mean in dB.
        excess: its regret minus that of `REFERENCE` in dB.
        p_value: of an excess of 0, which pays for all entries but `REFERENCE` itself.
    """

    entry: Entry
    regret: Interval
    excess: Interval
    p_value: float


def contest(scores: Mapping[str, Scores], maps: Maps, held_out: Rule) -> list[Entry]:
    """Return how all predictors do in both forms, and how the baselines do.

    Args:
        scores: Of the predictors, by name.
        maps: The maps that judge.
        held_out: The points of `EVEN_LAW`, see `held_out_rule`.
    """
    entries = []
    for name, (of_points, seconds) in scores.items():
        total, weights = with_prior(of_points, maps.psnr, maps.recordings, WEIGHTS)
        alone = judged(name, "as_it_is", of_points, maps)
        beside = judged(name, "with_prior", total, maps)._replace(weights=weights)
        entries += [alone._replace(seconds=seconds), beside._replace(seconds=seconds)]
    nothing = np.zeros(maps.psnr.shape[:2])
    prior, _ = with_prior(nothing, maps.psnr, maps.recordings, (0.0,))
    entries.append(judged(PRIOR, "baseline", prior, maps))
    rules = {name: RULES[name] for name in (EQN11_SCALED, EVEN_LAW)} | {REFERENCE: held_out}
    for name, rule in rules.items():
        of_rule = judged(name, "baseline", nearness_to(rule, maps), maps)
        # A rule gives a point, and does not order the others.
        entries.append(of_rule._replace(correlation=np.full_like(of_rule.regret, np.nan)))
    return entries


def held_out_rule(results: str) -> Table:
    """Return the points of `EVEN_LAW`, fitted without each signal's recording.

    Raises:
        InputError: the folder has none.

    Example:
        >>> from analysis.surfaces.stored import BENCHMARK
        >>> len(held_out_rule(BENCHMARK).points) > 10
        True
    """
    tables = held_out_tables(results)
    if REFERENCE not in tables:
        why = f"no held-out points of {EVEN_LAW}; run `python -m analysis.rule_fitting` first."
        raise InputError.at("not-there", results, why)
    return Table(points=tables[REFERENCE])


def judged(name: str, form: Form, scores: Array, maps: Maps) -> Entry:
    """Return how scores do on maps.

    Args:
        name: Of the predictor.
        form: Of the scores.
        scores: [s, p], or [s, p, k] where they differ by the seed that judges.
        maps: The maps.
    """
    by_seed = np.broadcast_to(scores.reshape(*scores.shape[:2], -1), maps.psnr.shape)
    chosen = by_seed.argmax(axis=1)
    best = maps.psnr.mean(axis=2).argmax(axis=1)
    regret, correlation = np.empty(chosen.shape), np.empty(chosen.shape)
    for s, k in np.ndindex(chosen.shape):
        psnr = maps.psnr[s, :, k]
        regret[s, k] = psnr[best[s]] - psnr[chosen[s, k]]
        correlation[s, k] = rank_correlation(by_seed[s, :, k], psnr)
    unknown = np.full(chosen.shape, np.nan)
    return Entry(name, form, chosen, regret, correlation, weights=unknown, seconds=np.nan)


def nearness_to(rule: Rule, maps: Maps) -> Array:
    """Return minus the squared distance [s, p] of points to a rule's point in (log K, log g).

    Args:
        rule: The rule.
        maps: The maps whose points it is compared with.
    """
    scores = []
    for target in maps.targets:
        points = np.log([share_and_gain(target, point) for point in maps.points])
        away = points - np.log(share_and_gain(target, rule(target)))
        scores.append(-(away**2).sum(axis=1))
    return np.array(scores)


def regrets_of(entry: Entry, maps: Maps) -> RuleRegret:
    """Return the regrets of an entry by signal and seed. The name says its form.

    Args:
        entry: A predictor in one form.
        maps: The maps that it chose on.
    """
    name = f"{entry.predictor} + prior" if entry.form == "with_prior" else entry.predictor
    return RuleRegret(
        name,
        signals=tuple(target.sha256 for target in maps.targets),
        by_seed=[dict(zip(maps.seeds, row, strict=True)) for row in entry.regret.tolist()],
        recordings=maps.recordings,
        psi=np.array([target.descriptors["psi"] for target in maps.targets]),
    )


def excess(one: Entry, other: Entry, maps: Maps) -> Interval:
    """Return by how many dB one entry's regret is larger than another's, on average.

    Args:
        one: A predictor in one form.
        other: The one that it is compared with.
        maps: The maps that both chose on.
    """
    return -saving(regrets_of(one, maps), regrets_of(other, maps))


def standings(entries: list[Entry], maps: Maps) -> list[Standing]:
    """Return all entries beside `EVEN_LAW`, the least mean regret first.

    Args:
        entries: All entries, of which `REFERENCE` is one.
        maps: The maps that they chose on.
    """
    (reference,) = (entry for entry in entries if entry.predictor == REFERENCE)
    ordered = sorted(entries, key=lambda entry: float(entry.regret.mean()))
    beside = [excess(entry, reference, maps) for entry in ordered]
    # The reference has no excess over itself, and its NaN does not count.
    p_values = holm([p_value(interval) for interval in beside])
    all_standings = []
    for entry, interval, p in zip(ordered, beside, p_values, strict=True):
        mean = mean_interval(regrets_of(entry, maps).by_seed, maps.recordings)
        all_standings.append(Standing(entry, mean, interval, p))
    return all_standings
