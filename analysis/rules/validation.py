"""Measure families of rules on recordings and seeds that they were not fitted to.

A seed shifts the best points of all signals alike, so a rule that was fitted to a seed looks better
on it than it is. `validate` therefore leaves out recordings and seeds together. A choice between
families is made by an inner cross-validation over the remaining recordings, so it is validated as
well.
"""

import statistics
import zlib
from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from sklearn.model_selection import LeaveOneGroupOut, PredefinedSplit

from analysis.regret.paired import saving
from analysis.regret.stored import HELD_OUT, RuleRegret
from analysis.rules.families import Family, Points, recording_weights
from analysis.statistics.intervals import mean_interval
from analysis.surfaces.surfaces import Surfaces
from inr_models import InputError

Array = NDArray[np.float64]

FOLDS, INNER_FOLDS = 10, 5
"""The number of folds of recordings, and of those within the remaining recordings."""

CHOSEN, CHOSEN_PSI = "chosen", "chosen_psi"
"""The family that the inner cross-validation prefers: of all, and of those that know psi alone."""

AS_GOOD_DB = 0.25
"""A loss that no user would notice: fits of one point on two seeds differ by more."""

LEAST_RECORDINGS = 3
"""Two nested folds need so many recordings."""


class Validated(NamedTuple):
    """Hold a family's regret on recordings and seeds that it was not fitted to.

    Attributes:
        name: of the family, or `CHOSEN` or `CHOSEN_PSI`.
        by_seed: [s] its regret in dB by the seed that was left out, read from the surfaces.
        taken: [s] the family whose points these are. It varies only for a choice.
    """

    name: str
    by_seed: tuple[Mapping[int, float], ...]
    taken: tuple[str, ...]

    @property
    def regret(self) -> Array:
        """[s] regret in dB, the mean over the signal's seeds."""
        return np.array([statistics.fmean(of_signal.values()) for of_signal in self.by_seed])


class HeldOut(NamedTuple):
    """Hold a family's point of every signal by a fit without the signal's recording.

    Attributes:
        name: of the family, or `CHOSEN` or `CHOSEN_PSI`.
        shares: [s] K as a share of Nyquist.
        gains: [s] g.
        taken: [s] the family whose points these are.
    """

    name: str
    shares: Array
    gains: Array
    taken: tuple[str, ...]


def check_recordings(surfaces: Surfaces) -> None:
    """Raise InputError if there are fewer recordings than two nested folds need."""
    if (count := len(set(surfaces.recordings))) < LEAST_RECORDINGS:
        raise InputError.at(
            "too-few",
            "recording",
            f"{len(surfaces.targets)} landscapes, but the number of their recordings is {count}; "
            f"fit clips of {LEAST_RECORDINGS} recordings or more, because one is left out at a "
            "time.",
        )


def validate(families: Sequence[Family], surfaces: Surfaces) -> list[Validated]:
    """Return the regret of each family, and of the choices among them.

    The recordings are left out in `FOLDS` folds, and within each the seeds one by one: the
    constants are fitted to the other recordings on the other seeds, and the regret is that on the
    seed. If only one seed was fitted, or if the others have too few recordings, the seed stays in.

    Raises:
        InputError: there are fewer than 3 recordings.

    Example:
        >>> validate([constant("constant")], surfaces)[0].name
        'constant'
    """
    check_recordings(surfaces)
    num = len(surfaces.targets)
    regrets: dict[str, list[dict[int, float]]] = {}
    taken: dict[str, list[str]] = {}
    for seed in sorted({seed for of_signal in surfaces.effects for seed in of_signal}):
        known = surfaces.without_seed(seed)
        if len(set(known.recordings)) < LEAST_RECORDINGS:
            known = surfaces
        for test in _folds(surfaces.recordings, FOLDS):
            out = {surfaces.recordings[i] for i in test}
            rest = np.flatnonzero([recording not in out for recording in known.recordings])
            held_out = surfaces.subset(test)
            for name, (family, points) in _points(families, known.subset(rest), held_out).items():
                by_signal = regrets.setdefault(name, [{} for _ in range(num)])
                of_name = taken.setdefault(name, [""] * num)
                by_seed = held_out.points(*points).by_seed
                for i, of_signal in zip(test, by_seed, strict=True):
                    of_name[i] = family
                    if seed in of_signal:
                        by_signal[i][seed] = of_signal[seed]
    return [Validated(name, tuple(regrets[name]), tuple(taken[name])) for name in regrets]


def held_out_points(families: Sequence[Family], surfaces: Surfaces) -> list[HeldOut]:
    """Return the points of each family, and of the choices, by fits without the recording.

    Every recording is left out in turn, with all clips that were cut from it. The fits know all
    seeds of the maps, so these points are for training on others.

    Raises:
        InputError: there are fewer than 3 recordings.

    Example:
        >>> held_out_points([constant("constant")], surfaces)[0].gains
    """
    check_recordings(surfaces)
    num = len(surfaces.targets)
    points: dict[str, Array] = {}
    taken: dict[str, list[str]] = {}
    for rest, out in LeaveOneGroupOut().split(np.zeros(num), groups=surfaces.recordings):
        of_families = _points(families, surfaces.subset(rest), surfaces.subset(out))
        for name, (family, of_family) in of_families.items():
            points.setdefault(name, np.full((2, num), np.nan))[:, out] = of_family
            of_name = taken.setdefault(name, [""] * num)
            for i in out:
                of_name[i] = family
    held_out = []
    for name, (shares, gains) in points.items():
        held_out.append(HeldOut(name, shares, gains, tuple(taken[name])))
    return held_out


def _points(
    families: Sequence[Family], rest: Surfaces, held_out: Surfaces
) -> dict[str, tuple[str, Points]]:
    """Return the points of each family and choice, and the family that they come from, by name."""
    points = {}
    for family in families:
        points[family.name] = (family.name, family.fit(rest).points(held_out))
    candidates = [family for family in families if family.num_constants]
    regrets = cross_validated(candidates, rest)
    for name, regret_of in (
        (CHOSEN, regrets),
        (CHOSEN_PSI, {f.name: regrets[f.name] for f in candidates if f.knows_psi_alone}),
    ):
        if regret_of:
            points[name] = points[min(regret_of, key=lambda family: regret_of[family])]
    return points


def cross_validated(families: Sequence[Family], surfaces: Surfaces) -> dict[str, float]:
    """Return the mean regret in dB of each family over recordings that it was not fitted to.

    There are `INNER_FOLDS` folds of recordings, or one for each recording where these are few.

    Example:
        >>> from analysis.rules.families import constant
        >>> list(cross_validated([constant("constant")], surfaces))
        ['constant']
    """
    weights = recording_weights(surfaces.recordings)
    regrets = {family.name: 0.0 for family in families}
    for out in _folds(surfaces.recordings, INNER_FOLDS):
        rest, held_out = np.setdiff1d(np.arange(len(weights)), out), surfaces.subset(out)
        for family in families:
            points = family.fit(surfaces.subset(rest)).points(held_out)
            regrets[family.name] += float(weights[out] @ held_out.regret_at(*points))
    return regrets


def simplest(
    families: Sequence[Family],
    validated: Sequence[Validated],
    recordings: Sequence[str],
    trained: Sequence[RuleRegret] = (),
) -> Family:
    """Return the family of the fewest constants that is as good as the best one.

    It is as good if the interval of what it loses more on surfaces lies below `AS_GOOD_DB`, and if
    training its held-out points does not show that it loses more. Families without a number of
    constants do not count.

    Args:
        families: the families.
        validated: their regrets, from `validate`.
        recordings: [s] the recording of each signal.
        trained: regrets of held-out points that were trained.
    """
    by_training = {one.rule.removeprefix(HELD_OUT): one for one in trained}
    by_seed = {one.name: one.by_seed for one in validated}
    candidates = [family for family in families if family.num_constants]
    best = min(candidates, key=lambda f: mean_interval(by_seed[f.name], recordings).mean)
    for family in sorted(candidates, key=lambda family: family.num_constants):
        excess = []
        for one, of_best in zip(by_seed[family.name], by_seed[best.name], strict=True):
            excess.append({seed: one[seed] - of_best[seed] for seed in one})
        if mean_interval(excess, recordings).high >= AS_GOOD_DB:
            continue
        one, of_best = by_training.get(family.name), by_training.get(best.name)
        if one and of_best and saving(of_best, one).sign > 0:
            continue
        return family
    return best


def _folds(recordings: Sequence[str], num: int) -> Iterator[NDArray[np.int_]]:
    """Yield the indices of the signals of each fold of recordings."""
    names = sorted(set(recordings))
    # A hash of the name keeps a recording in its fold when others are added, which GroupKFold does
    # not. Few recordings would leave some of these folds empty.
    few = len(names) <= 2 * num
    fold_of = {n: i if few else zlib.crc32(n.encode()) % num for i, n in enumerate(names)}
    folds = np.array([fold_of[name] for name in recordings])
    for _, out in PredefinedSplit(folds).split():
        yield out
