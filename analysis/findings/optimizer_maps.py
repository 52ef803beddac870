"""Compare the map of a signal under one training with its map under another."""

import math
import statistics
from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import NamedTuple

import numpy as np
from scipy.stats import rankdata

from analysis.experiments.optimizers import Fit
from analysis.surfaces.stored import MIN_POINTS

NAMES = {"adam": "Adam", "muon": "Muon", "lbfgs": "L-BFGS"}

Point = tuple[float, float]
"""K as a share of Nyquist and g, rounded, so that it is the same in all maps of a signal."""


class Trained(NamedTuple):
    """Says how fits were trained."""

    optimizer: str
    learning_rate: float
    decay: float

    def __str__(self) -> str:
        name = NAMES.get(self.optimizer, self.optimizer)
        return f"{name}, {self.learning_rate:g}, {self.decay:g}"


class OneMap(NamedTuple):
    """Holds the fits of one signal on one seed under one training, by point."""

    recording: str
    fits: Mapping[Point, Fit]

    @property
    def best(self) -> Point:
        """The point with the highest PSNR."""
        return max(self.fits, key=lambda point: self.fits[point].psnr)

    @property
    def top(self) -> float:
        """The highest PSNR, in dB."""
        return self.fits[self.best].psnr

    @property
    def rule(self) -> Fit:
        """Return the fit at the point of `EVEN_LAW`."""
        return next(fit for fit in self.fits.values() if fit.rule)


class Pair(NamedTuple):
    """Holds a map, and the map of the same signal and seed under the reference.

    Args:
        one: The map.
        other: The reference's.
        cell: The distance of the cells in log K.
    """

    one: OneMap
    other: OneMap
    cell: float

    @property
    def gain(self) -> float:
        """Return what the best point gains on the reference's best point, in dB."""
        return self.one.top - self.other.top

    @property
    def regret(self) -> float:
        """Return what the rule's point loses, in dB."""
        return self.one.top - self.one.rule.psnr

    @property
    def spread(self) -> float:
        """Return what the worst point loses, in dB."""
        return self.one.top - min(fit.psnr for fit in self.one.fits.values())

    @property
    def lost(self) -> float:
        """Return what the reference's best point loses here, in dB."""
        return self.one.top - self.one.fits[self.other.best].psnr

    @property
    def shift(self) -> float:
        """How far the best point's K lies above the reference's, in cells."""
        return math.log(self.one.best[0] / self.other.best[0]) / self.cell

    @property
    def order(self) -> float:
        """Spearman's rank correlation of the two maps."""
        points = sorted(self.one.fits.keys() & self.other.fits.keys())
        one, other = (
            rankdata([of.fits[point].psnr for point in points]) for of in (self.one, self.other)
        )
        return float(np.corrcoef(one, other)[0, 1])


def maps_of(fits: Sequence[Fit]) -> tuple[dict[Trained, dict[tuple[str, int], OneMap]], list[Fit]]:
    """Return the maps by training, then by signal and seed, and the fits of no map."""
    groups: dict[tuple[Trained, str, int], dict[Point, Fit]] = defaultdict(dict)
    for fit in fits:
        trained = Trained(fit.optimizer, fit.learning_rate, fit.decay)
        groups[trained, fit.signal, fit.seed][round(fit.share, 6), round(fit.gain, 4)] = fit
    maps: dict[Trained, dict[tuple[str, int], OneMap]] = defaultdict(dict)
    others: list[Fit] = []
    for (trained, signal, seed), points in groups.items():
        values = list(points.values())
        if len(points) >= MIN_POINTS and any(fit.rule for fit in values):
            maps[trained][signal, seed] = OneMap(values[0].recording, points)
        else:
            others += values
    return maps, others


def cell_of(maps: Mapping[tuple[str, int], OneMap]) -> float:
    """Return the distance of the cells in log K."""
    steps: list[float] = []
    for one in maps.values():
        shares = sorted({share for (share, _), fit in one.fits.items() if not fit.rule})
        # Cells of one K differ in their last digits.
        logs = sorted({round(math.log(share), 2) for share in shares})
        steps += np.diff(logs).tolist()
    return statistics.median(step for step in steps if step > 0.1)
