"""Fit a random forest to all surfaces: regret as a function of descriptors, K and g.

A forest has no formula. What it gains over the short rules is what their formulas cannot express.
"""

import numpy as np
from numpy.typing import NDArray
from sklearn.ensemble import RandomForestRegressor

from analysis.rules.families import Family, Fitted, Points, recording_weights
from analysis.surfaces.smoothing import DEPTH_DB
from analysis.surfaces.surfaces import GAINS, SHARES, Surfaces

Array = NDArray[np.float64]
STEP = 4
"""The forest trains on every fourth bandwidth and gain of the lattice: surfaces are smooth."""


def forest(name: str, descriptors: tuple[str, ...]) -> Family:
    """Return the family that takes the point where a forest predicts the least regret."""

    def fit(surfaces: Surfaces) -> Fitted:
        lattice = _lattice(SHARES[::STEP], GAINS[::STEP])
        regret = np.where(np.isnan(surfaces.psnr), np.nan, np.minimum(surfaces.regret, DEPTH_DB))
        targets = regret[:, ::STEP, ::STEP].reshape(len(surfaces.targets), -1)
        known = np.isfinite(targets)
        inputs = _inputs(surfaces, descriptors, lattice)[known]
        of_signals = recording_weights(surfaces.recordings)
        weights = np.broadcast_to(of_signals[:, None], known.shape)[known]
        model = RandomForestRegressor(
            n_estimators=100, min_samples_leaf=3, max_features=0.5, n_jobs=1, random_state=0
        ).fit(inputs, targets[known], sample_weight=weights)

        def points(others: Surfaces) -> Points:
            fine = _lattice(SHARES[::2], GAINS[::2])
            predicted = model.predict(
                _inputs(others, descriptors, fine).reshape(-1, inputs.shape[-1])
            ).reshape(len(others.targets), -1)
            # Outside the fitted region the forest would extrapolate.
            predicted[np.isnan(others.psnr[:, ::2, ::2]).reshape(predicted.shape)] = np.inf
            best = np.exp(fine[predicted.argmin(axis=1)])
            return best[:, 0], best[:, 1]

        return Fitted(points, None)

    return Family(name, fit, descriptors)


def _lattice(shares: Array, gains: Array) -> Array:
    """Return the logarithms [p, 2] of every pair of a share and a gain."""
    axes = np.meshgrid(np.log(shares), np.log(gains), indexing="ij")
    return np.stack(axes, axis=-1).reshape(-1, 2)


def _inputs(surfaces: Surfaces, descriptors: tuple[str, ...], lattice: Array) -> Array:
    """Return the forest's inputs [s, p, inputs]: the descriptors, then log K and log g."""
    of_signals = np.nan_to_num(np.stack([surfaces.descriptors[d] for d in descriptors], axis=-1))
    shape = (len(of_signals), len(lattice))
    return np.concatenate(
        [
            np.broadcast_to(of_signals[:, None], (*shape, len(descriptors))),
            np.broadcast_to(lattice, (*shape, 2)),
        ],
        axis=-1,
    )
