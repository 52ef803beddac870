"""Describe the clean target under white noise, from the noisy target alone.

White noise adds the same expected power to every line of the spectrum. The floor is read from the
quietest part of the spectrum, and every line is scaled down to what the noise does not explain:

    X(f) = Y(f) sqrt(max(1 - MARGIN floor / S(f), 0)),   S(f) the mean |Y|² of the lines around f

The mean is needed, because a single line of noise may well be several times the floor. The floor is
right where some part of the spectrum holds no signal. Where the signal fills the whole band, the
floor is too high by the signal's own power there.
"""

import numpy as np
from numpy.typing import NDArray

NUM_AROUND = {1: 33, 2: 7}
"""The lines along each axis whose mean is taken, by the number of axes."""

MARGIN = 1.5
"""The mean of 33 lines of white noise stays below so many times the floor, nearly always."""

NUM_PARTS = 16
"""Parts of equal numbers of lines, sorted by frequency. The quietest one gives the floor."""


def noise_deviation(values: NDArray) -> float:
    """Return the estimated standard deviation of white noise in a target.

    Args:
        values: Samples along each axis, without channels: a sound [n] or one channel [h, w].

    Example:
        >>> round(noise_deviation(0.1 * np.random.default_rng(0).standard_normal(100_000)), 2)
        0.1
    """
    return float(np.sqrt(_floor(np.fft.rfftn(values, norm="ortho"), values.shape)))


def without_noise(values: NDArray) -> NDArray[np.float64]:
    """Return a target with the estimated power of white noise subtracted from its spectrum.

    It is meant for descriptors, not for listening: spectral subtraction leaves musical noise.

    Args:
        values: Samples along each axis, without channels: a sound [n] or one channel [h, w].
    """
    axes = tuple(range(values.ndim))
    lines = np.fft.rfftn(values, norm="ortho")
    around = _mean_around(np.abs(lines) ** 2, NUM_AROUND[values.ndim])
    floor = MARGIN * _floor(lines, values.shape)
    gain = np.sqrt(np.clip(1 - floor / np.maximum(around, 1e-300), 0, None))
    gain[(0,) * values.ndim] = 1  # noise has no mean
    return np.fft.irfftn(gain * lines, values.shape, axes, norm="ortho")


def _mean_around(power: NDArray[np.float64], num: int) -> NDArray[np.float64]:
    """Return the mean of `num` values around each along every axis. The rim is repeated outside."""
    for axis in range(power.ndim):
        padding = [(0, 0)] * power.ndim
        padding[axis] = (num // 2, num // 2)
        windows = np.lib.stride_tricks.sliding_window_view(
            np.pad(power, padding, "edge"), num, axis
        )
        power = windows.mean(axis=-1)
    return power


def _floor(lines: NDArray[np.complex128], shape: tuple[int, ...]) -> float:
    """Return the power of white noise in one line of an orthonormal spectrum.

    The median of a part resists the tones in it. The power of a line of white noise is exponential,
    whose median is ln 2 of its mean.
    """
    axes = [np.fft.fftfreq(num) for num in shape[:-1]] + [np.fft.rfftfreq(shape[-1])]
    radius = np.sqrt(sum(f**2 for f in np.meshgrid(*axes, indexing="ij"))).ravel()
    power = (np.abs(lines) ** 2).ravel()[np.argsort(radius, kind="stable")][1:]
    return min(float(np.median(part)) for part in np.array_split(power, NUM_PARTS)) / np.log(2)
