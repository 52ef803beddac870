"""Spectral descriptors of a target, one family a file; numpy only."""

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from search_spaces.descriptors.centroid import radial_centroid, raster_centroid, spectral_centroid

DESCRIPTORS: dict[str, Callable[[NDArray], float]] = {"psi": spectral_centroid}
"""Name -> function of a sound's fitted samples [n]. Names are columns `descriptor_*`."""

IMAGE_DESCRIPTORS: dict[str, Callable[[NDArray], float]] = {
    "psi": raster_centroid,
    "psi_radial": radial_centroid,
}
"""Of an image's pixels [H, W, C]."""


def describe(values: NDArray) -> dict[str, float]:
    """Every descriptor of a sound [n] or an image [H, W, C], by name."""
    known = DESCRIPTORS if np.ndim(values) == 1 else IMAGE_DESCRIPTORS
    return {name: descriptor(values) for name, descriptor in known.items()}
