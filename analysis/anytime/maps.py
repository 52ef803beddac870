"""Read the maps that searches are replayed on."""

import zlib
from collections.abc import Mapping, Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from analysis.benchmark.replay import budgets, replay_table
from analysis.predictors.contest import held_out_rule
from analysis.predictors.maps import maps_of_most_signals
from analysis.prior.fitting import fit_prior
from analysis.prior.landscapes import Landscape, all_landscapes, landscape_of, without
from inr_models import InputError
from search_spaces.prior import LandscapePrior
from search_spaces.prior.belief import log_share_and_gain
from search_spaces.rules import Rule
from studies.engine.store.store import Store

Array = NDArray[np.float64]

FOLDS = 10
"""Folds of recordings. A prior knows no recording of its fold."""

LEAST_SEEDS = 4
"""One seed is observed, one scores, and two or more choose the optimum."""


class ReplayMap(NamedTuple):
    """Holds the map of one signal, on the points and seeds of all others.

    Attributes:
        landscape: PSNR [p, k] in dB by seed.
        start: the point that is nearest to the rule's, which was fitted without this recording.
        short: {epochs: [p, k]} the best PSNR in dB up to an epoch.
    """

    landscape: Landscape
    start: int
    short: Mapping[int, Array]

    @property
    def seeds(self) -> tuple[int, ...]:
        """The seeds [k]."""
        return self.landscape.seeds

    @property
    def psnr(self) -> Array:
        """[p, k] in dB."""
        return self.landscape.psnr

    def nearest(self, scales: Array, tried: Sequence[int]) -> int:
        """Return the new point that is nearest to (s0, s1) [2] in (log K, log g).

        Args:
            scales: s0 in rad per unit and s1 [2].
            tried: The points that do not count, by their place on the map.
        """
        at = log_share_and_gain(self.landscape.target, scales[None])[0]
        away = ((self.landscape.points - at) ** 2).sum(axis=1)
        away[list(tried)] = np.inf
        return int(away.argmin())


def nearest_point(points: Array, at: Array) -> int:
    """Return which of points [p, 2] is nearest to `at` [2].

    Args:
        points: (log K, log g) of each point [p, 2].
        at: (log K, log g) of a place [2].

    Example:
        >>> nearest_point(np.array([[0.0, 0.0], [1.0, 1.0]]), np.array([0.9, 0.4]))
        1
    """
    return int(((points - at) ** 2).sum(axis=1).argmin())


def replay_maps(results: str, recordings: str | None = None) -> list[ReplayMap]:
    """Return the maps of the points and seeds that most signals have.

    Args:
        results: A results folder.
        recordings: A CSV file of recordings, see `stored_maps`. None for the folder's own.

    Raises:
        InputError: the folder has no such maps, or none of `LEAST_SEEDS` seeds.
    """
    group = maps_of_most_signals(results, recordings)
    if len(group.maps[0].seeds) < LEAST_SEEDS:
        why = f"maps have {len(group.maps[0].seeds)} seeds; fit {LEAST_SEEDS} or more."
        raise InputError.at("too-few", results, why)
    rule: Rule = held_out_rule(results)
    epochs = budgets(group.setting["fit_epochs"])[:-1]
    short: dict[tuple[str, float, float, int], list[float]] = {}
    for row in replay_table(Store(results, create=False)).to_pylist():
        values = [row[f"psnr_{epoch}"] for epoch in epochs]
        short[row["sha256"], row["s0"], row["s1"], row["seed"]] = values
    maps = []
    for one in group.maps:
        landscape = landscape_of(one)
        at = log_share_and_gain(one.target, np.array([rule(one.target)]))[0]
        values = np.array(
            [
                [short[one.target.sha256, s0, s1, seed] for seed in landscape.seeds]
                for s0, s1 in landscape.scales.tolist()
            ],
            dtype=np.float64,
        )
        by_epoch = {epoch: values[..., i] for i, epoch in enumerate(epochs)}
        maps.append(ReplayMap(landscape, nearest_point(landscape.points, at), by_epoch))
    return maps


def fold_of(recording: str) -> int:
    """Return the fold of a recording, which does not depend on the others.

    Example:
        >>> fold_of("bach")
        3
    """
    return zlib.crc32(recording.encode()) % FOLDS


class Priors:
    """Fits priors without the recordings and the seed that judge them.

    Args:
        results: a results folder.
        recordings: see `stored_maps`.
    """

    def __init__(self, results: str, recordings: str | None = None) -> None:
        self.landscapes: Sequence[Landscape] = all_landscapes(results, recordings)
        self._fitted: dict[tuple[int, int | None], LandscapePrior] = {}

    def without(self, recording: str, seed: int | None) -> LandscapePrior:
        """Return the prior of the other folds' recordings, on all seeds but one. None keeps all.

        Args:
            recording: The recording whose fold is left out.
            seed: The seed that is left out.
        """
        at = (fold_of(recording), seed)
        if at not in self._fitted:
            left_out = {o.recording for o in self.landscapes if fold_of(o.recording) == at[0]}
            # No landscape has a seed of -1.
            kept = without(self.landscapes, left_out, -1 if seed is None else seed)
            self._fitted[at] = fit_prior(kept)
        return self._fitted[at]
