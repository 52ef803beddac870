"""Compare the optima of originals and variants: do they move with the signal, or the width?

A pair reads the regret of the original's best (K, g) from the variant's own smooth surface. K is
kept in rad per unit of coordinate, so it is another share of Nyquist if the variant has another
number of samples.
"""

import math
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from analysis.experiments.variants import originals_of
from analysis.surfaces.surfaces import GAINS, SHARES, Surfaces
from inr_models import InputError
from search_spaces.rules import Target

Array = NDArray[np.float64]


class Optimum(NamedTuple):
    """The highest point of a signal's surface: K in rad per unit of coordinate, g, PSNR in dB."""

    bandwidth: float
    gain: float
    psnr: float


class Pair(NamedTuple):
    """An original and its variant.

    Attributes:
        regret: dB by which the original's (K, g) lies below the variant's optimum on the variant's
            surface, 0 or more.
        noise: standard deviation in dB of the variant's fits from its surface. A smaller regret
            means nothing.
        shared: mean loss in dB of the best single (K, g) for all sounds of an equal psi; NaN in
            other experiments.
    """

    experiment: str
    original: str
    variant: str
    original_target: Target
    variant_target: Target
    original_optimum: Optimum
    variant_optimum: Optimum
    regret: float
    noise: float
    shared: float = math.nan


def surface_optimum(surfaces: Surfaces, index: int) -> Optimum:
    """Return the optimum of one signal, given by its index.

    Args:
        surfaces: The surfaces of all signals.
        index: The signal's place among them.

    Example:
        >>> optimum = surface_optimum(surfaces, 0)
        >>> optimum.psnr == float(surfaces.psnr[0].max())
        True
    """
    k, g = surfaces.best(index)
    nyquist = surfaces.targets[index].nyquist
    psnr = float(surfaces.psnr[index, k, g])
    return Optimum(float(SHARES[k]) * nyquist, float(GAINS[g]), psnr)


def pair(experiment: str, original: Surfaces, i: int, variant: Surfaces, j: int) -> Pair:
    """Pair signal i of some surfaces with signal j of the same or of others.

    Args:
        experiment: What was changed.
        original: The surfaces that hold the original.
        i: Its place among them.
        variant: The surfaces that hold the variant.
        j: Its place among them.

    Example:
        >>> one = pair("copy", surfaces, 0, surfaces, 0)
        >>> one.original == one.variant, round(one.regret, 9)
        (True, 0.0)
    """
    best, target = surface_optimum(original, i), variant.targets[j]
    ones = np.ones(len(variant.targets))
    regret = variant.regret_at(best.bandwidth / target.nyquist * ones, best.gain * ones)
    return Pair(
        experiment=experiment,
        original=original.names[i],
        variant=variant.names[j],
        original_target=original.targets[i],
        variant_target=target,
        original_optimum=best,
        variant_optimum=surface_optimum(variant, j),
        regret=float(regret[j]),
        noise=float(variant.noise[j]),
    )


def variant_pairs(surfaces: Surfaces) -> tuple[list[Pair], list[str]]:
    """Pair every variant with its original, by their names (`variants`).

    Returns:
        The pairs in the order of the experiments, and a sentence for each variant whose original
        has no surface.

    Raises:
        InputError: two signals have the same name.
    """
    if twice := [name for name, num in Counter(surfaces.names).items() if num > 1]:
        raise InputError.at(
            "taken", twice[0], "two signals have this name; fit variants in a folder of their own."
        )
    place = {name: i for i, name in enumerate(surfaces.names)}
    pairs, missing = [], []
    for name, j in place.items():
        for experiment, original in originals_of(name):
            if original in place:
                pairs.append(pair(experiment, surfaces, place[original], surfaces, j))
            else:
                missing.append(f"{name}: its original {original} has too few fits.")
    pairs = [_with_shared(one, pairs, surfaces, place) for one in pairs]
    return sorted(pairs, key=lambda p: (p.experiment, p.original, p.variant)), missing


def _with_shared(
    one: Pair, pairs: Sequence[Pair], surfaces: Surfaces, place: Mapping[str, int]
) -> Pair:
    if one.experiment != "equal psi":
        return one
    of_psi = [p.variant for p in pairs if p.original == one.original]
    indices = [place[name] for name in (one.original, *of_psi)]
    return one._replace(shared=float(surfaces.regret[indices].mean(axis=0).min()))


def width_pairs(of_widths: Sequence[Surfaces]) -> list[Pair]:
    """Pair every signal at further widths with itself at the first, where both have surfaces."""
    first = of_widths[0]
    place = {target.sha256: i for i, target in enumerate(first.targets)}
    pairs = []
    for other in of_widths[1:]:
        for j, target in enumerate(other.targets):
            if target.sha256 in place:
                pairs.append(pair("width", first, place[target.sha256], other, j))
    return sorted(pairs, key=lambda p: (p.original, p.variant_target.width))


def ridge(surfaces: Surfaces, index: int) -> tuple[Array, Array]:
    """Return a signal's surface averaged over gains: K in rad per unit [k], PSNR in dB [k].

    A bandwidth counts if at least half as many gains were fitted there as anywhere.

    Args:
        surfaces: The surfaces of all signals.
        index: The signal's place among them.

    Example:
        >>> bandwidths, psnr = ridge(surfaces, 0)
        >>> bandwidths.shape == psnr.shape
        True
    """
    known = np.isfinite(surfaces.psnr[index])
    enough = known.sum(axis=1) >= known.sum(axis=1).max() / 2
    psnr = np.nanmean(surfaces.psnr[index][enough], axis=1)
    return SHARES[enough] * surfaces.targets[index].nyquist, psnr
