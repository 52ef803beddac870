"""Smooth surfaces of PSNR over bandwidth and gain, one for each signal: rules are fitted to them.

A landscape is what was measured on the grid of points; a surface is the smooth function through it.
In (log K, log g), see `search_spaces.bandwidth`, the surfaces of all lengths and widths have the
same axes, and ridges lie along these. Axes of arrays: s signal, k bandwidth, g gain.
"""

import statistics
import warnings
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.linalg import cho_solve
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

EFFECT_DB = 5.0
"""One seed changes a point by at most so much: where only some seeds are dead, tens of dB lie
between them."""

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
        effects: [s] by seed, what the seed adds to the surface [k, g] in dB. The effects of a
            signal's seeds add up to 0.
    """

    targets: tuple[Target, ...]
    names: tuple[str, ...]
    recordings: tuple[str, ...]
    descriptors: Mapping[str, Array]
    psnr: Array
    regret: Array
    noise: Array
    effects: tuple[Mapping[int, Array], ...]

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
            effects=tuple(self.effects[i] for i in kept),
        )

    def without_seed(self, seed: int) -> "Surfaces":
        """Return the surfaces through the means over all other seeds.

        Signals with this seed alone are left out.
        """
        kept = np.flatnonzero([bool(of_signal.keys() - {seed}) for of_signal in self.effects])
        rest = self.subset(kept)
        psnr, effects = rest.psnr.copy(), []
        for i, of_signal in enumerate(rest.effects):
            others = {s: effect for s, effect in of_signal.items() if s != seed}
            shift = np.mean(list(others.values()), axis=0)
            psnr[i] += shift
            effects.append({s: effect - shift for s, effect in others.items()})
        return rest._replace(psnr=psnr, regret=regrets_of(psnr), effects=tuple(effects))

    def regret_at(self, shares: Array, gains: Array) -> Array:
        """Return the regret [s] in dB at one point of each signal, linear between lattice points.

        Args:
            shares: [s] bandwidths as shares of Nyquist.
            gains: [s] gains.
        """
        places = [np.arange(len(self.targets)), _place(shares, SHARES), _place(gains, GAINS)]
        return map_coordinates(self.regret, places, order=1, mode="nearest")

    def points(self, shares: Array, gains: Array) -> "PointRegrets":
        """Return one point of each signal with its regret in dB by seed.

        Args:
            shares: [s] bandwidths as shares of Nyquist.
            gains: [s] gains.
        """
        places = np.array([_place(shares, SHARES), _place(gains, GAINS)])
        by_seed = []
        for i, regret in enumerate(self.regret_at(shares, gains).tolist()):
            best = self.best(i)
            of_signal = {}
            for seed, effect in self.effects[i].items():
                here = map_coordinates(effect, places[:, i : i + 1], order=1, mode="nearest")
                of_signal[seed] = regret + float(effect[best] - here[0])
            by_seed.append(of_signal)
        return PointRegrets(tuple(by_seed), shares, gains)

    def regret_of(self, rule: Rule) -> "PointRegrets":
        """Return the points that a rule gives for the signals, and their regrets.

        Example:
            >>> surfaces.regret_of(RULES["eqn11_length_width"]).regret.mean()
        """
        points = [share_and_gain(target, rule(target)) for target in self.targets]
        return self.points(*np.array(points).T)

    def best(self, index: int) -> tuple[int, int]:
        """Return the place (k, g) on the lattice of a signal's optimum, its surface's top."""
        k, g = np.unravel_index(np.nanargmax(self.psnr[index]), self.psnr[index].shape)
        return int(k), int(g)


class PointRegrets(NamedTuple):
    """Hold one point of each signal.

    Attributes:
        by_seed: [s] its regret in dB by seed.
        shares: [s] K as a share of Nyquist.
        gains: [s] g.
    """

    by_seed: tuple[Mapping[int, float], ...]
    shares: Array
    gains: Array

    @property
    def regret(self) -> Array:
        """[s] regret in dB, the mean over the signal's seeds."""
        return np.array([statistics.fmean(of_signal.values()) for of_signal in self.by_seed])


def _place(values: Array, lattice: Array) -> Array:
    """Return where values lie on a lattice of equal ratios, as fractions of its index."""
    steps = np.log(values / lattice[0]) / np.log(lattice[1] / lattice[0])
    return np.clip(steps, 0, len(lattice) - 1)


class Fit(NamedTuple):
    """Hold the peak PSNR in dB of a point by seed. All points of a signal have the same seeds."""

    scales: NoiseScales
    by_seed: Mapping[int, float]

    @property
    def psnr(self) -> float:
        """The mean over seeds in dB."""
        return statistics.fmean(self.by_seed.values())


class SignalMap(NamedTuple):
    """Hold what was fitted to one signal in one setting.

    Attributes:
        target: what a rule knows of the signal.
        name: the signal's name.
        recording: the recording that it was cut from.
        fits: the points, all with the same seeds.
    """

    target: Target
    name: str
    recording: str
    fits: Sequence[Fit]

    @property
    def seeds(self) -> frozenset[int]:
        """The seeds that all points have."""
        return frozenset(self.fits[0].by_seed)


def surfaces_through(maps: Sequence[SignalMap]) -> Surfaces:
    """Smooth the map of every signal with a Gaussian process.

    The length scales and the noise are fitted to each signal. A surface covers the rectangle of
    (log s0, log g) that the fits span, and a small margin.
    """
    # With a hundred points, further BLAS threads only wait for each other.
    with threadpool_limits(1, "blas"):
        smooth = [_smooth(one.target, one.fits) for one in maps]
    psnr = np.array([one.psnr for one in smooth])
    targets = tuple(one.target for one in maps)
    return Surfaces(
        targets=targets,
        names=tuple(one.name for one in maps),
        recordings=tuple(one.recording for one in maps),
        descriptors={
            name: np.array([target.descriptors.get(name, np.nan) for target in targets])
            for name in DESCRIPTORS
        },
        psnr=psnr,
        regret=regrets_of(psnr),
        noise=np.array([one.noise for one in smooth]),
        effects=tuple(one.effects for one in smooth),
    )


def regrets_of(psnr: Array) -> Array:
    """Return the regret of surfaces [s, k, g] in dB, see `Surfaces`."""
    regret = np.nanmax(psnr, axis=(1, 2), keepdims=True) - psnr
    return np.array([_filled(of_signal) for of_signal in regret])


def _filled(regret: Array) -> Array:
    """Return [k, g] regrets with the nearest known value in place of each NaN."""
    places = distance_transform_edt(np.isnan(regret), return_distances=False, return_indices=True)
    return regret[tuple(np.asarray(places))]


def share_and_gain(target: Target, scales: NoiseScales) -> tuple[float, float]:
    """Return the bandwidth K of a point as a share of Nyquist, and its gain g."""
    k = bandwidth(*scales, width=target.width, in_features=target.dimensions)
    return k / target.nyquist, gain(scales.s1, width=target.width)


class _Smooth(NamedTuple):
    psnr: Array
    noise: float
    effects: Mapping[int, Array]


def _smooth(target: Target, fits: Sequence[Fit]) -> _Smooth:
    at = np.log([share_and_gain(target, fit.scales) for fit in fits])
    psnr = np.array([fit.psnr for fit in fits])
    top = psnr.max()
    below = np.maximum(psnr - top, -DEPTH_DB)
    lengths: Any = np.ones(2)  # one for each of log K and log g
    kernel = ConstantKernel(25.0, (1.0, 1e3)) * RBF(lengths, (0.3, 5.0))
    low, high = NOISE_DB2
    seeds = fits[0].by_seed
    kernel += WhiteKernel(0.2, (low / len(seeds), high))
    process = GaussianProcessRegressor(kernel, normalize_y=False)
    mean = below.mean()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)  # a bound was reached
        process.fit(at, below - mean)
    lattice = np.stack(np.meshgrid(np.log(SHARES), np.log(GAINS), indexing="ij"), axis=-1)
    smooth = np.asarray(process.predict(lattice.reshape(-1, 2))).reshape(lattice.shape[:2])
    smooth += mean + top
    smooth[~_within(lattice, at)] = np.nan
    # A Gaussian process is linear in the values, so the smooth effects of the seeds add up to 0 as
    # the effects at the points do.
    by_seed = np.array([[fit.by_seed[seed] for seed in seeds] for fit in fits])
    away = np.clip(by_seed - by_seed.mean(axis=1, keepdims=True), -EFFECT_DB, EFFECT_DB)
    away -= away.mean(axis=1, keepdims=True)
    fitted: Any = process.kernel_
    near = fitted(lattice.reshape(-1, 2), at)
    effects = (near @ cho_solve((process.L_, True), away)).T.reshape(-1, *smooth.shape)
    return _Smooth(
        smooth,
        float(np.std(below - mean - process.predict(at))),
        dict(zip(seeds, effects, strict=True)),
    )


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
