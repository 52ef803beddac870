"""Describe a target by numbers, with one family of descriptors in each file and numpy alone.

`describe` computes all descriptors that are defined for a target. `DESCRIPTORS` lists their names,
units and meanings. They are the columns `descriptor_*` of the store's table of signals. Frequencies
are shares of Nyquist. Only psi includes the target's mean, as the paper's does.
"""

from collections.abc import Mapping
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from search_spaces.descriptors import bandwidth_shares, low_pass, moments, over_time, shape, tilt
from search_spaces.descriptors.centroid import raster_centroid, spectral_centroid
from search_spaces.descriptors.spectrum import spectrum


class Info(NamedTuple):
    """The unit and the meaning of a descriptor."""

    unit: str
    meaning: str


DESCRIPTORS: Mapping[str, Info] = {
    "psi": Info("share", "spectral centroid with the mean, Eqn. 10; of an image in raster order"),
    "centroid": Info("share", "centroid by magnitude over (radial) frequency, without the mean"),
    "spread": Info("share", "standard deviation around it"),
    "skewness": Info("", "third moment around it"),
    "kurtosis": Info("", "fourth moment around it"),
    "centroid_power": Info("share", "centroid by power"),
    "spread_power": Info("share", "standard deviation around it"),
    "skewness_power": Info("", "third moment around it"),
    "kurtosis_power": Info("", "fourth moment around it"),
    **{
        f"rolloff_{percent}": Info("share", f"below it lie {percent} % of the power")
        for percent in bandwidth_shares.ROLLOFFS
    },
    **{
        f"energy_above_{share:g}": Info("share", f"of the power above {share:g} Nyquist")
        for share in bandwidth_shares.ABOVE
    },
    **{
        f"low_pass_{quality}": Info("share", f"below it lies what a PSNR of {quality} dB needs")
        for quality in low_pass.QUALITIES
    },
    "low_to_high_db": Info("dB", "power below over power above 0.1 Nyquist"),
    "effective_bandwidth": Info("share", "of the lines that equal power would fill"),
    "rms_frequency": Info("share", "root mean square frequency by power"),
    "slope": Info("", "of the magnitudes, scaled to mean 1, over frequency"),
    "decrease": Info("", "Peeters' decrease of the magnitudes"),
    "exponent": Info("", "alpha of a power of 1/f^alpha"),
    "entropy": Info("share", "of the power's distribution over lines, 1 if even"),
    "flatness": Info("share", "geometric over arithmetic mean of the power"),
    "crest_db": Info("dB", "strongest line over the mean power"),
    "participation": Info(
        "share", "of the lines that carry the power, as effective_bandwidth; its inverse: peakiness"
    ),
    "irregularity": Info("", "Jensen's, between neighbouring lines"),
    "flux": Info("share", "mean change of the spectrum from frame to frame; sounds"),
    "nonstationarity": Info("share", "deviation of the frames' power centroids; sounds"),
    "silence": Info("share", "of frames 60 dB or more below the loudest; sounds"),
    "crest_factor_db": Info("dB", "peak over root mean square; sounds"),
    "zero_crossings": Info("share", "of neighbours with different signs; sounds"),
    "mobility": Info("rad/sample", "Hjorth's, about the rms angular frequency; sounds"),
    "complexity": Info("", "Hjorth's, 1 of a sine; sounds"),
}

_FAMILIES = (moments, bandwidth_shares, tilt, shape)


def describe(values: NDArray) -> dict[str, float]:
    """Return every descriptor of a signal by name, NaN where it is not defined.

    Args:
        values: a sound [n] or an image [h, w, c]. The descriptors of an image are means over its
            channels, except psi, which is the paper's. Constant channels are left out.

    Example:
        >>> 0 < describe(samples)["psi"] < 1
        True
    """
    samples = np.asarray(values)
    if samples.ndim == 3 and (varies := np.ptp(samples, axis=(0, 1)) > 0).any():
        samples = samples[..., varies]
    peak = low_pass.peak(samples)
    if samples.ndim == 1:
        descriptors = _spectral(samples, peak) | over_time.describe(samples)
        return {"psi": spectral_centroid(samples), **descriptors}
    of_channels = [_spectral(samples[..., c], peak) for c in range(samples.shape[-1])]
    means = {name: float(np.mean([f[name] for f in of_channels])) for name in of_channels[0]}
    return {"psi": raster_centroid(samples), **means}


def _spectral(samples: NDArray, peak: float) -> dict[str, float]:
    whole = spectrum(samples)
    descriptors: dict[str, float] = {}
    for family in _FAMILIES:
        descriptors |= family.describe(whole)
    return descriptors | low_pass.describe(whole, float(samples.var(dtype=np.float64)), peak)
