"""Smooth surfaces of PSNR over bandwidth and gain, one for each signal: rules are fitted to them.

A landscape is what was measured on the grid of points; a surface is the smooth function through it.
In (log K, log g), see `search_spaces.bandwidth`, the surfaces of all lengths and widths have the
same axes, and ridges lie along these. Axes of arrays: s signal, k bandwidth, g gain.
"""

import statistics
from collections.abc import Mapping
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import distance_transform_edt, map_coordinates

from search_spaces.bandwidth import bandwidth, gain
from search_spaces.rules import NoiseScales, Rule, Target

SHARES = np.geomspace(0.0016, 2, 72)
GAINS = np.geomspace(1.1, 16, 32)
"""The lattice: K as a share of Nyquist, and g. It does not reach g = 1: without noise in layer 2
(s1 = 0) fits are several dB worse than a surface through those of s1 = 0.1 predicts."""

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


def regrets_of(psnr: Array) -> Array:
    """Return the regret of surfaces [s, k, g] in dB, see `Surfaces`.

    Example:
        >>> regrets_of(np.array([[[1.0, 3.0]]])).tolist()
        [[[2.0, 0.0]]]
    """
    regret = np.nanmax(psnr, axis=(1, 2), keepdims=True) - psnr
    return np.array([_filled(of_signal) for of_signal in regret])


def _filled(regret: Array) -> Array:
    """Return [k, g] regrets with the nearest known value in place of each NaN."""
    places = distance_transform_edt(np.isnan(regret), return_distances=False, return_indices=True)
    return regret[tuple(np.asarray(places))]


def share_and_gain(target: Target, scales: NoiseScales) -> tuple[float, float]:
    """Return the bandwidth K of a point as a share of Nyquist, and its gain g.

    Args:
        target: The signal and the network.
        scales: s0 in rad per unit and s1.

    Example:
        >>> share, gain = share_and_gain(Target.of(samples, width=52), NoiseScales(400.0, 0.5))
        >>> round(share, 3), round(gain, 2)
        (0.341, 2.74)
    """
    k = bandwidth(*scales, width=target.width, in_features=target.dimensions)
    return k / target.nyquist, gain(scales.s1, width=target.width)
