"""Compute the spectrum of a target, on which most descriptors are defined.

Axes: k lines, in order of frequency.
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]


class Spectrum(NamedTuple):
    """The lines of a spectrum, in order of frequency.

    A sound has the lines of `rfft`, as in the paper: each counts once. An image or a volume with d
    axes has all lines of `fftn`, up to a frequency of sqrt(d).

    Attributes:
        frequency: [k] radial, as a share of an axis' Nyquist.
        magnitude: [k] |y|.
    """

    frequency: Array
    magnitude: Array

    @property
    def power(self) -> Array:
        """|y|^2 [k]."""
        return self.magnitude**2

    @property
    def without_mean(self) -> "Spectrum":
        """All lines but DC."""
        return Spectrum(self.frequency[1:], self.magnitude[1:])


def spectrum(values: NDArray) -> Spectrum:
    """Return the spectrum of real samples on a grid, [n], [h, w] or [d, h, w]."""
    samples = np.asarray(values, dtype=np.float64)
    if samples.ndim == 1:
        frequency = (2 * np.fft.rfftfreq(len(samples))).astype(np.float64)
        return Spectrum(frequency, np.abs(np.fft.rfft(samples)))
    axes = np.meshgrid(*(2 * np.fft.fftfreq(num) for num in samples.shape), indexing="ij")
    radius = np.linalg.norm(axes, axis=0).ravel()
    order = np.argsort(radius, kind="stable")
    return Spectrum(radius[order], np.abs(np.fft.fftn(samples)).ravel()[order])


def weighted_mean(values: Array, weights: Array) -> float:
    """Return the weighted mean, NaN if all weights are 0."""
    total = weights.sum()
    return float((values * weights).sum() / total) if total > 0 else float("nan")
