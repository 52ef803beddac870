"""Fit the prior over landscapes by expectation and maximization.

Each landscape has values u [q] at the nodes, u ~ N(M phi, S), of which fits at other points tell,
see `search_spaces.prior.landscape_prior`. A prior on S, which draws it to a stationary Gaussian
process, counts as `SHRINK` landscapes. So a few landscapes are enough, and more let the data
speak. Axes of arrays: s landscape, q nodes, f features.
"""

import math
from collections import defaultdict
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from analysis.prior.landscapes import Array, Landscape
from search_spaces.grids import AUDIO_GRID_COARSE
from search_spaces.prior.belief import log_share_and_gain
from search_spaces.prior.landscape_prior import (
    DEPTH_DB,
    LEVEL,
    LandscapePrior,
    features,
    inputs_of,
    kernel,
    node_covariance,
    samples_per_parameter,
)
from search_spaces.rules import Target

LENGTHS = np.array([1.0, 0.8])
"""Length scales of log K and log g between nodes."""

AMPLITUDE = 9.0
"""The variance in dB² of the stationary process that S is drawn to."""

SHRINK = 10.0
"""How many landscapes the stationary process counts for."""

RIDGE = 1.0
"""How many landscapes the mean of 0 counts for, for each feature but the constant."""

STEPS = 15
"""Steps of the fit. More change no mean by more than a tenth of a dB."""

NEAR_DB = 4.0
"""The noise is that of points at most so far below a signal's best one."""

BETWEEN_DB2 = 0.05
"""The variance in dB² of a landscape about what the kernel interpolates between nodes."""

USUAL_NOISE_DB2 = 0.6
"""The variance of a fit that the landscapes are weighted by."""


class _Told(NamedTuple):
    """What the fits tell of the nodes: precision [s, q, q] and precision times mean [s, q]."""

    precision: Array
    weighted: Array
    features: Array


def nodes() -> Array:
    """Return the nodes [q, 2]: the cells of the coarse grid as (log K / Nyquist, log g)."""
    target = Target(descriptors={}, shape=(8192,), width=52)
    return log_share_and_gain(target, np.array([at for _, at in AUDIO_GRID_COARSE.cells(8192)]))


def fit_prior(landscapes: Sequence[Landscape], origin: str = "") -> LandscapePrior:
    """Return the prior of landscapes.

    Args:
        landscapes: of any sizes.
        origin: what they are, in words.
    """
    at = nodes()
    inputs = np.array([inputs_of(one.target) for one in landscapes])
    ranges = np.stack([inputs.min(axis=0), inputs.max(axis=0)], axis=1)
    told = _told(landscapes, at, inputs, ranges)
    coefficients, covariance = _maximized(told, AMPLITUDE * node_covariance(at, LENGTHS))
    noise, seed_noise = noises(landscapes)
    return LandscapePrior(
        nodes=at,
        lengths=LENGTHS,
        ranges=ranges,
        coefficients=coefficients,
        covariance=covariance,
        noise=noise,
        seed_noise=seed_noise,
        origin=origin,
    )


def _told(landscapes: Sequence[Landscape], at: Array, inputs: Array, ranges: Array) -> _Told:
    inverse = np.linalg.inv(node_covariance(at, LENGTHS))
    precision, weighted = [], []
    for one in landscapes:
        psnr = one.psnr.mean(axis=1)
        psnr = np.maximum(psnr - psnr.max(), -DEPTH_DB)
        weights = kernel(one.points, at, LENGTHS) @ inverse
        each = 1 / (USUAL_NOISE_DB2 / len(one.seeds) + BETWEEN_DB2)
        # The level is integrated out.
        share = each / (each * len(psnr) + 1 / LEVEL)
        centered = each * (weights - share * weights.sum(axis=0))
        precision.append(weights.T @ centered)
        weighted.append(centered.T @ psnr)
    pairs = zip(landscapes, inputs, strict=True)
    phi = [features(of_one, ranges, one.target) for one, of_one in pairs]
    return _Told(np.array(precision), np.array(weighted), np.array(phi))


def _maximized(told: _Told, stationary: Array) -> tuple[Array, Array]:
    """Return M [q, f] and S [q, q]."""
    phi, num = told.features, len(told.features)
    ridge = np.diag([1e-3, *[RIDGE] * (phi.shape[1] - 1)])
    covariance = stationary
    coefficients = np.zeros((len(stationary), phi.shape[1]))
    for _ in range(STEPS):
        inverse = np.linalg.inv(covariance)
        spread = np.linalg.inv(told.precision + inverse)
        expected = phi @ coefficients.T
        values = np.einsum("sqr,sr->sq", spread, told.weighted + expected @ inverse)
        coefficients = np.linalg.solve(phi.T @ phi + ridge, phi.T @ values).T
        away = values - phi @ coefficients.T
        covariance = away.T @ away + spread.sum(axis=0) + SHRINK * stationary
        covariance /= num + SHRINK
    return coefficients, covariance


def noises(landscapes: Sequence[Landscape]) -> tuple[tuple[float, float], tuple[float, float]]:
    """Return (log variance, slope in log samples per parameter) of a fit, and of a seed's shift.

    Only landscapes of several seeds tell. The slope is 0 where all have one size.
    """
    of_fits: dict[float, list[float]] = defaultdict(list)
    of_seeds: dict[float, list[float]] = defaultdict(list)
    for one in landscapes:
        if len(one.seeds) < 2:
            continue
        mean = one.psnr.mean(axis=1)
        near = one.psnr[mean > mean.max() - NEAR_DB]
        if len(near) < 2:
            continue
        ratio = round(math.log(samples_per_parameter(one.target)), 1)
        away = near - near.mean(axis=1, keepdims=True)
        shift = away.mean(axis=0)
        degrees = (len(near) - 1) * (len(one.seeds) - 1)
        of_fit = float(((away - shift) ** 2).sum()) / degrees
        of_fits[ratio].append(of_fit)
        of_seeds[ratio].append(max(float(shift.var(ddof=1)) - of_fit / len(near), 1e-3))
    if not of_fits:
        return (math.log(USUAL_NOISE_DB2), 0.0), (math.log(USUAL_NOISE_DB2), 0.0)
    return _line(of_fits), _line(of_seeds)


def _line(variances: dict[float, list[float]]) -> tuple[float, float]:
    ratios = list(variances)
    logs = [math.log(np.mean(of_ratio)) for of_ratio in variances.values()]
    if len(ratios) == 1:
        return logs[0], 0.0
    counts = [len(of_ratio) for of_ratio in variances.values()]
    slope, intercept = np.polyfit(ratios, logs, 1, w=np.sqrt(counts))
    return float(intercept), float(slope)
