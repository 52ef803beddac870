"""Say what as many numbers give without a network: the largest coefficients of a cosine transform.

A network has to beat this to be worth its training, yet papers on coordinate networks do not show
it. A coefficient counts as two numbers, its value and its place.
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from inr_models.fitting.metrics import psnr_db
from inr_models.fitting.objective import REGRESSION
from studies.engine.outcomes.signal_state import SignalState
from studies.engine.store.store import Store, target_path

TRANSFORM = "largest DCT terms"
TRANSFORM_REMARK = "no network"
TRANSFORM_EXACT = "exact"

MOST_AXES = 2
"""Sounds and images have a transform. The distances of a shape do not."""


class Transformed(NamedTuple):
    """Hold what the largest coefficients of a discrete cosine transform (DCT) give.

    Args:
        psnr: PSNR in dB. It is infinite where all coefficients are kept.
        numbers: The numbers that they take, two for each.
    """

    psnr: float
    numbers: int

    @property
    def is_exact(self) -> bool:
        """Whether all coefficients are kept, so that nothing is lost."""
        return bool(np.isinf(self.psnr))


def largest_coefficients(values: NDArray[np.floating], numbers: int) -> Transformed:
    """Return what the largest coefficients of the orthonormal DCT-II give.

    Args:
        values: Samples [*shape, c]. Each channel is transformed along all axes of the shape. The
            coefficients of all channels compete.
        numbers: The numbers that may be kept, two for each coefficient.

    Example:
        >>> tone = np.cos(np.pi * 5 * (np.arange(64) + 0.5) / 64)[:, None]
        >>> largest_coefficients(tone, numbers=2).psnr > 200
        True
    """
    from scipy.fft import dctn  # `status` imports the reports, and SciPy takes its time

    axes = tuple(range(values.ndim - 1))
    coefficients = np.asarray(dctn(values.astype(np.float64), axes=axes, norm="ortho"))
    energies = np.square(coefficients.astype(np.float64)).ravel()
    kept = min(numbers // 2, energies.size)
    # The transform is orthonormal, so the error's energy is that of what is left out (Parseval).
    left_out = np.sort(energies)[: energies.size - kept]
    return Transformed(float(psnr_db(left_out.sum() / energies.size)), 2 * kept)


def without_network(state: SignalState, store: Store, numbers: int) -> Transformed | None:
    """Return what as many numbers give, None for a signal without samples or with gaps.

    Args:
        state: The signal.
        store: Where its samples are.
        numbers: The numbers, those of a network's parameters.
    """
    signal = state.signal
    if state.run.scale.objective != REGRESSION or len(signal.shape) > MOST_AXES:
        return None
    values = store.read_array(target_path(signal.sha256))
    if values is None or np.isnan(values).any():
        return None
    return largest_coefficients(values.reshape(*signal.shape, signal.channels), numbers)
