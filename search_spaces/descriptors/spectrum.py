"""Compute the spectrum of a target, on which all descriptors but psi are defined.

The spectrum leaves out the mean (DC). An offset says nothing about the frequencies that a fit
needs, and a network can supply it by its output bias. Axes: k lines, in order of frequency.
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]


class Spectrum(NamedTuple):
    """Hold the lines of a spectrum without DC, in order of frequency.

    A sound has the lines of `rfft`. An image or a volume with d axes has all lines of `fftn`, up to
    a frequency of sqrt(d).

    Attributes:
        frequency: [k] radial, as a share of an axis' Nyquist.
        magnitude: [k] |y|.
        weight: [k] what a line counts in sums and means. `rfft` shows one line of each pair at
            +-f. The line at Nyquist has no partner, so it counts half as much as the others.
    """

    frequency: Array
    magnitude: Array
    weight: Array

    @property
    def power(self) -> Array:
        """|y|^2 [k]."""
        return self.magnitude**2


def spectrum(values: NDArray) -> Spectrum:
    """Return the spectrum of real samples on a grid, [n], [h, w] or [d, h, w].

    Example:
        >>> spectrum(np.array([1.0, -1.0, 1.0, -1.0])).frequency
        array([0.5, 1. ])
    """
    samples = np.asarray(values, dtype=np.float64)
    if np.ptp(samples) == 0:
        samples = np.zeros_like(samples)  # rounding must not look like lines
    if samples.ndim == 1:
        frequency = (2 * np.fft.rfftfreq(len(samples))[1:]).astype(np.float64)
        # An odd number of samples has no line at Nyquist.
        weight = np.where(frequency == 1, 0.5, 1.0)
        return Spectrum(frequency, np.abs(np.fft.rfft(samples))[1:], weight)
    axes = np.meshgrid(*(2 * np.fft.fftfreq(num) for num in samples.shape), indexing="ij")
    radius = np.linalg.norm(axes, axis=0).ravel()
    order = np.argsort(radius, kind="stable")[1:]
    magnitude = np.abs(np.fft.fftn(samples)).ravel()[order]
    return Spectrum(radius[order], magnitude, np.ones(len(order)))


def weighted_mean(values: Array, weights: Array) -> float:
    """Return the weighted mean, NaN if all weights are 0."""
    total = weights.sum()
    return float((values * weights).sum() / total) if total > 0 else float("nan")
