"""Compute where in the spectrum networks err. `error_plots` draws it."""

import math
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from inr_models.errors import InputError
from inr_models.fitting.metrics import psnr_db

Values = NDArray[np.floating[Any]]
Maps = NDArray[np.float64]
Axis = NDArray[np.floating[Any]]


class Spectra(NamedTuple):
    """Magnitudes [len(y), len(x)] in dB relative to the ground truth's peak."""

    truth: Maps
    errors: Mapping[str, Maps | None]
    """Spectra of ground truth minus output, by network. None where that is not finite."""
    outputs: Mapping[str, Maps | None]
    """Spectra of the outputs themselves, by network. None where one is not finite."""
    psnr: Mapping[str, float]
    """PSNR in dB over all values, by network. NaN where the output is not finite."""
    x: Axis
    y: Axis

    @property
    def maps(self) -> list[Maps | None]:
        """The map of the ground truth, then those of the errors."""
        return [self.truth, *self.errors.values()]

    @property
    def floor(self) -> float:
        """The lower end of the common scale: 10 dB or more below the mean power of every error.

        It stays between -120, below which 16-bit samples hold only rounding, and -60.
        """
        powers = [np.mean(10 ** (db / 10)) for db in self.errors.values() if db is not None]
        quietest = min((power for power in powers if power > 0), default=1)
        return float(np.clip(10 * math.floor(math.log10(quietest) - 1), -120, -60))


def spectrograms(values: Values, outputs: Mapping[str, Values], rate: float | None) -> Spectra:
    """Return short-time spectra of a sound [n, 1] and of each network's error.

    Hann windows of about 2 sqrt(n) samples are as fine in time as in frequency. They overlap by
    three quarters and see the sound mirrored at its ends. x is in s and y in kHz. Without a sample
    rate x counts samples and y is the share of Nyquist.

    Args:
        values: The samples [n, 1] in [-1, 1].
        outputs: The outputs [n, 1] by network.
        rate: The sample rate in Hz. None if it is not known.
    """
    from scipy.signal import ShortTimeFFT, windows  # takes two seconds, and images do without

    n = len(values)
    window = 2 ** round(math.log2(2 * math.sqrt(n)))
    hop = window // 4
    frames = n // hop + 1
    stft = ShortTimeFFT(windows.hann(window, sym=False), hop, fs=1)

    def magnitude(sound: Maps) -> Maps:
        return np.abs(stft.stft(sound[:, 0], p0=0, p1=frames, padding="even"))

    x = np.arange(frames) * hop / (rate or 1)
    y = np.linspace(0, rate / 2000 if rate else 1, window // 2 + 1)
    peak = magnitude(values.astype(np.float64)).max()
    return _spectra(values, outputs, magnitude, peak, x, y)


def image_spectra(values: Values, outputs: Mapping[str, Values]) -> Spectra:
    """Return centred spectra of an image [H, W, C] and of each network's error, in cycles a pixel.

    They are means over the channels. The peak is that of the ground truth without its mean value.

    Args:
        values: The pixels [H, W, C] in [-1, 1].
        outputs: The outputs [H, W, C] by network.
    """

    def magnitude(image: Maps) -> Maps:
        return np.fft.fftshift(np.abs(np.fft.fft2(image, axes=(0, 1))).mean(axis=2))

    y, x = (np.fft.fftshift(np.fft.fftfreq(size)) for size in values.shape[:2])
    truth = values.astype(np.float64)
    peak = magnitude(truth - truth.mean(axis=(0, 1))).max()
    return _spectra(values, outputs, magnitude, peak, x, y)


def _spectra(
    values: Values, outputs: Mapping[str, Values], magnitude: Callable[[Maps], Maps],
    peak: float, x: Axis, y: Axis,
) -> Spectra:  # fmt: skip
    """Return the spectra of the ground truth and of each error, in dB relative to `peak`."""

    def decibels(signal: Maps) -> Maps:
        with np.errstate(divide="ignore"):  # an exact output has an error of -inf dB
            return 20 * np.log10(magnitude(signal) / peak)

    truth = values.astype(np.float64)
    errors: dict[str, Maps | None] = {}
    own: dict[str, Maps | None] = {}
    psnr: dict[str, float] = {}
    for name, output in outputs.items():
        if output.shape != values.shape:
            why = f"its shape is {output.shape}; give that of values, {values.shape}."
            raise InputError.at("wrong-kind", name, why)
        finite = bool(np.isfinite(output).all())
        errors[name] = decibels(truth - output) if finite else None
        own[name] = decibels(output.astype(np.float64)) if finite else None
        psnr[name] = float(psnr_db(np.mean(np.square(truth - output)))) if finite else math.nan
    return Spectra(decibels(truth), errors, own, psnr, x, y)
