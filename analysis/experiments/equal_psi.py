"""Make sounds of several kinds that have one psi: if their optima differ, psi does not suffice.

The magnitudes |y_k| over the frequencies f_k, in shares of Nyquist, have one parameter. Brent's
method solves it for psi. The phases are random. B(f, c) = exp(-((f - c) / 0.02)^2 / 2) is a band.

    one_over_f    f^(-alpha / 2): power goes by 1/f^alpha            alpha
    narrow_band   B(f, c)                                            c
    two_band      (1 - q) B(f, psi / 2) + q B(f, (1 + psi) / 2)      q
    tone          one line at psi / 4, over white noise              log10 of the noise by the line
"""

from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import brentq

from inr_models import InputError
from search_spaces.descriptors.centroid import spectral_centroid

Array = NDArray[np.float64]
Lines = NDArray[np.complex128]

LOWEST, HIGHEST = 0.05, 0.45
"""The range of psi, in shares of Nyquist. A tone's noise draws psi towards 1/2, and above about 0.4
nearly any initialization works."""

BAND = 0.02
"""Standard deviation of a band of magnitudes, a share of Nyquist."""


class Kind(NamedTuple):
    """A kind of sound.

    Attributes:
        lines: from (f, psi, parameter, draw) to the FFT's lines [k] without DC, where `draw` [k]
            are standard complex random numbers.
        low, high: bounds of the parameter.
    """

    lines: Callable[[Array, float, float, Lines], Lines]
    low: float
    high: float


def sound_of_psi(psi: float, kind: str, num_samples: int, seed: int) -> Array:
    """Return a sound [n] that has a given psi (paper, Eqn. 10); its largest |x| is 1.

    Args:
        psi: a share of Nyquist.
        kind: a key of `KINDS`.
        num_samples: n.
        seed: of the phases.

    Raises:
        InputError: psi lies outside LOWEST to HIGHEST.

    Example:
        >>> sound_of_psi(0.3, "two_band", 8192, seed=0).shape
        (8192,)
    """
    if not LOWEST <= psi <= HIGHEST:
        raise InputError.of_value(
            "out-of-range",
            "--equal-psi",
            f"{psi:g}",
            f"give shares of Nyquist, {LOWEST} to {HIGHEST}.",
        )
    lines, low, high = KINDS[kind]
    f: Array = 2 * np.fft.rfftfreq(num_samples)[1:].astype(np.float64)
    real, imaginary = np.random.default_rng(seed).standard_normal((2, len(f)))

    def sound(parameter: float) -> Array:
        without_mean = lines(f, psi, parameter, real + 1j * imaginary)
        samples = np.fft.irfft(np.concatenate([[0], without_mean]), num_samples)
        return samples / np.abs(samples).max()

    def too_high(parameter: float) -> float:
        return spectral_centroid(sound(parameter)) - psi

    parameter: Any = brentq(too_high, low, high)
    return sound(parameter)


def _band(f: Array, center: float) -> Array:
    return np.exp(-(((f - center) / BAND) ** 2) / 2)


def _one_over_f(f: Array, _: float, alpha: float, draw: Lines) -> Lines:
    return f ** (-alpha / 2) * _phases(draw)


def _narrow_band(f: Array, _: float, center: float, draw: Lines) -> Lines:
    return _band(f, center) * _phases(draw)


def _two_band(f: Array, psi: float, share: float, draw: Lines) -> Lines:
    return ((1 - share) * _band(f, psi / 2) + share * _band(f, (1 + psi) / 2)) * _phases(draw)


def _tone(f: Array, psi: float, log_noise: float, draw: Lines) -> Lines:
    return 10**log_noise * draw + (np.arange(len(f)) == np.searchsorted(f, psi / 4))


def _phases(draw: Lines) -> Lines:
    """Return lines of magnitude 1 and random phase. The line at Nyquist is real: 1 or -1."""
    turned = draw / np.abs(draw)
    turned[-1] = np.sign(draw[-1].real)
    return turned


REFERENCE = "one_over_f"
"""The kind that is most like natural sound: the original that the others are compared with."""

KINDS: Mapping[str, Kind] = {
    REFERENCE: Kind(_one_over_f, 0.0, 4.0),
    "narrow_band": Kind(_narrow_band, 0.0, 1.0),
    "two_band": Kind(_two_band, 0.0, 1.0),
    "tone": Kind(_tone, -6.0, 1.0),
}
