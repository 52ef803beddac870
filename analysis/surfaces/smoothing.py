"""Fit smooth surfaces through maps, by a Gaussian process in (log K, log g)."""

import statistics
import warnings
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.linalg import cho_solve
from sklearn.exceptions import ConvergenceWarning
from sklearn.gaussian_process import GaussianProcessRegressor
from sklearn.gaussian_process.kernels import RBF, ConstantKernel, WhiteKernel
from threadpoolctl import threadpool_limits
from tqdm import tqdm

from analysis.surfaces.surfaces import GAINS, SHARES, Surfaces, regrets_of, share_and_gain
from search_spaces.descriptors import DESCRIPTORS
from search_spaces.rules import NoiseScales, Target

DEPTH_DB = 15.0
"""A smooth surface cannot follow the cliff to zero output, so a point that is further below a
signal's best point counts as this far below."""

EFFECT_DB = 5.0
"""One seed changes a point by at most so much: where only some seeds are dead, tens of dB lie
between them."""

LARGEST_SHARE = 1.1 * float(SHARES[-1])
"""Points with a larger K do not count: the lattice ends before them, and far from every optimum
they would only decide how smooth a surface is."""

NOISE_DB2 = (0.1, 1.0)
"""Bounds of the variance of one fit. On equal seeds the differences between points have a standard
deviation of 0.45 to 0.58 dB. For a mean over seeds, the lower bound is divided by their number."""

Array = NDArray[np.float64]


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


def surfaces_through(
    maps: Sequence[SignalMap],
    *,
    noise_db2: tuple[float, float] = NOISE_DB2,
    progress: bool = False,
) -> Surfaces:
    """Smooth the map of every signal with a Gaussian process.

    The length scales and the noise are fitted to each signal. A surface covers the rectangle of
    (log s0, log g) that the fits span, and a small margin.

    Args:
        maps: The maps.
        noise_db2: Bounds of the variance of one fit in dB².
        progress: Whether a bar shows how many are done.
    """
    # With a hundred points, further BLAS threads only wait for each other.
    with threadpool_limits(1, "blas"):
        bar = tqdm(maps, "surfaces", disable=not progress, mininterval=1)
        smooth = [_smooth(one.target, one.fits, noise_db2) for one in bar]
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


class _Smooth(NamedTuple):
    psnr: Array
    noise: float
    effects: Mapping[int, Array]


def _smooth(target: Target, fits: Sequence[Fit], noise_db2: tuple[float, float]) -> _Smooth:
    points = np.array([share_and_gain(target, fit.scales) for fit in fits])
    is_kept = points[:, 0] < LARGEST_SHARE
    at = np.log(points[is_kept])
    fits = [fit for fit, inside in zip(fits, is_kept.tolist(), strict=True) if inside]
    psnr = np.array([fit.psnr for fit in fits])
    top = psnr.max()
    below = np.maximum(psnr - top, -DEPTH_DB)
    lengths: Any = np.ones(2)  # one for each of log K and log g
    kernel = ConstantKernel(25.0, (1.0, 1e3)) * RBF(lengths, (0.3, 5.0))
    low, high = noise_db2
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
