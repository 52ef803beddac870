"""Read the landscapes of all sizes of signals and networks that a results folder has."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from analysis.surfaces.smoothing import SignalMap
from analysis.surfaces.stored import SEED, SETTING, stored_maps, usual_setting
from inr_models import InputError
from search_spaces.prior.belief import log_share_and_gain
from search_spaces.rules import Target
from studies.engine.store.store import Store

Array = NDArray[np.float64]

SIZES = ("hp_width", "hp_depth", "n")
"""The columns of `SETTING` that a prior is conditioned on. All others have their usual values."""


class Landscape(NamedTuple):
    """Holds what was fitted to one signal in one setting.

    Attributes:
        target: the signal and the size of the network.
        name: the signal's name.
        recording: the recording that it was cut from.
        scales: [n, 2] the points (s0, s1).
        points: [n, 2] the same as (log K / Nyquist, log g).
        psnr: [n, k] in dB, by seed.
        seeds: [k] the seeds.
    """

    target: Target
    name: str
    recording: str
    scales: Array
    points: Array
    psnr: Array
    seeds: tuple[int, ...]

    def without_seed(self, seed: int) -> "Landscape | None":
        """Return the landscape without a seed, None if it has no other."""
        kept = [k for k, own in enumerate(self.seeds) if own != seed]
        if not kept:
            return None
        return self._replace(psnr=self.psnr[:, kept], seeds=tuple(self.seeds[k] for k in kept))


def all_landscapes(results: str, recordings: str | None = None) -> list[Landscape]:
    """Return the landscapes of every size that two signals or more have.

    Training is that of most fits, see `usual_setting`.

    Args:
        results: a results folder.
        recordings: see `stored_maps`.

    Raises:
        InputError: there is no such folder, or it has no landscapes.

    Example:
        >>> from analysis.surfaces.stored import BENCHMARK
        >>> len({one.target.width for one in all_landscapes(BENCHMARK)}) > 1
        True
    """
    store = Store(results, create=False)
    usual = usual_setting(store)
    training = {name: value for name, value in usual.items() if name not in SIZES}
    where = {"network": "siren2", "seed": SEED, **training}
    rows = store.fits(columns=SIZES, where=where).to_pylist()
    landscapes = []
    for sizes in sorted({tuple(row[name] for name in SIZES) for row in rows}):
        try:
            stored = stored_maps(results, recordings, other=dict(zip(SIZES, sizes, strict=True)))
        except InputError as error:
            if error.code != "too-few":
                raise
            continue  # one signal alone says nothing of others
        landscapes += [landscape_of(one) for one in stored.maps]
    if not landscapes:
        why = f"no size has landscapes of two signals; {SETTING[0]} and n vary too much."
        raise InputError.at("too-few", results, why)
    return landscapes


def landscape_of(one: SignalMap) -> Landscape:
    """Return the landscape of a map."""
    scales = np.array([fit.scales for fit in one.fits])
    seeds = tuple(sorted(one.seeds))
    return Landscape(
        one.target,
        one.name,
        one.recording,
        scales,
        log_share_and_gain(one.target, scales),
        np.array([[fit.by_seed[seed] for seed in seeds] for fit in one.fits]),
        seeds,
    )


def without(landscapes: Sequence[Landscape], recordings: set[str], seed: int) -> list[Landscape]:
    """Return the landscapes of all other recordings on all other seeds.

    Args:
        landscapes: Landscapes.
        recordings: The recordings that are left out.
        seed: The seed that is left out.
    """
    kept = []
    for one in landscapes:
        rest = None if one.recording in recordings else one.without_seed(seed)
        if rest:
            kept.append(rest)
    return kept
