"""Condition a Gaussian on fits, and say where the next fit tells most.

It needs numpy alone. Axes of arrays: n points.
"""

import math
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]

_NODES, _WEIGHTS = np.polynomial.hermite_e.hermegauss(7)
_WEIGHTS = _WEIGHTS / _WEIGHTS.sum()


class Gaussian(NamedTuple):
    """Holds what is known of the PSNR at some points.

    Args:
        mean: [n] in dB. -inf marks a point of which nothing is known: it is never chosen.
        covariance: [n, n] in dB².
    """

    mean: Array
    covariance: Array

    def given(self, places: Sequence[int], values: Array, noise: float) -> "Gaussian":
        """Return the posterior after fits.

        Args:
            places: [m] which of the points were fitted. A point may be there several times.
            values: [m] their PSNR in dB.
            noise: The variance of a fit in dB².

        Example:
            >>> prior = Gaussian(np.zeros(2), np.array([[1.0, 0.5], [0.5, 1.0]]))
            >>> prior.given([0], np.array([2.0]), noise=1.0).mean.tolist()
            [1.0, 0.5]
        """
        rows = list(places)
        if not rows:
            return self
        known = self.covariance[np.ix_(rows, rows)] + noise * np.eye(len(rows))
        share = np.linalg.solve(known, self.covariance[rows])
        return Gaussian(
            self.mean + share.T @ (values - self.mean[rows]),
            self.covariance - self.covariance[:, rows] @ share,
        )

    def while_running(self, places: Sequence[int], noise: float) -> "Gaussian":
        """Return the Gaussian for fits whose values are not known yet: the mean stays."""
        return self.given(places, self.mean[list(places)], noise)

    def knowledge_gradient(self, noise: float) -> Array:
        """Return the expected highest mean [n] in dB after one more fit at each of the points.

        This is the knowledge gradient plus a constant (Frazier, Powell and Dayanik 2009, doi
        10.1287/ijoc.1080.0314). A quadrature replaces the sum over lines of that paper.

        Args:
            noise: The variance of a fit in dB².
        """
        known = np.isfinite(self.mean)
        deviation = np.sqrt(np.maximum(self.variance, 0.0) + noise)
        slopes = (self.covariance / deviation)[known]
        highest = np.zeros(len(self.mean))
        for node, weight in zip(_NODES, _WEIGHTS, strict=True):
            highest += weight * (self.mean[known, None] + node * slopes).max(axis=0)
        return np.where(known, highest, -np.inf)

    def expected_improvement(self, best: float, noise: float) -> Array:
        """Return by how much [n] in dB a fit at each point is expected to exceed `best`.

        This is what the network itself gains, so the noise counts: another seed may be better.

        Args:
            best: The highest PSNR so far in dB.
            noise: The variance of a fit in dB².

        Example:
            >>> one = Gaussian(np.zeros(1), np.eye(1))
            >>> round(float(one.expected_improvement(0.0, noise=0.0)[0]), 3)
            0.399
        """
        known = np.isfinite(self.mean)
        mean = np.where(known, self.mean, best)
        deviation = np.sqrt(np.maximum(self.variance, 0.0) + noise)
        standard = (mean - best) / deviation
        below = np.array([0.5 * math.erfc(-z / math.sqrt(2)) for z in standard.tolist()])
        density = np.exp(-0.5 * standard**2) / math.sqrt(2 * math.pi)
        return np.where(known, (mean - best) * below + deviation * density, -np.inf)

    @property
    def variance(self) -> Array:
        """[n] in dB²."""
        return np.diag(self.covariance)


class Tried(NamedTuple):
    """Holds what a search has tried.

    Args:
        places: [m] which points have a score.
        values: [m] their PSNR in dB. One that is more than `depth` below the best counts as that
            far below, because nothing smooth follows the cliff to zero output.
        running: Points that have no score yet.
    """

    places: Sequence[int] = ()
    values: Sequence[float] = ()
    running: Sequence[int] = ()

    def posterior(self, known: Gaussian, noise: float, depth: float) -> Gaussian:
        """Return what is known after these fits."""
        if not self.places:
            return known
        values = np.array(self.values)
        return known.given(self.places, np.maximum(values, values.max() - depth), noise)

    def answer(self, known: Gaussian, noise: float, depth: float, default: int) -> int:
        """Return the point of the highest posterior mean.

        It is `default` if no mean is higher, and until two fits have a score: one fit tells the
        level of a landscape, and hardly where its optimum lies.

        Example:
            >>> known = Gaussian(np.array([0.0, 1.0, 3.0]), np.eye(3))
            >>> Tried([0], [0.0]).answer(known, 0.1, 15, default=0)
            0
            >>> Tried([0, 1], [0.0, 1.0]).answer(known, 0.1, 15, default=0)
            2
        """
        if len(self.places) < 2:
            return default
        mean = self.posterior(known, noise, depth).mean
        best = int(mean.argmax())
        return best if mean[best] > mean[default] else default

    def suggested(self, known: Gaussian, noise: float, depth: float) -> int:
        """Return the point whose fit is expected to improve the answer most, and is new."""
        posterior = self.posterior(known, noise, depth).while_running(self.running, noise)
        worth = posterior.knowledge_gradient(noise)
        worth[[*self.places, *self.running]] = -np.inf
        return int(worth.argmax())
