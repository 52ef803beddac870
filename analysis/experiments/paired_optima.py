"""Does a signal's optimum move when the signal, or the width, is changed?

Paired: what the original's best (K, g) is worth on the variant's own smooth surface. K is kept in
rad per unit of coordinate, so it is another share of Nyquist where the variant has other samples.
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
    """The highest point of a signal's surface: K in rad per unit, g, and PSNR in dB."""

    bandwidth: float
    gain: float
    psnr: float


class Pair(NamedTuple):
    """An original and its variant. `regret` is how many dB the original's (K, g) lies below the
    variant's optimum on the variant's surface, 0 or more; `noise` the deviation in dB of the
    variant's fits from that surface, below which no regret tells anything. `shared` is what the
    best one (K, g) for all sounds of an equal psi loses on them in the mean; else NaN.
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


def optimum(surfaces: Surfaces, index: int) -> Optimum:
    """Of one signal."""
    psnr = surfaces.psnr[index]
    k, g = np.unravel_index(np.nanargmax(psnr), psnr.shape)
    nyquist = surfaces.targets[index].nyquist
    return Optimum(float(SHARES[k]) * nyquist, float(GAINS[g]), float(psnr[k, g]))


def pair(experiment: str, original: Surfaces, i: int, variant: Surfaces, j: int) -> Pair:
    """Of signal i of some surfaces and signal j of the same or others."""
    best, target = optimum(original, i), variant.targets[j]
    ones = np.ones(len(variant.targets))
    regret = variant.regret_at(best.bandwidth / target.nyquist * ones, best.gain * ones)
    return Pair(
        experiment=experiment,
        original=original.names[i],
        variant=variant.names[j],
        original_target=original.targets[i],
        variant_target=target,
        original_optimum=best,
        variant_optimum=optimum(variant, j),
        regret=float(regret[j]),
        noise=float(variant.noise[j]),
    )


def variant_pairs(surfaces: Surfaces) -> tuple[list[Pair], list[str]]:
    """Every variant beside its original, by their names (`variants`), in the order of the
    experiments; and a sentence for each whose original has no surface.

    Raises:
        InputError: two signals have one name.
    """
    if twice := [name for name, num in Counter(surfaces.names).items() if num > 1]:
        raise InputError(
            "taken",
            twice[0],
            f"{twice[0]}: two signals have this name; map variants in a folder of their own.",
        )
    place = {name: i for i, name in enumerate(surfaces.names)}
    found, missing = [], []
    for name, j in place.items():
        for experiment, original in originals_of(name):
            if original in place:
                found.append(pair(experiment, surfaces, place[original], surfaces, j))
            else:
                missing.append(f"{name}: {original}, beside which it belongs, is not mapped.")
    found = [_with_shared(each, found, surfaces, place) for each in found]
    return sorted(found, key=lambda p: (p.experiment, p.original, p.variant)), missing


def _with_shared(
    each: Pair, pairs: Sequence[Pair], surfaces: Surfaces, place: Mapping[str, int]
) -> Pair:
    if each.experiment != "equal psi":
        return each
    of_psi = [p.variant for p in pairs if p.original == each.original]
    indices = [place[name] for name in (each.original, *of_psi)]
    return each._replace(shared=float(surfaces.regret[indices].mean(axis=0).min()))


def width_pairs(of_widths: Sequence[Surfaces]) -> list[Pair]:
    """Every signal at further widths beside itself at the first, where it is mapped at both."""
    first = of_widths[0]
    place = {target.sha256: i for i, target in enumerate(first.targets)}
    found = [
        pair("width", first, place[target.sha256], other, j)
        for other in of_widths[1:]
        for j, target in enumerate(other.targets)
        if target.sha256 in place
    ]
    return sorted(found, key=lambda p: (p.original, p.variant_target.width))


def ridge(surfaces: Surfaces, index: int) -> tuple[Array, Array]:
    """K in rad per unit and PSNR in dB [k each]: a signal's surface in the mean over gains.

    Only where at least half as many gains as anywhere have been fitted.
    """
    known = np.isfinite(surfaces.psnr[index])
    enough = known.sum(axis=1) >= known.sum(axis=1).max() / 2
    psnr = np.nanmean(surfaces.psnr[index][enough], axis=1)
    return SHARES[enough] * surfaces.targets[index].nyquist, psnr
