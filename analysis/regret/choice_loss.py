"""Estimate by how much a confirmed optimum lies below the best of its candidates."""

import statistics
from collections import defaultdict
from collections.abc import Mapping
from itertools import combinations
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from analysis.regret.stored import trained
from analysis.statistics.intervals import Interval, mean_interval
from analysis.surfaces.stored import WHOLE
from search_spaces.rules import NoiseScales
from studies.engine.store.metrics import HEADLINE, ZERO_OUTPUT
from studies.engine.store.store import Store

FEW = 2
"""The smaller number of choosing seeds, which is that of a race's first round."""

LEAST_SEEDS = FEW + 2
"""With fewer choosing seeds there is nothing between `FEW` and all but one."""


class ChoiceLoss(NamedTuple):
    """Hold what more choosing seeds gain.

    Attributes:
        num_signals: signals whose optimum was chosen on `LEAST_SEEDS` seeds or more.
        num_seeds: the number of choosing seeds of each.
        gain: dB that a choice on all seeds but one gains over a choice on `FEW` of them, on the
            seeds that did not choose.
    """

    num_signals: int
    num_seeds: int
    gain: Interval

    def loss(self, power: float) -> Interval:
        """Return the dB that a choice on all seeds loses, if that goes as 1 / seeds^power.

        The power is 1 where few candidates are close, and 1/2 where many are.
        """
        difference = FEW**-power - (self.num_seeds - 1) ** -power
        mean, low, high = (bound * self.num_seeds**-power / difference for bound in self.gain[:3])
        return self.gain._replace(mean=mean, low=low, high=high)


def choice_loss(results: str, setting: Mapping[str, Any]) -> ChoiceLoss | None:
    """Return what more choosing seeds gain, from the fits of all candidates of confirmed optima.

    Args:
        results: a results folder.
        setting: the value of each column of `SETTING` of these fits.

    Returns:
        The gain over the signals with the most frequent number of choosing seeds, or None if no
        optimum was chosen on `LEAST_SEEDS` seeds.

    Example:
        >>> choice_loss("analysis/data", stored_maps("analysis/data").setting)
    """
    seeds_of: dict[str, list[int]] = {}
    for (_, sha256), row in trained(results).items():
        if row["choosing_seeds"] and len(row["choosing_seeds"]) >= LEAST_SEEDS:
            seeds_of[sha256] = row["choosing_seeds"]
    if not seeds_of:
        return None
    num_seeds = statistics.mode(len(seeds) for seeds in seeds_of.values())
    scores: dict[str, dict[NoiseScales, dict[int, float]]] = defaultdict(lambda: defaultdict(dict))
    columns = ("sha256", "hp_s0", "hp_s1", "seed", HEADLINE.column, ZERO_OUTPUT)
    where = {"network": "siren2", **setting}
    for row in Store(results, create=False).fits(columns=columns, where=where).to_pylist():
        if row["status"] in WHOLE and row["seed"] in seeds_of.get(row["sha256"], ()):
            score = row[ZERO_OUTPUT if row["status"] == "diverged" else HEADLINE.column]
            scores[row["sha256"]][NoiseScales(row["hp_s0"], row["hp_s1"])][row["seed"]] = score
    gains, signals = [], []
    for sha256, seeds in seeds_of.items():
        # A candidate that left the choice early lacks some seeds.
        rows = [[p[s] for s in seeds] for p in scores[sha256].values() if p.keys() >= set(seeds)]
        if len(seeds) == num_seeds and rows:
            gains.append({seeds[0]: gain_of(np.array(rows))})
            signals.append(sha256)
    if not gains:
        return None
    return ChoiceLoss(len(gains), num_seeds, mean_interval(gains, signals))


def gain_of(scores: NDArray[np.float64]) -> float:
    """Return what a choice on all seeds but one gains over one on `FEW` seeds.

    Args:
        scores: [c, n] PSNR in dB of each candidate on each choosing seed.
    """
    return _after_choice(scores, scores.shape[1] - 1) - _after_choice(scores, FEW)


def _after_choice(scores: NDArray[np.float64], num: int) -> float:
    """Return the mean score, on the other seeds, of the candidate that `num` seeds choose."""
    values = []
    everyone = range(scores.shape[1])
    for chosen in combinations(everyone, num):
        others = [seed for seed in everyone if seed not in chosen]
        best = scores[:, list(chosen)].mean(axis=1).argmax()
        values.append(scores[best, others].mean())
    return statistics.fmean(values)
