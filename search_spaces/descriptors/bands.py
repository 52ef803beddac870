"""A target's spectrum in a few numbers: what matching spectra needs once the samples are gone."""

import numpy as np
from numpy.typing import NDArray

from search_spaces.descriptors.spectrum import spectrum

NUM_BANDS = 128


def bands(values: NDArray, num: int = NUM_BANDS) -> tuple[float, ...]:
    """Each equal band's share of the summed magnitude |y| without DC, from 0 to Nyquist.

    Of a sound [n] or an image [h, w, c], whose radial frequencies above an axis' Nyquist count in
    the last band; the mean over its channels that vary. Where none does, NaN.
    """
    samples = np.asarray(values)
    channels = [samples] if samples.ndim == 1 else list(np.moveaxis(samples, -1, 0))
    channels = [channel for channel in channels if np.ptp(channel) > 0]
    if not channels:
        return (float("nan"),) * num
    found = np.zeros(num)
    for channel in channels:
        lines = spectrum(channel).without_mean
        # Nyquist itself is of the last band.
        place = np.minimum((lines.frequency * num).astype(int), num - 1)
        share = np.bincount(place, lines.magnitude, num)
        found += share / share.sum()
    return tuple((found / len(channels)).tolist())
