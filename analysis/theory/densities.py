"""Compute the distributions that the paper's theory gives for activations at initialization."""

import math
from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray
from scipy import special, stats

from search_spaces.bandwidth import gain

Array = NDArray[np.float64]
Distribution = Callable[[Array], Array]
"""A cumulative distribution function."""


def deviation_of_layer_2(s1: float, *, width: int, omega: float, has_biases: bool = True) -> float:
    """Return the standard deviation of layer 2's phases, omega (W h + b), at initialization.

    Without biases it is the gain g of Theorem 3.1, sqrt(1 + width s1^2 / 2). The theorem leaves the
    biases out. They are U(+-1/sqrt(width)), and add omega^2 / (3 width) to the variance.

    Args:
        s1: scale of the second layer's noise.
        width: features of a hidden layer.
        omega: the layer's factor.
        has_biases: whether biases are added.

    Example:
        >>> deviation_of_layer_2(0.0, width=300, omega=30.0)
        1.4142135623730951
    """
    variance = gain(s1, width=width) ** 2
    if has_biases:
        variance += omega**2 / (3 * width)
    return math.sqrt(variance)


def gaussian(deviation: float) -> Distribution:
    """Return the normal distribution of mean 0: layer 2's phases (Theorem 3.1).

    >>> float(gaussian(2.0)(np.zeros(1))[0])
    0.5
    """
    return stats.norm(scale=deviation).cdf


def arcsine() -> Distribution:
    """Return the distribution of sin(u) where u covers many periods: the theorem's assumption.

    >>> float(arcsine()(np.ones(1))[0])
    1.0
    """
    return stats.arcsine(loc=-1, scale=2).cdf


def laplace(deviation: float) -> Distribution:
    """Return the Laplace distribution, which the paper names for layer 1 (Fig. 13).

    >>> float(laplace(2.0)(np.zeros(1))[0])
    0.5
    """
    return stats.laplace(scale=deviation / math.sqrt(2)).cdf


def product_of_uniform_and_normal(deviation: float) -> Distribution:
    """Return the distribution of x w, for x ~ U(-1, 1) and w ~ N(0, deviation^2).

    These are layer 1's phases omega W x in one dimension, where the noise s0 is much larger than
    omega. The density is E1(z^2 / 2) / (2 sqrt(2 pi)) at z = x w / deviation. It has a pole at 0,
    which a Laplace distribution lacks.

    >>> float(product_of_uniform_and_normal(2.0)(np.zeros(1))[0])
    0.5
    """

    def cdf(values: Array) -> Array:
        z = np.abs(np.asarray(values)) / deviation
        # The integral of the density from 0 to z, by parts.
        with np.errstate(invalid="ignore"):
            pole = np.where(z == 0, 0.0, z * special.exp1(z**2 / 2) / (2 * math.sqrt(2 * math.pi)))
        return 0.5 + np.sign(values) * (pole + special.erf(z / math.sqrt(2)) / 2)

    return cdf


def density(distribution: Distribution, points: Array) -> Array:
    """Return the mean density of a distribution between neighbouring points.

    Args:
        distribution: The distribution.
        points: Points [n + 1], in ascending order.

    Example:
        >>> density(gaussian(1.0), np.array([-0.1, 0.1])).round(2).tolist()
        [0.4]
    """
    return np.diff(distribution(points)) / np.diff(points)
