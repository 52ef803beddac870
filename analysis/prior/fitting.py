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
    INPUTS,
    LEVEL,
    RATIO,
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

AMPLITUDE = 5.0
"""The variance in dB² of the stationary process that S is drawn to."""

SHRINK = 3.0
"""How many landscapes the stationary process counts for.

The likelihood of landscapes of other recordings chose these three, and no regret did.
"""

RIDGE = 1.0
"""How many landscapes the mean of 0 counts for, for each feature but the constant."""

STEPS = 15
"""Steps of the fit. Further ones change little."""

NEAR_DB = 4.0
"""The noise of seeds is that of points at most so far below a signal's best one."""

BETWEEN_DB2 = 0.05
"""The variance in dB² of a landscape about what the kernel interpolates between nodes."""

FIRST_NOISE_DB2 = 0.6
"""The variance of a fit that the first step assumes."""

LEAST_NOISE_DB2 = 0.1
"""The least variance of a fit. A map of few points may happen to be smoother."""

LEAST_RANGE = 1.0
"""Sizes whose log samples per parameter differ by less tell nothing of a slope."""

Line = tuple[float, float]
"""(log variance at one sample per parameter, its slope in log samples per parameter)."""


class _Seen(NamedTuple):
    """Holds landscapes as the fit sees them: [s] each.

    Attributes:
        weights: [n, q] of the nodes at the points.
        psnr: [n] the mean over seeds in dB, from the highest one downwards.
        num_seeds: how many seeds.
        ratio: log samples per parameter.
        phi: [f] features.
        of_seeds: the variance in dB² that fits of one point on several seeds have, else NaN.
    """

    weights: list[Array]
    psnr: list[Array]
    num_seeds: Array
    ratio: Array
    phi: Array
    of_seeds: Array


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
    seen = _seen(landscapes, at, inputs, ranges)
    coefficients, covariance, noise = _maximized(seen, AMPLITUDE * node_covariance(at, LENGTHS))
    return LandscapePrior(
        nodes=at,
        lengths=LENGTHS,
        ranges=ranges,
        coefficients=coefficients,
        covariance=covariance,
        noise=noise,
        seed_noise=_seed_noise(landscapes, noise),
        origin=origin,
    )


def _seen(landscapes: Sequence[Landscape], at: Array, inputs: Array, ranges: Array) -> _Seen:
    inverse = np.linalg.inv(node_covariance(at, LENGTHS))
    weights, psnr, phi = [], [], []
    for one, of_one in zip(landscapes, inputs, strict=True):
        mean = one.psnr.mean(axis=1)
        psnr.append(np.maximum(mean - mean.max(), -DEPTH_DB))
        weights.append(kernel(one.points, at, LENGTHS) @ inverse)
        phi.append(features(of_one, ranges, one.target))
    of_seeds = np.array([_by_seeds(one)[0] for one in landscapes])
    num_seeds = np.array([len(one.seeds) for one in landscapes])
    return _Seen(weights, psnr, num_seeds, inputs[:, INPUTS.index(RATIO)], np.array(phi), of_seeds)


def _maximized(seen: _Seen, stationary: Array) -> tuple[Array, Array, Line]:
    """Return M [q, f], S [q, q] and the noise."""
    phi, num = seen.phi, len(seen.phi)
    ridge = np.diag([1e-3, *[RIDGE] * (phi.shape[1] - 1)])
    covariance, noise = stationary, (math.log(FIRST_NOISE_DB2), 0.0)
    coefficients = np.zeros((len(stationary), phi.shape[1]))
    for _ in range(STEPS):
        precision, weighted = _told(seen, noise)
        inverse = np.linalg.inv(covariance)
        spread: Array = np.linalg.inv(precision + inverse).astype(np.float64)
        expected = phi @ coefficients.T
        values = np.einsum("sqr,sr->sq", spread, weighted + expected @ inverse)
        coefficients = np.linalg.solve(phi.T @ phi + ridge, phi.T @ values).T
        away = values - phi @ coefficients.T
        covariance = away.T @ away + spread.sum(axis=0) + SHRINK * stationary
        covariance /= num + SHRINK
        noise = _noise(seen, values, spread)
    return coefficients, covariance, noise


def _told(seen: _Seen, noise: Line) -> tuple[Array, Array]:
    """Return what the fits tell of the nodes: precision [s, q, q], and [s, q] times the mean."""
    precision, weighted = [], []
    for weights, psnr, num_seeds, ratio in zip(*seen[:4], strict=True):
        each = 1 / (math.exp(noise[0] + noise[1] * ratio) / num_seeds + BETWEEN_DB2)
        # The level is integrated out.
        share = each / (each * len(psnr) + 1 / LEVEL)
        centered = each * (weights - share * weights.sum(axis=0))
        precision.append(weights.T @ centered)
        weighted.append(centered.T @ psnr)
    return np.array(precision), np.array(weighted)


def _noise(seen: _Seen, values: Array, spread: Array) -> Line:
    """Return the variance of a fit about its landscape, by samples per parameter.

    Fits of one point on several seeds tell it by themselves. A landscape of one seed tells it by
    how rough it is.
    """
    groups: dict[float, list[float]] = defaultdict(list)
    for i, (weights, psnr) in enumerate(zip(seen.weights, seen.psnr, strict=True)):
        smooth = weights @ values[i]
        near = smooth > smooth.max() - NEAR_DB
        variance = seen.of_seeds[i]
        if math.isnan(variance):
            away = (psnr - smooth)[near]
            unknown = np.einsum("nq,qr,nr->n", weights[near], spread[i], weights[near])
            variance = float(away.var() + unknown.mean()) - BETWEEN_DB2
        groups[round(2 * float(seen.ratio[i])) / 2].append(variance)
    logs = [math.log(max(float(np.mean(group)), LEAST_NOISE_DB2)) for group in groups.values()]
    if np.ptp(list(groups)) < LEAST_RANGE:
        return float(np.mean(logs)), 0.0
    counts = [math.sqrt(len(group)) for group in groups.values()]
    slope, intercept = np.polyfit(list(groups), logs, 1, w=counts)
    return float(intercept), float(slope)


def _by_seeds(one: Landscape) -> tuple[float, float]:
    """Return the variances of a fit and of a seed's shift of all points, NaN for one seed."""
    mean = one.psnr.mean(axis=1)
    near = one.psnr[mean > mean.max() - NEAR_DB]
    if len(one.seeds) < 2 or len(near) < 2:
        return math.nan, math.nan
    away = near - near.mean(axis=1, keepdims=True)
    shift = away.mean(axis=0)
    of_fit = float(((away - shift) ** 2).sum()) / (len(near) - 1) / (len(one.seeds) - 1)
    return of_fit, float(shift.var(ddof=1))


def _seed_noise(landscapes: Sequence[Landscape], noise: Line) -> Line:
    """Return the variance of what a seed adds to all points of a signal.

    Only landscapes of several seeds tell. They have about one size, so the slope is that of the
    noise of a fit.
    """
    variances = []
    for one in landscapes:
        _, shift = _by_seeds(one)
        ratio = math.log(samples_per_parameter(one.target))
        variances.append(shift / math.exp(noise[1] * ratio))
    known = [variance for variance in variances if not math.isnan(variance)]
    return (math.log(np.mean(known)), noise[1]) if known else noise
