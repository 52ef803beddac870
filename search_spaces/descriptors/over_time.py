"""Describe how a sound [n] changes in time: over frames, and from sample to sample.

The sound's mean is taken out first.

Frames have about 2 sqrt(n) samples, a Hann window and half overlap. m_t are the magnitudes of frame
t, scaled to sum 1.

- flux: mean over frames of |m_t - m_{t-1}|_1 / 2, 0 to 1 (after Peeters 2004, Sec. 6.2).
- nonstationarity: standard deviation over frames of the power centroid, weighted by power, as a
  share of Nyquist.
- silence: share of frames whose power is 60 dB or more below the largest.
- crest_factor_db: peak over root mean square.
- zero_crossings: share of neighbours with different signs: 1/2 for white noise, 1 at Nyquist.
- mobility, complexity (Hjorth 1970): the standard deviation of the slope by that of the samples,
  and the slope's own mobility by that.
"""

import math

import numpy as np
from numpy.typing import NDArray

SILENT_DB = 60.0


def describe(values: NDArray) -> dict[str, float]:
    """Return all of these by name, NaN without power and if the sound is shorter than a frame."""
    samples = np.asarray(values, dtype=np.float64)
    samples = samples - samples.mean()
    return _of_frames(samples) | _of_samples(samples)


def _of_frames(samples: NDArray[np.float64]) -> dict[str, float]:
    size = 2 ** max(4, round(math.log2(2 * math.sqrt(len(samples)))))
    unknown: dict[str, float] = dict.fromkeys(("flux", "nonstationarity", "silence"), math.nan)
    if len(samples) < size:
        return unknown
    frames = np.lib.stride_tricks.sliding_window_view(samples, size)[:: size // 2]
    window = np.hanning(size + 1)[:-1]
    magnitudes = np.abs(np.fft.rfft(frames * window, axis=1))
    power = (magnitudes**2).sum(axis=1)
    if not power.max() > 0:
        return unknown
    loud = power > power.max() * 10 ** (-SILENT_DB / 10)
    heard = magnitudes[loud] / magnitudes[loud].sum(axis=1, keepdims=True)
    frequency = np.linspace(0, 1, magnitudes.shape[1])
    squares = magnitudes[loud] ** 2
    centroids = (squares * frequency).sum(axis=1) / squares.sum(axis=1)
    mean = np.average(centroids, weights=power[loud])
    variance = np.average((centroids - mean) ** 2, weights=power[loud])
    changes = np.abs(np.diff(heard, axis=0)).sum(axis=1) / 2
    return {
        "flux": float(changes.mean()) if len(changes) else 0.0,
        "nonstationarity": math.sqrt(variance),
        "silence": float(1 - loud.mean()),
    }


def _of_samples(samples: NDArray[np.float64]) -> dict[str, float]:
    rms, slope, bend = (float(np.diff(samples, order).std()) for order in (0, 1, 2))
    mobility = slope / rms if rms > 0 else math.nan
    signs = np.signbit(samples)
    return {
        "crest_factor_db": 20 * math.log10(np.abs(samples).max() / rms) if rms > 0 else math.nan,
        "zero_crossings": float((signs[1:] != signs[:-1]).mean()),
        "mobility": mobility,
        "complexity": bend / slope / mobility if slope > 0 and mobility > 0 else math.nan,
    }
