"""Reduce a target's spectrum to the few numbers that spectrum matching needs."""

import numpy as np
from numpy.typing import NDArray

from search_spaces.descriptors.spectrum import spectrum

NUM_BANDS = 128


def bands(values: NDArray, num: int = NUM_BANDS) -> tuple[float, ...]:
    """Return each band's share of the summed magnitude |y| without DC, from 0 to Nyquist.

    Args:
        values: a sound [n] or an image [h, w, c]. Radial frequencies of an image above an axis'
            Nyquist count in the last band.
        num: the number of bands, of equal width.

    Returns:
        The means over the channels that vary; NaN if none varies.
    """
    samples = np.asarray(values)
    channels = [samples] if samples.ndim == 1 else list(np.moveaxis(samples, -1, 0))
    channels = [channel for channel in channels if np.ptp(channel) > 0]
    if not channels:
        return (float("nan"),) * num
    shares = np.zeros(num)
    for channel in channels:
        lines = spectrum(channel)
        # Nyquist itself counts in the last band.
        place = np.minimum((lines.frequency * num).astype(int), num - 1)
        magnitudes = np.bincount(place, lines.weight * lines.magnitude, num)
        shares += magnitudes / magnitudes.sum()
    return tuple((shares / len(channels)).tolist())
