"""Say what as many numbers give without a network, by coefficients of a cosine transform.

A network has to beat this to be worth its training, yet papers on coordinate networks do not show
it. A further way is a function of the samples and a line of `BASELINES`.
"""

import math
from collections.abc import Mapping
from typing import NamedTuple, Protocol

import numpy as np
from numpy.typing import NDArray

from inr_models.fitting.metrics import psnr_db
from inr_models.fitting.objective import REGRESSION
from studies.engine.outcomes.signal_state import SignalState
from studies.engine.store.store import Store, target_path

EXACT = "exact"

MOST_AXES = 2
"""Sounds and images have a transform. The distances of a shape do not."""

BAND_DB = 40.0
"""The band of a signal holds what a PSNR of this many dB needs."""


class WithoutNetwork(NamedTuple):
    """Hold what as many numbers give without a network.

    Args:
        psnr: PSNR in dB. It is infinite where nothing is lost.
        numbers: The numbers that are kept.
    """

    psnr: float
    numbers: int

    @property
    def is_exact(self) -> bool:
        """Whether nothing is lost."""
        return math.isinf(self.psnr)

    @property
    def shown_psnr(self) -> float | None:
        """The PSNR in dB that a table shows, None where nothing is lost."""
        return None if self.is_exact else self.psnr

    @property
    def remark(self) -> str:
        """Return what a table says of it."""
        return EXACT if self.is_exact else "no network"


class Way(Protocol):
    """Says what some numbers give for samples [*shape, c]."""

    def __call__(self, values: NDArray[np.floating], numbers: int) -> WithoutNetwork: ...


def largest_coefficients(values: NDArray[np.floating], numbers: int) -> WithoutNetwork:
    """Return what the largest coefficients of the orthonormal DCT-II give.

    A coefficient counts as two numbers, its value and its place.

    Args:
        values: Samples [*shape, c]. Each channel is transformed along all axes of the shape. The
            coefficients of all channels compete.
        numbers: The numbers that may be kept, two for each coefficient.

    Example:
        >>> tone = np.cos(np.pi * 5 * (np.arange(64) + 0.5) / 64)[:, None]
        >>> largest_coefficients(tone, numbers=2).psnr > 200
        True
    """
    energies = _energies(values).ravel()
    kept = min(numbers // 2, energies.size)
    left_out = np.sort(energies)[: energies.size - kept]
    return WithoutNetwork(float(psnr_db(left_out.sum() / energies.size)), 2 * kept)


def random_features(values: NDArray[np.floating], numbers: int) -> WithoutNetwork:
    """Return what least squares on random Fourier features in the signal's band give.

    The features are cosines. Their frequencies are drawn from the lines of the DCT-II in the band
    (`BAND_DB`), where they are orthogonal. So least squares is a projection, and the error's mean
    over all draws follows from the energies, without a draw. A feature counts as one number, its
    amplitude: a seed gives the frequencies. With more features than the band has lines, the next
    higher lines follow.

    Args:
        values: Samples [*shape, c]. The channels share the frequencies.
        numbers: The numbers that may be kept.

    Example:
        >>> tone = np.cos(np.pi * 5 * (np.arange(64) + 0.5) / 64)[:, None]
        >>> round(random_features(tone, numbers=3).psnr, 1)
        6.0
    """
    energies = _energies(values)
    num_channels = energies.shape[-1]
    grids = np.meshgrid(*(np.arange(n) / n for n in energies.shape[:-1]), indexing="ij")
    order = np.argsort(np.sum(np.square(grids), axis=0), axis=None, kind="stable")
    of_lines = energies.reshape(-1, num_channels).sum(axis=1)[order]
    num_lines = len(of_lines)
    kept = min(numbers // num_channels, num_lines)
    # above[m] is the energy of all lines from the m-th on.
    above = np.append(np.cumsum(of_lines[::-1])[::-1], 0.0)
    band = int(np.argmax(psnr_db(above / energies.size) >= BAND_DB))
    lost = above[kept]
    if kept < band:
        lost = above[band] + (1 - kept / band) * (above[0] - above[band])
    return WithoutNetwork(float(psnr_db(lost / energies.size)), kept * num_channels)


def _energies(values: NDArray[np.floating]) -> NDArray[np.float64]:
    """Return the energy [*shape, c] of every coefficient of the orthonormal DCT-II.

    The energy of an error is that of the coefficients that are left out (Parseval).
    """
    from scipy.fft import dctn  # `status` imports the reports, and SciPy takes its time

    axes = tuple(range(values.ndim - 1))
    coefficients = np.asarray(dctn(values.astype(np.float64), axes=axes, norm="ortho"))
    return np.square(coefficients)


class Baseline(NamedTuple):
    """Describe a way to spend numbers without a network.

    Args:
        name: What tables call it.
        column: Its column in `comparison.parquet`.
        meaning: A sentence for captions.
        way: Computes it.
    """

    name: str
    column: str
    meaning: str
    way: Way


BASELINES = (
    Baseline(
        "largest DCT terms",
        "psnr_dct",
        "largest DCT terms: those of a discrete cosine transform, in at most as many numbers as "
        "the largest network has, a value and a place each.",
        largest_coefficients,
    ),
    Baseline(
        "random Fourier",
        "psnr_random_fourier",
        "random Fourier: least squares on as many cosines with random frequencies in the band "
        f"that {BAND_DB:.0f} dB need.",
        random_features,
    ),
)
"""The ways to spend numbers without a network, in the order of the tables."""


def without_network(state: SignalState, store: Store, numbers: int) -> Mapping[str, WithoutNetwork]:
    """Return what as many numbers give, by the names of `BASELINES`.

    It is empty for a signal without samples or with gaps.

    Args:
        state: The signal.
        store: Where its samples are.
        numbers: The numbers, those of a network's parameters.
    """
    signal = state.signal
    if state.run.scale.objective != REGRESSION or len(signal.shape) > MOST_AXES:
        return {}
    values = store.read_array(target_path(signal.sha256))
    if values is None or np.isnan(values).any():
        return {}
    samples = values.reshape(*signal.shape, signal.channels)
    return {baseline.name: baseline.way(samples, numbers) for baseline in BASELINES}
