"""Sounds of all kinds that have one psi: if their optima differ, psi does not suffice.

Of each kind the magnitudes |y_k| over f_k, in shares of Nyquist, have one parameter that is solved
for psi (Brent's method); the phases are random. B(f, c) = exp(-((f - c) / 0.02)^2 / 2) is a band.

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
"""Shares of Nyquist. A tone's noise draws psi towards 1/2; and from 0.4 on, or so, nearly any
initialization works."""

BAND = 0.02
"""Standard deviation of a band of magnitudes, a share of Nyquist."""


class Kind(NamedTuple):
    """`lines(f, psi, parameter, draw)` [k] without DC, from standard complex draws [k]; the bounds
    between which the parameter lies.
    """

    lines: Callable[[Array, float, float, Lines], Lines]
    low: float
    high: float


def of_psi(psi: float, kind: str, num_samples: int, seed: int) -> Array:
    """A sound [n] of a kind of `KINDS`, of the paper's psi (Eqn. 10), with largest |x| 1.

    Raises:
        InputError: a psi outside LOWEST to HIGHEST.
    """
    if not LOWEST <= psi <= HIGHEST:
        raise InputError(
            "out-of-range",
            "--equal-psi",
            f"--equal-psi {psi:g}: give shares of Nyquist, {LOWEST} to {HIGHEST}.",
        )
    lines, low, high = KINDS[kind]
    f: Array = 2 * np.fft.rfftfreq(num_samples)[1:].astype(np.float64)
    real, imaginary = np.random.default_rng(seed).standard_normal((2, len(f)))

    def sound(parameter: float) -> Array:
        found = lines(f, psi, parameter, real + 1j * imaginary)
        samples = np.fft.irfft(np.concatenate([[0], found]), num_samples)
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
    """Lines of magnitude 1; that at Nyquist, which is real, has the last one's sign."""
    turned = draw / np.abs(draw)
    turned[-1] = np.sign(draw[-1].real)
    return turned


REFERENCE = "one_over_f"
"""The kind that is most like natural sound, beside which the others are put."""

KINDS: Mapping[str, Kind] = {
    REFERENCE: Kind(_one_over_f, 0.0, 4.0),
    "narrow_band": Kind(_narrow_band, 0.0, 1.0),
    "two_band": Kind(_two_band, 0.0, 1.0),
    "tone": Kind(_tone, -6.0, 1.0),
}
