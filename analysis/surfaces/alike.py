"""Reduce maps of two settings to what both have, so that like is compared with like.

A map of fewer cells or seeds shows another optimum, so a regret on it says nothing beside one on a
fuller map.
"""

from collections.abc import Iterable

import numpy as np
from numpy.typing import NDArray

from analysis.surfaces.smoothing import Fit, SignalMap
from analysis.surfaces.stored import MIN_POINTS
from search_spaces.bandwidth import gain

TOLERANCE = 1e-3
"""The relative difference of two scales that count as one. Cells lie much further apart, and the
scales of a fit are rounded to six digits."""


def alike(
    ones: Iterable[SignalMap], others: Iterable[SignalMap]
) -> tuple[list[SignalMap], list[SignalMap]]:
    """Return the maps of the signals that both settings have, on the cells and seeds of both.

    Two cells are the same if s0 as a share of Nyquist and the gain g agree, whatever the number of
    samples and the width. Signals are paired by name, because a crop of another length has another
    hash.

    Args:
        ones: the maps of one setting, each signal once.
        others: those of the other setting.

    Returns:
        The maps of both settings in the same order. Signals that share fewer than `MIN_POINTS`
        cells, or no seed, are left out.

    Example:
        >>> usual, elsewhere = alike(stored_maps(results).maps, stored_maps(other).maps)
    """
    by_name = {one.name: one for one in others}
    left, right = [], []
    for one in ones:
        other = by_name.get(one.name)
        if other is None or not (seeds := one.seeds & other.seeds):
            continue
        same = np.isclose(_cells(one)[:, None], _cells(other)[None], rtol=TOLERANCE).all(axis=-1)
        places = np.argwhere(same)
        if len(places) >= MIN_POINTS:
            left.append(one._replace(fits=[_on(one.fits[i], seeds) for i, _ in places]))
            right.append(other._replace(fits=[_on(other.fits[j], seeds) for _, j in places]))
    return left, right


def _cells(one: SignalMap) -> NDArray[np.float64]:
    """Return each point [p, 2] as s0 over Nyquist and g."""
    target = one.target
    scales = [fit.scales for fit in one.fits]
    return np.array([(s.s0 / target.nyquist, gain(s.s1, width=target.width)) for s in scales])


def _on(fit: Fit, seeds: Iterable[int]) -> Fit:
    return Fit(fit.scales, {seed: fit.by_seed[seed] for seed in sorted(seeds)})
