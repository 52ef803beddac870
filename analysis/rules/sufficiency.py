"""Does psi suffice? What every other descriptor adds to a flexible model of psi alone.

    python -m analysis.sufficiency results

The model has no formula: for a signal it takes the (K, g) of the least mean regret over the other
recordings' signals, weighted by how near their descriptors are (a Gaussian kernel over normal
scores of the ranks). All points within NEAR_DB of the least count, since which of them is the least
is chance, and a jump of it would look like a gain. With psi alone it is as good as any smooth rule
of psi; a descriptor's gain is how much regret it saves when it is told as well, in dB on recordings
that are left out. The permutation test shuffles the recordings' descriptors among neighbours in
psi, all descriptors together, and compares the largest gain of all, so it pays for their number.
"""

import argparse
import sys
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from rich.console import Console
from rich.table import Table
from scipy import stats

from analysis.reporting.tables import wide_table
from analysis.rules.families import recording_weights
from analysis.rules.validation import check_recordings
from analysis.statistics.intervals import Interval, recordings_interval
from analysis.surfaces.stored import stored_surfaces
from analysis.surfaces.surfaces import Surfaces
from inr_models import InputError

Array = NDArray[np.float64]

WIDTHS = (0.15, 0.3, 0.6, 1.2)
"""Of the kernel, in normal scores."""

STRATA = ((0.0, 0.2), (0.2, 0.4), (0.4, 1.0))
"""Of psi."""

NEAR_DB = 0.1

NEIGHBOURS = 6
"""Recordings of like psi, among which the test shuffles."""

SHUFFLES = 200


class Gain(NamedTuple):
    """What a descriptor saves, in dB: over all recordings, by stratum; p of the largest gain."""

    descriptor: str
    interval: Interval
    of_strata: tuple[float, ...]
    p_value: float


class Sufficiency(NamedTuple):
    """The gains, largest first, and the regret [s] in dB of the model of psi alone."""

    gains: tuple[Gain, ...]
    alone: Array


def sufficiency(surfaces: Surfaces, *, shuffles: int = SHUFFLES, seed: int = 0) -> Sufficiency:
    """Every descriptor's gain over psi alone; of those that rank the signals alike, or the other
    way round, the first's.
    """
    model = KernelModel(surfaces)
    psi = normal_scores(surfaces.descriptors["psi"])
    names = [
        name
        for name, values in surfaces.descriptors.items()
        if name not in ("psi", "centroid") and np.isfinite(values).all() and np.ptp(values) > 0
    ]
    others: dict[str, Array] = {}
    for name in names:
        scores = normal_scores(surfaces.descriptors[name])
        if not any(np.allclose(scores, sign * o) for o in others.values() for sign in (1, -1)):
            others[name] = scores
    alone = model.regret([psi])
    saved = {name: alone - model.regret([psi, scores]) for name, scores in others.items()}
    rng = np.random.default_rng(seed)
    largest = np.empty(shuffles)
    for trial in range(shuffles):
        order = _shuffled(surfaces.recordings, psi, rng)
        largest[trial] = max(
            (alone - model.regret([psi, scores[order]])).mean() for scores in others.values()
        )
    values = surfaces.descriptors["psi"]
    strata = [(values >= low) & (values < high) for low, high in STRATA]
    found = [
        Gain(
            name,
            recordings_interval(gain.tolist(), surfaces.recordings),
            tuple(float(gain[inside].mean()) if inside.any() else np.nan for inside in strata),
            float((1 + (largest >= gain.mean()).sum()) / (1 + shuffles)),
        )
        for name, gain in saved.items()
    ]
    return Sufficiency(tuple(sorted(found, key=lambda g: -g.interval.mean)), alone)


class KernelModel:
    """The point of the least kernel-weighted regret of the signals of other recordings."""

    def __init__(self, surfaces: Surfaces) -> None:
        recordings = np.array(surfaces.recordings)
        self.others = recordings[:, None] != recordings[None, :]
        # In single precision, which is enough for dB.
        self.regrets = surfaces.regret.reshape(len(recordings), -1).astype(np.float32)
        self.weights = recording_weights(surfaces.recordings)

    def regret(self, features: Sequence[Array]) -> Array:
        """[s] regret in dB of each signal, knowing `features` [s] each.

        The kernel's width is, for every signal, the one that does best for the other recordings.
        """
        at = np.stack(features)
        distance = ((at[:, :, None] - at[:, None, :]) ** 2).sum(axis=0)
        of_widths = np.array([self._at(distance, width) for width in WIDTHS])
        means = of_widths @ (self.others * self.weights).T
        return of_widths[means.argmin(axis=0), np.arange(of_widths.shape[1])]

    def _at(self, distance: Array, width: float) -> Array:
        # Never all zero, however far the nearest is.
        kernel = np.exp(-distance / (2 * width**2)) + 1e-9
        kernel *= self.others * self.weights
        kernel /= kernel.sum(axis=1, keepdims=True)
        expected = kernel.astype(np.float32) @ self.regrets
        near = expected <= expected.min(axis=1, keepdims=True) + np.float32(NEAR_DB)
        return np.einsum("sp,sp->s", near, self.regrets) / near.sum(axis=1)


def normal_scores(values: Array) -> Array:
    """[s] what a normal distribution has at the ranks of the values."""
    return stats.norm.ppf((stats.rankdata(values) - 0.5) / len(values))


def _shuffled(recordings: Sequence[str], psi: Array, rng: np.random.Generator) -> NDArray[np.int_]:
    """[s] whose descriptors each signal gets: those of a recording of nearly the same psi.

    Recordings are ordered by their mean psi and shuffled in blocks of `NEIGHBOURS`, which begin
    anywhere. The clips of one get those of another, in the order of their psi, over and over where
    these are fewer.
    """
    names, place = np.unique(recordings, return_inverse=True)
    clips = [members[np.argsort(psi[members])] for members in _members(place, len(names))]
    order = np.argsort([psi[members].mean() for members in clips])
    blocks = np.split(order, range(int(rng.integers(NEIGHBOURS)), len(order), NEIGHBOURS))
    found = np.empty(len(psi), dtype=int)
    for block in blocks:
        for one, other in zip(block, rng.permutation(block), strict=True):
            found[clips[one]] = np.resize(clips[other], len(clips[one]))
    return found


def _members(place: NDArray[np.int_], num: int) -> list[NDArray[np.int_]]:
    return [np.flatnonzero(place == which) for which in range(num)]


def main(argv: Sequence[str] | None = None) -> int:
    """The command; an exit code."""
    parser = argparse.ArgumentParser(prog="analysis.sufficiency", description=__doc__)
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    parser.add_argument("results", help="a results folder with maps, of studies/rule_check.py say")
    parser.add_argument("--recordings", metavar="CSV", help="columns signal, recording")
    arguments = parser.parse_args(argv)
    console = Console(highlight=False, markup=False)
    try:
        made = stored_surfaces(arguments.results, arguments.recordings).surfaces
        check_recordings(made)
    except InputError as error:
        print(f"error: {error}", file=sys.stderr)
        return 2
    with console.status("leaving out every recording, and shuffling"):
        found = sufficiency(made)
    console.print(sufficiency_table(made, found))
    return 0


def sufficiency_table(surfaces: Surfaces, found: Sufficiency, most: int = 12) -> Table:
    """The descriptors of the largest gains."""
    psi = surfaces.descriptors["psi"]
    counts = [int(((psi >= low) & (psi < high)).sum()) for low, high in STRATA]
    table = wide_table(
        f"Regret in dB that a descriptor saves beside psi, over {len(psi)} signals that were left "
        f"out; psi alone: {found.alone.mean():.2f} dB. p: permutation test of the largest of "
        f"{len(found.gains)} gains. By psi: {', '.join(map(str, counts))} signals."
    )
    table.add_column("beside psi", no_wrap=True, ratio=1, overflow="ellipsis")
    for name in ("gain", "95 % interval", "p", *(f"{low:g}-{high:g}" for low, high in STRATA)):
        table.add_column(name, justify="right", no_wrap=True)
    for gain in found.gains[:most]:
        table.add_row(
            gain.descriptor,
            f"{gain.interval.mean:+.2f}",
            f"[{gain.interval.low:+.2f}, {gain.interval.high:+.2f}]",
            f"{gain.p_value:.3f}",
            *(f"{value:+.2f}" for value in gain.of_strata),
        )
    return table
