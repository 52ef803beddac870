"""Smooth maps of PSNR over bandwidth and gain, one a signal: what rules are fitted to.

In (log K, log g), see `search_spaces.bandwidth`, landscapes of all lengths and widths have the same
axes, and ridges lie along them. Axes of arrays: s signal, k bandwidth, g gain.
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
from search_spaces.rules import NoiseScales, Target

SHARES = np.geomspace(0.0016, 2, 72)
GAINS = np.geomspace(1.1, 16, 32)
"""The lattice: K as a share of Nyquist, and g. Not down to g = 1: without any noise in layer 2,
s1 = 0, fits are dB worse than a surface through those of s1 = 0.1 tells."""

DEPTH_DB = 15.0
"""A smooth surface does not follow the cliff to zero output: what is further below a signal's
best point counts as this far below."""

NOISE_DB2 = (0.1, 1.0)
"""Variance of one fit: at equal seeds the differences between points deviate by 0.45 to 0.58 dB.
Of a mean over seeds the lower bound is as many times less."""

Array = NDArray[np.float64]


class Surfaces(NamedTuple):
    """`psnr` [s, k, g] in dB over SHARES and GAINS, NaN beyond what was fitted.

    `regret` [s, k, g] is how many dB below the surface's own highest point that is; beyond, that
    of the nearest point of the lattice that was fitted. `recordings` tell which signals were cut
    from one recording; `descriptors` are [s] each; `noise` [s] is the deviation in dB of the fits
    from the surface.
    """

    targets: tuple[Target, ...]
    names: tuple[str, ...]
    recordings: tuple[str, ...]
    descriptors: Mapping[str, Array]
    psnr: Array
    regret: Array
    noise: Array

    def subset(self, chosen: NDArray[np.bool_]) -> "Surfaces":
        """The signals [s] that are chosen."""
        kept = np.flatnonzero(chosen)
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
        """[s] regret in dB at a (share, gain) [s] of each signal, linear between lattice points."""
        places = [np.arange(len(self.targets)), _place(shares, SHARES), _place(gains, GAINS)]
        return map_coordinates(self.regret, places, order=1, mode="nearest")


def _place(values: Array, lattice: Array) -> Array:
    """Where values lie in a lattice of equal ratios, as fractions of its index."""
    steps = np.log(values / lattice[0]) / np.log(lattice[1] / lattice[0])
    return np.clip(steps, 0, len(lattice) - 1)


class Fit(NamedTuple):
    """A point's peak PSNR in dB, a mean over so many seeds."""

    scales: NoiseScales
    psnr: float
    num_seeds: int = 1


def surfaces(
    targets: Sequence[Target],
    names: Sequence[str],
    recordings: Sequence[str],
    fits: Sequence[Sequence[Fit]],
) -> Surfaces:
    """Smooth every signal's fits by a Gaussian process.

    Its length scales and its noise are fitted to the signal; it is kept to the rectangle of
    (log s0, log g) that the fits span, and a little beyond.
    """
    with threadpool_limits(1, "blas"):  # for a hundred points, more only wait for each other
        found = [_smooth(target, mine) for target, mine in zip(targets, fits, strict=True)]
    psnr = np.array([psnr for psnr, _ in found])
    regret = np.nanmax(psnr, axis=(1, 2), keepdims=True) - psnr
    return Surfaces(
        tuple(targets),
        tuple(names),
        tuple(recordings),
        {d: np.array([t.descriptors.get(d, np.nan) for t in targets]) for d in DESCRIPTORS},
        psnr,
        np.array([_filled(each) for each in regret]),
        np.array([noise for _, noise in found]),
    )


def _filled(regret: Array) -> Array:
    """[k, g] with the nearest known value where there is none."""
    places = distance_transform_edt(np.isnan(regret), return_distances=False, return_indices=True)
    return regret[tuple(np.asarray(places))]


def share_and_gain(target: Target, scales: NoiseScales) -> tuple[float, float]:
    """K as a share of Nyquist, and g, of a point."""
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
        warnings.simplefilter("ignore", ConvergenceWarning)  # of a bound that was reached
        process.fit(at, below - mean)
    lattice = np.stack(np.meshgrid(np.log(SHARES), np.log(GAINS), indexing="ij"), axis=-1)
    smooth = np.asarray(process.predict(lattice.reshape(-1, 2))).reshape(lattice.shape[:2])
    smooth += mean + top
    smooth[~_within(lattice, at)] = np.nan
    return smooth, float(np.std(below - mean - process.predict(at)))


def _within(lattice: Array, at: Array) -> NDArray[np.bool_]:
    """Where the lattice is between the least and the largest gain, and the least and the largest s0
    (K / g, about).
    """
    margin = 0.1
    s0, of_lattice = at[:, 0] - at[:, 1], lattice[..., 0] - lattice[..., 1]
    return (
        (of_lattice > s0.min() - margin)
        & (of_lattice < s0.max() + margin)
        & (lattice[..., 1] > at[:, 1].min() - margin)
        & (lattice[..., 1] < at[:, 1].max() + margin)
    )
