"""Read the surfaces of every setting of a results folder, with each fit's PSNR capped."""

import contextlib
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np

from analysis.experiments.variants import originals_of
from analysis.regret.single_fits import CAP_DB
from analysis.surfaces.smoothing import Fit, SignalMap, surfaces_through
from analysis.surfaces.stored import SEED, settings_of, stored_maps
from analysis.surfaces.surfaces import Surfaces
from inr_models import InputError
from studies.engine.store.store import Store

NOISE_DB2 = (0.1, 9.0)
"""Bounds of the variance of one fit. Where a network can interpolate, seeds differ by several dB
even when their PSNRs are capped."""


def setting_surfaces(
    results: str, recordings: str | None = None, *, progress: bool = False
) -> Surfaces:
    """Return the surfaces of all settings, one after the other, on the first seed.

    A signal has a surface for each setting that it was mapped in. Its target says which.

    Args:
        results: A results folder.
        recordings: See `stored_maps`.
        progress: Whether a bar shows how many are done.

    Raises:
        InputError: No setting has two maps.

    Example:
        >>> setting_surfaces("analysis/data").targets[0].values_per_parameter
    """
    maps = list(_maps(results, recordings))
    if not maps:
        fix = "no setting has two maps; run studies/rule_check.py on more signals."
        raise InputError.at("too-few", results, fix)
    return surfaces_through(maps, noise_db2=NOISE_DB2, progress=progress)


def _maps(results: str, recordings: str | None) -> Iterator[SignalMap]:
    store = Store(results, create=False)
    for setting in settings_of(store):
        with contextlib.suppress(InputError):  # it has fewer than two maps
            for one in stored_maps(results, recordings, other=setting).maps:
                if not originals_of(one.name):
                    yield one._replace(fits=_capped(one.fits))


def _capped(fits: Sequence[Fit]) -> list[Fit]:
    """Return the fits on the first seed alone. Most settings have no other."""
    capped = []
    for fit in fits:
        by_seed: Mapping[int, float] = fit.by_seed
        if SEED in by_seed:
            by_seed = {SEED: by_seed[SEED]}
        capped.append(Fit(fit.scales, {s: min(psnr, CAP_DB) for s, psnr in by_seed.items()}))
    return capped


def ratios_of(surfaces: Surfaces) -> np.ndarray[Any, np.dtype[np.float64]]:
    """Return [s] the values for each parameter, n/p."""
    return np.array([target.values_per_parameter for target in surfaces.targets])
