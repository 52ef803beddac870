"""Measure rules in every setting, on recordings and on settings that they were not fitted to."""

import math
import zlib
from collections.abc import Iterator, Mapping
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from analysis.settings.family import Points, even_law, fit_regimes, log_ratios
from analysis.settings.maps import ratios_of
from analysis.surfaces.surfaces import GAINS, SHARES, Surfaces, share_and_gain
from inr_models import InputError
from search_spaces.rules import EQN11_BY_DIMENSIONS, EVEN_LAW, RULES, NoiseScales, Rule, Target
from search_spaces.rules.bandwidth_matching import at_share
from search_spaces.rules.power_law import PowerLaw

Array = NDArray[np.float64]

FOLDS, SETTING_FOLDS = 10, 4
"""The folds of recordings, and of settings."""

EVEN = (0.8, 1.25)
"""The law of the middle regime is fitted to surfaces with n/p in this range."""

BY_SETTING, OTHER_SETTINGS = "by_setting", "by_setting, other settings"
BY_PARAMETERS, BY_VALUES = "by parameters alone", "by values alone"
EQN11, LOOKUP = "eqn11, scaled", "lookup"

LOOKUP_LIMITS = (0.7, 1.4)
LOOKUP_FEW = (0.9, 1.5)
"""A rule of three pieces to beat: K as a share of Nyquist and g below the first limit of n/p, the
law of the middle regime between the limits, and Eqn. 11 above."""


class Row(NamedTuple):
    """Holds the regret of a rule on one signal in one setting.

    Attributes:
        rule: the rule, or how its constants were fitted.
        signal: the signal's sha256.
        name: the signal's name.
        recording: the recording that it was cut from.
        values: the number n of values.
        ratio: values for each parameter, n/p.
        dimensions: 1 for a sound, 2 for an image.
        channels: channels of the signal.
        width: units of a hidden layer.
        depth: hidden layers.
        path: the sum of the learning rates.
        regret_db: capped regret in dB, read from the surface on the first seed.
        share: K as a share of Nyquist.
        gain: g.
        share_best: the same of the surface's highest point.
        gain_best: the same.
    """

    rule: str
    signal: str
    name: str
    recording: str
    values: int
    ratio: float
    dimensions: int
    channels: int
    width: int
    depth: int
    path: float
    regret_db: float
    share: float
    gain: float
    share_best: float
    gain_best: float


def measure(surfaces: Surfaces) -> list[Row]:
    """Return the regrets of the rules on every surface.

    All constants are fitted without the surface's recording, in `FOLDS` folds. For
    `OTHER_SETTINGS` they are fitted without its setting as well, in `SETTING_FOLDS` folds.

    Raises:
        InputError: There are too few recordings, or no surface has an n/p in `EVEN`.
    """
    if len(set(surfaces.recordings)) < FOLDS:
        fix = f"fit clips of {FOLDS} recordings or more, since some are left out in turn."
        raise InputError.at("too-few", "recordings", fix)
    rows = list(_rows(EQN11, surfaces, _points_of(eqn11, surfaces)))
    for rule, points in left_out(surfaces).items():
        rows += _rows(rule, surfaces, points)
    return rows


def eqn11(target: Target) -> NoiseScales:
    """Return the point of Eqn. 11, scaled in length and width."""
    return RULES[EQN11_BY_DIMENSIONS[target.dimensions]](target)


def lookup(even: PowerLaw) -> Rule:
    """Return the three-piece rule to beat, with a law for its middle piece."""
    low, high = LOOKUP_LIMITS

    def rule(target: Target) -> NoiseScales:
        if target.values_per_parameter < low:
            return at_share(target, *LOOKUP_FEW)
        return even(target) if target.values_per_parameter < high else eqn11(target)

    return rule


def even_surfaces(surfaces: Surfaces) -> Surfaces:
    """Return the surfaces that the law of the middle regime is fitted to.

    Raises:
        InputError: There are fewer than three.
    """
    low, high = EVEN
    ratios = ratios_of(surfaces)
    kept = np.flatnonzero((ratios > low) & (ratios < high))
    if len(kept) < 3:
        fix = "fit clips with about as many parameters as values."
        raise InputError.at("too-few", "n/p", fix)
    return surfaces.subset(kept)


def left_out(surfaces: Surfaces) -> Mapping[str, Points]:
    """Return the points of rules that were fitted without the surface's recording or setting."""
    num = len(surfaces.targets)
    recordings = np.array([_fold(name, FOLDS) for name in surfaces.recordings])
    settings = np.array([_fold(_setting(t), SETTING_FOLDS) for t in surfaces.targets])
    clocks = {BY_SETTING: log_ratios, BY_PARAMETERS: log_parameters, BY_VALUES: log_values}
    names = (EVEN_LAW, LOOKUP, *clocks, OTHER_SETTINGS)
    points = {name: (np.full(num, np.nan), np.full(num, np.nan)) for name in names}
    for fold in range(FOLDS):
        out = np.flatnonzero(recordings == fold)
        if not len(out):
            continue
        rest = surfaces.subset(np.flatnonzero(recordings != fold))
        even = even_law(even_surfaces(rest))
        held_out = surfaces.subset(out)
        _fill(points[EVEN_LAW], out, _points_of(even, held_out))
        _fill(points[LOOKUP], out, _points_of(lookup(even), held_out))
        for rule, clock in clocks.items():
            _fill(points[rule], out, fit_regimes(rest, even, clock).points(held_out))
        for setting_fold in range(SETTING_FOLDS):
            other = settings == setting_fold
            both = np.flatnonzero((recordings == fold) & other)
            if len(both):
                known = surfaces.subset(np.flatnonzero((recordings != fold) & ~other))
                fitted = fit_regimes(known, even)
                _fill(points[OTHER_SETTINGS], both, fitted.points(surfaces.subset(both)))
    return points


def log_parameters(surfaces: Surfaces) -> Array:
    """Return [s] -ln p, shifted to the scale of ln(n/p): do parameters alone decide?"""
    return math.log(8_000) - np.log([target.num_parameters for target in surfaces.targets])


def log_values(surfaces: Surfaces) -> Array:
    """Return [s] ln n, shifted to the scale of ln(n/p): do values alone decide?"""
    return np.log([target.num_values for target in surfaces.targets]) - math.log(2_000)


def _fill(points: Points, places: NDArray[np.int_], values: Points) -> None:
    for kept, new in zip(points, values, strict=True):
        kept[places] = new


def _fold(name: str, num: int) -> int:
    """Return the fold of a recording or a setting, which stays when others are added."""
    return zlib.crc32(name.encode()) % num


def _setting(target: Target) -> str:
    return f"{target.shape} {target.channels} {target.width} {target.depth} {target.fit}"


def _points_of(rule: Rule, surfaces: Surfaces) -> Points:
    points = [share_and_gain(target, rule(target)) for target in surfaces.targets]
    shares, gains = np.array(points).T
    return shares, gains


def _rows(rule: str, surfaces: Surfaces, points: Points) -> Iterator[Row]:
    shares, gains = points
    regrets = surfaces.regret_at(shares, gains)
    for i, target in enumerate(surfaces.targets):
        k, g = surfaces.best(i)
        yield Row(
            rule=rule,
            signal=target.sha256,
            name=surfaces.names[i],
            recording=surfaces.recordings[i],
            values=target.num_values,
            ratio=target.values_per_parameter,
            dimensions=target.dimensions,
            channels=target.channels,
            width=target.width,
            depth=target.depth,
            path=target.fit.path_length,
            regret_db=float(regrets[i]),
            share=float(shares[i]),
            gain=float(gains[i]),
            share_best=float(SHARES[k]),
            gain_best=float(GAINS[g]),
        )
