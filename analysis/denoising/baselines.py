"""Denoise by classical methods, each with a parameter that is chosen blindly or by the truth.

The blind choice is J-invariant as well (Batson and Royer 2019): samples are replaced by the mean of
their neighbours, and the denoised values in their places are compared with the noisy ones.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from inr_models.fitting.metrics import psnr_db
from search_spaces.descriptors.noise_floor import noise_deviation

FRAME = 512
"""Samples in a frame of the spectral methods for sounds."""

STRENGTHS = (0.5, 1.0, 1.5, 2.0, 3.0, 5.0, 8.0)
"""Multiples of the estimated noise that are tried."""

STRIDE = 4
"""One sample in so many along each axis is replaced for the blind choice."""

Denoiser = Callable[[NDArray, float], NDArray]
"""From noisy values and a strength to denoised values of the same shape."""


@dataclass(frozen=True)
class Baseline:
    """A classical method.

    Args:
        name: Its name in tables.
        denoise: From a sound [n] or an image [h, w, c] and a strength to the denoised values.
    """

    name: str
    denoise: Denoiser


class Denoised(NamedTuple):
    """Hold what a method returns at one strength.

    Args:
        name: The name of the method.
        strength: The strength, a multiple of the estimated noise.
        output: The samples [n, c].
        held_out: The PSNR in dB of the replaced samples, which needs no clean signal.
    """

    name: str
    strength: float
    output: NDArray
    held_out: float


def baselines(noisy: NDArray, shape: tuple[int, ...]) -> Iterator[Denoised]:
    """Yield what each method returns at each strength.

    Args:
        noisy: The noisy samples [n, c].
        shape: Samples along each axis.

    Example:
        >>> noisy = np.random.default_rng(0).normal(size=(2048, 1)).astype(np.float32)
        >>> {one.name for one in baselines(noisy, (2048,))} == {one.name for one in SOUND_BASELINES}
        True
    """
    is_sound = len(shape) == 1
    values = noisy[:, 0] if is_sound else noisy.reshape(*shape, -1)
    values = values.astype(np.float64)
    axes = len(shape)
    for method in SOUND_BASELINES if is_sound else IMAGE_BASELINES:
        for strength in STRENGTHS:
            output = method.denoise(values, strength)
            loss = _held_out_loss(values, method.denoise, strength, axes)
            yield Denoised(method.name, strength, output.reshape(noisy.shape), float(psnr_db(loss)))


def _held_out_loss(values: NDArray, denoise: Denoiser, strength: float, axes: int) -> float:
    """Return the mean squared error at samples that the denoiser does not see."""
    losses = []
    for offset in range(0, STRIDE, STRIDE // 2):
        mask = np.zeros(values.shape[:axes], dtype=bool)
        mask[(slice(offset, None, STRIDE),) * axes] = True
        seen = values.copy()
        seen[mask] = _neighbours(values, axes)[mask]
        output = denoise(seen, strength)
        assert output.shape == values.shape, "other shapes would be broadcast"
        losses.append(np.mean(np.square(output[mask] - values[mask])))
    return float(np.mean(losses))


def _neighbours(values: NDArray, axes: int) -> NDArray:
    """Return the mean of the two neighbours of each sample along every axis."""
    total = np.zeros_like(values)
    for axis in range(axes):
        padded = np.concatenate([values.take([1], axis), values, values.take([-2], axis)], axis)
        num = values.shape[axis]
        total += padded.take(range(num), axis) + padded.take(range(2, num + 2), axis)
    return total / (2 * axes)


def _spectral(values: NDArray, strength: float, gain: Callable[[NDArray], NDArray]) -> NDArray:
    """Multiply each line of a sound's frames by a gain of its power over the noise's."""
    from scipy.signal import istft, stft

    frame = min(FRAME, len(values))
    options = {"window": "hann", "nperseg": frame, "noverlap": 3 * frame // 4}
    _, _, lines = stft(values, **options)
    window = np.hanning(frame + 1)[:-1]
    # scipy divides by the sum of the window, so white noise has this power in a line.
    floor = noise_deviation(values) ** 2 * np.sum(window**2) / window.sum() ** 2
    ratio = np.abs(lines) ** 2 / max(strength * floor, 1e-300)
    _, output = istft(gain(ratio) * lines, **options)
    return output[: len(values)]


def _share_of_signal(ratio: NDArray) -> NDArray:
    """Return the share of a line's power that is not noise, 0 if it is all noise.

    `ratio` is the line's power over that of the noise.
    """
    return np.clip(1 - 1 / np.maximum(ratio, 1e-12), 0, None)


def spectral_subtraction(values: NDArray, strength: float) -> NDArray:
    """Subtract the noise's power from each frame's spectrum (Berouti et al. 1979).

    Args:
        values: A sound [n].
        strength: How many times the estimated power is subtracted.

    Example:
        >>> spectral_subtraction(samples, 1.0).shape
        (2048,)
    """
    return _spectral(values, strength, lambda ratio: np.sqrt(_share_of_signal(ratio)))


def wiener_sound(values: NDArray, strength: float) -> NDArray:
    """Multiply each line of each frame by Wiener's gain, from the estimated power of the noise.

    Args:
        values: A sound [n].
        strength: How many times the estimated power is assumed.

    Example:
        >>> wiener_sound(samples, 1.0).shape
        (2048,)
    """
    return _spectral(values, strength, _share_of_signal)


def wavelets(values: NDArray, strength: float) -> NDArray:
    """Shrink wavelet coefficients by the BayesShrink threshold (scikit-image).

    Args:
        values: A sound [n] or an image [h, w, c].
        strength: How many times the estimated deviation is assumed.

    Example:
        >>> wavelets(samples, 1.0).shape
        (2048,)
    """
    from skimage.restoration import denoise_wavelet

    axis = -1 if values.ndim == 3 else None
    options = {"wavelet": "sym8" if axis is None else "db2", "channel_axis": axis}
    return denoise_wavelet(values, sigma=strength * _deviation(values), **options)


def wiener_image(values: NDArray, strength: float) -> NDArray:
    """Apply the local Wiener filter to each channel, in windows of 5 x 5 pixels (scipy).

    Args:
        values: An image [h, w, c].
        strength: How many times the estimated deviation is assumed.
    """
    from scipy.signal import wiener

    noise = (strength * _deviation(values)) ** 2
    channels = [wiener(values[..., c], 5, noise) for c in range(values.shape[-1])]
    return np.stack(channels, axis=-1)


def non_local_means(values: NDArray, strength: float) -> NDArray:
    """Average similar patches of an image (Buades et al. 2005, scikit-image).

    Args:
        values: An image [h, w, c].
        strength: How many times 0.6 of the estimated deviation two patches may differ by.
    """
    from skimage.restoration import denoise_nl_means

    deviation = _deviation(values)
    options = {"patch_size": 5, "patch_distance": 6, "channel_axis": -1}
    output = denoise_nl_means(values, h=0.6 * strength * deviation, sigma=deviation, **options)
    return output.reshape(values.shape)  # scikit-image drops an axis of one channel


def total_variation(values: NDArray, strength: float) -> NDArray:
    """Minimize the total variation of an image near the noisy one (Chambolle 2004).

    Args:
        values: An image [h, w, c].
        strength: The weight of the total variation, in estimated deviations of the noise.
    """
    from skimage.restoration import denoise_tv_chambolle

    return denoise_tv_chambolle(values, weight=strength * _deviation(values), channel_axis=-1)


def _deviation(values: NDArray) -> float:
    """Return the estimated deviation of white noise, the mean over channels."""
    if values.ndim == 1:
        return max(noise_deviation(values), 1e-9)
    of_channels = [noise_deviation(values[..., c]) for c in range(values.shape[-1])]
    return max(float(np.mean(of_channels)), 1e-9)


SOUND_BASELINES: Sequence[Baseline] = (
    Baseline("spectral subtraction", spectral_subtraction),
    Baseline("Wiener", wiener_sound),
    Baseline("wavelets", wavelets),
)
IMAGE_BASELINES: Sequence[Baseline] = (
    Baseline("Wiener", wiener_image),
    Baseline("wavelets", wavelets),
    Baseline("non-local means", non_local_means),
    Baseline("total variation", total_variation),
)
