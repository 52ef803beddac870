"""Smooth surfaces of PSNR over bandwidth and gain, one for each signal: rules are fitted to them.

A landscape is what was measured on the grid of points; a surface is the smooth function through it.
In (log K, log g), see `search_spaces.bandwidth`, the surfaces of all lengths and widths have the
same axes, and ridges lie along these. Axes of arrays: s signal, k bandwidth, g gain.
"""

import warnings
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import distance_transform_edt, map_coordinates
from sklearn.exceptions import ConvergenceWarning
from sklearn.gaussian_process import GaussianProcessRegressor
from sklearn.gaussian_process.kernels import RBF, ConstantKernel, WhiteKernel
from threadpoolctl import threadpool_limits

from search_spaces.bandwidth import bandwidth, gain
from search_spaces.descriptors import DESCRIPTORS
from search_spaces.rules import NoiseScales, Rule, Target

SHARES = np.geomspace(0.0016, 2, 72)
GAINS = np.geomspace(1.1, 16, 32)
"""The lattice: K as a share of Nyquist, and g. It does not reach g = 1: without noise in layer 2
(s1 = 0) fits are several dB worse than a surface through those of s1 = 0.1 predicts."""

DEPTH_DB = 15.0
"""A smooth surface cannot follow the cliff to zero output, so a point that is further below a
signal's best point counts as this far below."""

NOISE_DB2 = (0.1, 1.0)
"""Bounds of the variance of one fit. On equal seeds the differences between points have a standard
deviation of 0.45 to 0.58 dB. For a mean over seeds, the lower bound is divided by their number."""

Array = NDArray[np.float64]


class Surfaces(NamedTuple):
    """The surfaces of several signals, over the lattice of SHARES and GAINS.

    Attributes:
        targets: [s] what a rule knows of each signal.
        names: [s] the signals' names.
        recordings: [s] the recording that each signal was cut from.
        descriptors: [s] values of every descriptor, by its name.
        psnr: [s, k, g] in dB, NaN outside the region that was fitted.
        regret: [s, k, g] dB below the surface's highest point; outside the fitted region, the
            value of the nearest fitted point of the lattice.
        noise: [s] standard deviation in dB of the fits from the surface.
    """

    targets: tuple[Target, ...]
    names: tuple[str, ...]
    recordings: tuple[str, ...]
    descriptors: Mapping[str, Array]
    psnr: Array
    regret: Array
    noise: Array

    def subset(self, kept: NDArray[np.int_]) -> "Surfaces":
        """Return the surfaces of some of the signals, given by their indices."""
        return Surfaces(
            targets=tuple(self.targets[i] for i in kept),
            names=tuple(self.names[i] for i in kept),
            recordings=tuple(self.recordings[i] for i in kept),
            descriptors={name: values[kept] for name, values in self.descriptors.items()},
            psnr=self.psnr[kept],
            regret=self.regret[kept],
            noise=self.noise[kept],
        )

    def regret_at(self, shares: Array, gains: Array) -> Array:
        """Return the regret [s] in dB at one point of each signal, linear between lattice points.

        Args:
            shares: [s] bandwidths as shares of Nyquist.
            gains: [s] gains.
        """
        places = [np.arange(len(self.targets)), _place(shares, SHARES), _place(gains, GAINS)]
        return map_coordinates(self.regret, places, order=1, mode="nearest")

    def regret_of(self, rule: Rule) -> "PointRegrets":
        """Return the points that a rule gives for the signals, and their regrets.

        Example:
            >>> surfaces.regret_of(RULES["eqn11_length_width"]).regret.mean()
        """
        points = [share_and_gain(target, rule(target)) for target in self.targets]
        shares, gains = np.array(points).T
        return PointRegrets(self.regret_at(shares, gains), shares, gains)

    def best(self, index: int) -> tuple[int, int]:
        """Return the place (k, g) on the lattice of a signal's optimum, its surface's top."""
        k, g = np.unravel_index(np.nanargmax(self.psnr[index]), self.psnr[index].shape)
        return int(k), int(g)


class PointRegrets(NamedTuple):
    """One point of each signal: its regret [s] in dB, K as a share of Nyquist [s], and g [s]."""

    regret: Array
    shares: Array
    gains: Array


def _place(values: Array, lattice: Array) -> Array:
    """Return where values lie on a lattice of equal ratios, as fractions of its index."""
    steps = np.log(values / lattice[0]) / np.log(lattice[1] / lattice[0])
    return np.clip(steps, 0, len(lattice) - 1)


class Fit(NamedTuple):
    """The peak PSNR in dB of a point, averaged over `num_seeds` seeds."""

    scales: NoiseScales
    psnr: float
    num_seeds: int = 1


def surfaces(
    targets: Sequence[Target],
    names: Sequence[str],
    recordings: Sequence[str],
    fits: Sequence[Sequence[Fit]],
) -> Surfaces:
    """Smooth the fits of every signal with a Gaussian process.

    The length scales and the noise are fitted to each signal. A surface covers the rectangle of
    (log s0, log g) that the fits span, and a small margin.

    Args:
        targets: [s] what a rule knows of each signal.
        names: [s] the signals' names.
        recordings: [s] the recording that each signal was cut from.
        fits: [s] the points of each signal.
    """
    # With a hundred points, further BLAS threads only wait for each other.
    with threadpool_limits(1, "blas"):
        smooth = [_smooth(target, points) for target, points in zip(targets, fits, strict=True)]
    psnr = np.array([psnr for psnr, _ in smooth])
    regret = np.nanmax(psnr, axis=(1, 2), keepdims=True) - psnr
    return Surfaces(
        targets=tuple(targets),
        names=tuple(names),
        recordings=tuple(recordings),
        descriptors={
            name: np.array([target.descriptors.get(name, np.nan) for target in targets])
            for name in DESCRIPTORS
        },
        psnr=psnr,
        regret=np.array([_filled(of_signal) for of_signal in regret]),
        noise=np.array([noise for _, noise in smooth]),
    )


def _filled(regret: Array) -> Array:
    """Return [k, g] regrets with the nearest known value in place of each NaN."""
    places = distance_transform_edt(np.isnan(regret), return_distances=False, return_indices=True)
    return regret[tuple(np.asarray(places))]


def share_and_gain(target: Target, scales: NoiseScales) -> tuple[float, float]:
    """Return the bandwidth K of a point as a share of Nyquist, and its gain g."""
    k = bandwidth(*scales, width=target.width, in_features=target.dimensions)
    return k / target.nyquist, gain(scales.s1, width=target.width)


def _smooth(target: Target, fits: Sequence[Fit]) -> tuple[Array, float]:
    at = np.log([share_and_gain(target, fit.scales) for fit in fits])
    psnr = np.array([fit.psnr for fit in fits])
    top = psnr.max()
    below = np.maximum(psnr - top, -DEPTH_DB)
    lengths: Any = np.ones(2)  # one for each of log K and log g
    kernel = ConstantKernel(25.0, (1.0, 1e3)) * RBF(lengths, (0.3, 5.0))
    low, high = NOISE_DB2
    kernel += WhiteKernel(0.2, (low / fits[0].num_seeds, high))
    process = GaussianProcessRegressor(kernel, normalize_y=False)
    mean = below.mean()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)  # a bound was reached
        process.fit(at, below - mean)
    lattice = np.stack(np.meshgrid(np.log(SHARES), np.log(GAINS), indexing="ij"), axis=-1)
    smooth = np.asarray(process.predict(lattice.reshape(-1, 2))).reshape(lattice.shape[:2])
    smooth += mean + top
    smooth[~_within(lattice, at)] = np.nan
    return smooth, float(np.std(below - mean - process.predict(at)))


def _within(lattice: Array, at: Array) -> NDArray[np.bool_]:
    """Return where the lattice lies in the range of the fits, in gain and in s0 (about K / g)."""
    margin = 0.1
    s0, of_lattice = at[:, 0] - at[:, 1], lattice[..., 0] - lattice[..., 1]
    return (
        (of_lattice > s0.min() - margin)
        & (of_lattice < s0.max() + margin)
        & (lattice[..., 1] > at[:, 1].min() - margin)
        & (lattice[..., 1] < at[:, 1].max() + margin)
    )
