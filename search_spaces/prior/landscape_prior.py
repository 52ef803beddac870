"""Define the prior over landscapes: how the PSNR of points varies together, before any fit.

A landscape is a function of (log K / Nyquist, log g). It is written by its values u [q] at a few
nodes, between which a kernel interpolates:

    f(x) = level + k(x, nodes) k(nodes, nodes)^-1 u,    u ~ N(M phi, S)

phi are features of the signal's descriptors and of the setting, such as samples per parameter. M
and S were fitted to landscapes of other signals. Nothing is known of the level. Axes of arrays: q
nodes, f features, n points.
"""

import json
import math
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from inr_models import SirenConfig
from inr_models.errors import InputError
from search_spaces.prior.gaussian import Array, Gaussian
from search_spaces.rules.power_law import LEAST
from search_spaces.rules.target import Target

RATIO = "samples_per_parameter"
INPUTS = ("psi", "low_pass_40", RATIO, "depth")
"""What the features are made of, in logarithms. An image has one feature more."""

LEVEL = 1e4
"""The variance in dB² of the level of a landscape, which is as good as unknown."""

MARGIN = 0.15
"""How far in log s0 and log g a point may lie outside the nodes. Nothing is known beyond."""

DEPTH_DB = 15.0
"""A fit that is further below the best one counts as this far below, as it does for surfaces."""

JITTER = 1e-4


@dataclass(frozen=True, kw_only=True, eq=False)
class LandscapePrior:
    """Holds the constants of the prior.

    Attributes:
        nodes: [q, 2] (log K / Nyquist, log g).
        lengths: [2] length scales of the kernel between nodes.
        ranges: [4, 2] the lowest and highest `INPUTS` of the signals that it was fitted to. Others
            count as the nearest of these.
        coefficients: [q, f] the mean in dB at the nodes, for each feature: M.
        covariance: [q, q] in dB²: S.
        noise: (log v, slope): v is the variance in dB² of a fit about the landscape of its seed at
            one sample per parameter, and the slope that of log v in log samples per parameter.
        seed_noise: the same of what a seed adds to all points of a signal.
        origin: what it was fitted to, in words.
    """

    nodes: Array
    lengths: Array
    ranges: Array
    coefficients: Array
    covariance: Array
    noise: tuple[float, float]
    seed_noise: tuple[float, float]
    origin: str = ""

    def at(self, target: Target, points: Array) -> Gaussian:
        """Return what is known of points [n, 2] of (log K / Nyquist, log g) of a target.

        Raises:
            InputError: the target lacks a descriptor, or is no sound, series or image.
        """
        weights = self.weights(points)
        mean = weights @ (self.coefficients @ features(inputs_of(target), self.ranges, target))
        covariance = weights @ self.covariance @ weights.T + LEVEL
        return Gaussian(np.where(self._is_known(points), mean, -np.inf), covariance)

    def weights(self, points: Array) -> Array:
        """Return [n, q] how much each node counts at points [n, 2]."""
        weights: Array = kernel(points, self.nodes, self.lengths) @ self._inverse
        return weights

    def noise_of(self, target: Target) -> float:
        """Return the variance in dB² of a fit about the landscape of its seed."""
        return _variance(self.noise, target)

    def seed_noise_of(self, target: Target) -> float:
        """Return the variance in dB² of what a seed adds to all points of a signal."""
        return _variance(self.seed_noise, target)

    @cached_property
    def _inverse(self) -> Array:
        return np.linalg.inv(node_covariance(self.nodes, self.lengths)).astype(np.float64)

    def _is_known(self, points: Array) -> NDArray[np.bool_]:
        known = np.ones(len(points), dtype=bool)
        # log K - log g is log s0, nearly.
        for of_points, of_nodes in (
            (points[:, 0] - points[:, 1], self.nodes[:, 0] - self.nodes[:, 1]),
            (points[:, 1], self.nodes[:, 1]),
        ):
            known &= (of_points > of_nodes.min() - MARGIN) & (of_points < of_nodes.max() + MARGIN)
        return known


def kernel(points: Array, others: Array, lengths: Array) -> Array:
    """Return the squared-exponential kernel [n, m] between points [n, 2] and others [m, 2]."""
    away = (points[:, None] - others[None]) / lengths
    return np.exp(-0.5 * (away**2).sum(axis=-1))


def node_covariance(nodes: Array, lengths: Array) -> Array:
    """Return the kernel [q, q] of the nodes, with a little noise so that it can be inverted."""
    return kernel(nodes, nodes, lengths) + JITTER * np.eye(len(nodes))


def inputs_of(target: Target) -> Array:
    """Return the logarithms [4] of `INPUTS`.

    Raises:
        InputError: the target lacks a descriptor, or is no sound, series or image.

    Example:
        >>> inputs_of(Target.of(samples, width=26)).shape
        (4,)
    """
    if target.dimensions > 2:
        why = "the prior knows sounds, series and images. Use --sampler tpe."
        raise InputError.of_value("unsupported", "--sampler", "prior", why)
    descriptors = [max(target.descriptor(name), LEAST) for name in INPUTS[:2]]
    return np.log([*descriptors, samples_per_parameter(target), target.depth])


def samples_per_parameter(target: Target) -> float:
    """Return the number of values of a signal for each parameter of its network."""
    config = SirenConfig(width=target.width, depth=target.depth)
    shape = {"in_features": target.dimensions, "out_features": target.channels}
    return target.num_samples * target.channels / config.num_parameters(**shape)


def features(inputs: Array, ranges: Array, target: Target) -> Array:
    """Return the features [f] of `inputs_of`: a constant, the descriptors, then the setting."""
    low, high = ranges.T
    # From -2 to 2 over the range, about two standard deviations. What did not vary has the value 0.
    unit = np.where(high > low, (high - low) / 4, 1.0)
    psi, low_pass, ratio, depth = (np.clip(inputs, low, high) - (low + high) / 2) / unit
    squares = psi**2, psi * low_pass, low_pass**2, ratio**2
    return np.array([1.0, psi, low_pass, ratio, depth, *squares, float(target.dimensions == 2)])


def _variance(line: tuple[float, float], target: Target) -> float:
    intercept, slope = line
    return math.exp(intercept + slope * math.log(samples_per_parameter(target)))


def prior_json(prior: LandscapePrior) -> str:
    """Return a prior as JSON, the inverse of `prior_of`.

    Numbers have six digits. With four, S would not stay positive definite.
    """
    lower = [row[: i + 1] for i, row in enumerate(prior.covariance.tolist())]
    fields = {
        "origin": prior.origin,
        "noise": _short(prior.noise),
        "seed_noise": _short(prior.seed_noise),
        "lengths": _short(prior.lengths.tolist()),
        "ranges": _short(prior.ranges.tolist()),
        "nodes": _short(prior.nodes.tolist()),
        "coefficients": _short(prior.coefficients.tolist()),
        "covariance": _short(lower),
    }
    # A line for each field, and for each row of the large ones.
    lines = []
    for name, value in fields.items():
        text = json.dumps(value)
        lines.append(f" {json.dumps(name)}: " + text.replace("], [", "],\n  ["))
    return "{\n" + ",\n".join(lines) + "\n}\n"


def prior_of(content: Any) -> LandscapePrior:
    """Return the prior that decoded JSON describes.

    Example:
        >>> prior_of(json.loads(prior_json(PRIOR))).origin == PRIOR.origin
        True
    """
    rows = content["covariance"]
    covariance = np.zeros((len(rows), len(rows)))
    for i, row in enumerate(rows):
        covariance[i, : i + 1] = row
        covariance[: i + 1, i] = row
    return LandscapePrior(
        nodes=np.array(content["nodes"]),
        lengths=np.array(content["lengths"]),
        ranges=np.array(content["ranges"]),
        coefficients=np.array(content["coefficients"]),
        covariance=covariance,
        noise=tuple(content["noise"]),
        seed_noise=tuple(content["seed_noise"]),
        origin=content["origin"],
    )


def _short(value: Any) -> Any:
    if isinstance(value, list | tuple):
        return [_short(part) for part in value]
    return float(f"{value:.6g}")


FILE = Path(__file__).with_name("landscapes.json")
PRIOR = prior_of(json.loads(FILE.read_text(encoding="utf-8")))
"""The prior that was fitted to all landscapes in `analysis/data`."""
