"""Spectral descriptors of a target, one family a file; numpy only."""

from collections.abc import Callable

from numpy.typing import NDArray

from search_spaces.descriptors.centroid import spectral_centroid

DESCRIPTORS: dict[str, Callable[[NDArray], float]] = {"psi": spectral_centroid}
"""Name -> function of the fitted samples [n]. Names are columns `descriptor_*` of the store."""


def describe(values: NDArray) -> dict[str, float]:
    """Every descriptor of `values` [n], by name."""
    return {name: descriptor(values) for name, descriptor in DESCRIPTORS.items()}
