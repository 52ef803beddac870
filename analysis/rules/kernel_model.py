"""Model optima from descriptors by a kernel over the signals of other recordings."""

from collections.abc import Sequence
from itertools import combinations
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy import stats

from analysis.rules.families import recording_weights
from analysis.surfaces.surfaces import Surfaces

Array = NDArray[np.float64]

WIDTHS = (0.15, 0.3, 0.6, 1.2)
"""Widths of the kernel, in normal scores."""

GRIDS = (range(len(WIDTHS)), *combinations(range(len(WIDTHS)), len(WIDTHS) - 1))
"""The widths that the model may choose from, as indices: all of them, then all but one. What does
not hold with each of these depends on the kernel, and is no result."""

NEAR_DB = 0.1
"""The model takes all points whose expected regret is within so much of the least."""


class Smoothed(NamedTuple):
    """Hold what the model does with some features.

    Attributes:
        near: [w, s, p] whether it takes the lattice's point, for each of `WIDTHS`.
        widths: [grid, s] the index of the width that it chooses, for each of `GRIDS`.
        regret: [grid, s] in dB.
    """

    near: NDArray[np.bool_]
    widths: NDArray[np.int_]
    regret: Array


class KernelModel:
    """Take the points of the least kernel-weighted regret of the signals of other recordings.

    The kernel's width is, for every signal, the one that does best for the other recordings.
    """

    def __init__(self, surfaces: Surfaces) -> None:
        recordings = np.array(surfaces.recordings)
        self.weights = np.where(
            recordings[:, None] != recordings, recording_weights(surfaces.recordings), 0.0
        )
        # Single precision is enough for dB.
        self.regrets = surfaces.regret.reshape(len(recordings), -1).astype(np.float32)
        self.effects = surfaces.effects

    def smoothed(self, features: Sequence[Array]) -> Smoothed:
        """Return the points that the model takes, given the features that it knows.

        Args:
            features: normal scores [s] of each descriptor.
        """
        at = np.stack(features)
        distance = ((at[:, :, None] - at[:, None, :]) ** 2).sum(axis=0)
        near = np.stack([self._near(distance, width) for width in WIDTHS])
        total = np.einsum("wsp,sp->ws", near.astype(np.float32), self.regrets)
        regret = total / np.count_nonzero(near, axis=-1)
        for_others = regret @ self.weights.T
        signals = np.arange(regret.shape[1])
        widths = np.array([np.array(grid)[for_others[list(grid)].argmin(axis=0)] for grid in GRIDS])
        return Smoothed(near, widths, regret[widths, signals].astype(np.float64))

    def by_seed(self, before: Smoothed, after: Smoothed, grid: int) -> list[dict[int, float]]:
        """Return the regret in dB that one model saves against another, by signal and seed."""
        saved = []
        for i, effects in enumerate(self.effects):
            one, other = (m.near[m.widths[grid, i], i] for m in (before, after))
            mean = float(before.regret[grid, i] - after.regret[grid, i])
            of_signal = {}
            for seed, effect in effects.items():
                flat = effect.ravel()
                of_signal[seed] = mean + float(flat[other].mean() - flat[one].mean())
            saved.append(of_signal)
        return saved

    def _near(self, distance: Array, width: float) -> NDArray[np.bool_]:
        """Return [s, p] which points lie within `NEAR_DB` of the least expected regret."""
        # The constant keeps a row from being all zero, however far the nearest signal is.
        kernel = (np.exp(-distance / (2 * width**2)) + 1e-9) * self.weights
        kernel /= kernel.sum(axis=1, keepdims=True)
        expected = kernel.astype(np.float32) @ self.regrets
        return expected <= expected.min(axis=1, keepdims=True) + np.float32(NEAR_DB)


def normal_scores(values: Array) -> Array:
    """Return the quantiles [s] of a normal distribution at the ranks of the values."""
    # QuantileTransformer maps the ends to clipped values, and would change every gain.
    return stats.norm.ppf((stats.rankdata(values) - 0.5) / len(values))
