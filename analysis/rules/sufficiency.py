"""Does psi suffice? Measure what every other descriptor adds to a flexible model of psi alone.

    python -m analysis.sufficiency results

The model has no formula. For a signal it takes the (K, g) of the least mean regret over the signals
of other recordings, weighted by how similar their descriptors are (a Gaussian kernel over normal
scores of the ranks). All points within NEAR_DB of the least count: which of them is the least is
chance, and a jump between them would look like a gain. With psi alone the model is as good as any
smooth rule of psi. A descriptor's gain is the regret in dB that it saves on left-out recordings
when the model knows it too. The permutation test shuffles the recordings' descriptors among
neighbours in psi, all descriptors together. It compares the largest gain, so it corrects for their
number. The kernel's width is chosen from several. A gain is sure only if it also holds when any one
of these is not offered.
"""

import argparse
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from rich.console import Console
from rich.table import Table
from threadpoolctl import threadpool_limits
from tqdm import tqdm

from analysis.reporting.commands import run, surfaces_parser
from analysis.reporting.tables import wide_table
from analysis.rules.kernel_model import GRIDS, KernelModel, normal_scores
from analysis.rules.validation import check_recordings
from analysis.statistics.intervals import SURE, Interval, mean_interval
from analysis.surfaces.stored import stored_surfaces
from analysis.surfaces.surfaces import Surfaces

Array = NDArray[np.float64]

STRATA = ((0.0, 0.2), (0.2, 0.4), (0.4, 1.0))
"""Ranges of psi."""

NEIGHBOURS = 6
"""The number of recordings of similar psi among which the test shuffles."""

SHUFFLES = 200


class Gain(NamedTuple):
    """Hold the regret in dB that a descriptor saves beside psi.

    Attributes:
        descriptor: its name.
        intervals: over recordings and seeds, for each of `GRIDS`.
        p_values: of the permutation test of the largest gain, for each of `GRIDS`.
        of_strata: the mean in each of `STRATA`, with all widths.
    """

    descriptor: str
    intervals: tuple[Interval, ...]
    p_values: tuple[float, ...]
    of_strata: tuple[float, ...]

    @property
    def interval(self) -> Interval:
        """The interval with all widths."""
        return self.intervals[0]

    @property
    def p_value(self) -> float:
        """The largest p-value that any choice of widths gives."""
        return max(self.p_values)

    @property
    def is_sure(self) -> bool:
        """Whether tests and intervals agree that it adds to psi, whatever the widths."""
        return self.p_value < SURE and all(one.sign > 0 for one in self.intervals)


class Sufficiency(NamedTuple):
    """The gains, the largest first, and the regret [s] in dB of the model of psi alone."""

    gains: tuple[Gain, ...]
    alone: Array


# With products of this size, BLAS threads mostly wait for each other.
@threadpool_limits.wrap(limits=1, user_api="blas")
def sufficiency(
    surfaces: Surfaces, *, shuffles: int = SHUFFLES, seed: int = 0, progress: bool = False
) -> Sufficiency:
    """Return every descriptor's gain over psi alone.

    Descriptors that rank the signals alike, or in reverse, count once: the first stands for them.

    Args:
        surfaces: of 3 recordings or more.
        shuffles: of the permutation test.
        seed: of the permutation test.
        progress: whether a bar shows how many shuffles are done.

    Example:
        >>> sufficiency(surfaces, shuffles=20).gains[0].descriptor
    """
    model = KernelModel(surfaces)
    psi = normal_scores(surfaces.descriptors["psi"])
    others = _others(surfaces)
    alone = model.smoothed([psi])
    rng = np.random.default_rng(seed)
    largest = np.full((shuffles, len(GRIDS)), -np.inf)
    for trial in tqdm(range(shuffles), "shuffles", disable=not progress, mininterval=1):
        order = _shuffled(surfaces.recordings, psi, rng)
        for scores in others.values():
            gains = alone.regret - model.smoothed([psi, scores[order]]).regret
            largest[trial] = np.maximum(largest[trial], gains.mean(axis=1))
    values = surfaces.descriptors["psi"]
    strata = [(values >= low) & (values < high) for low, high in STRATA]
    gains = []
    for name, scores in others.items():
        both = model.smoothed([psi, scores])
        saved = alone.regret - both.regret
        means = [float(saved[0, inside].mean()) if inside.any() else np.nan for inside in strata]
        intervals, p_values = [], []
        for grid in range(len(GRIDS)):
            by_seed = model.by_seed(alone, both, grid)
            intervals.append(mean_interval(by_seed, surfaces.recordings))
            as_large = int((largest[:, grid] >= saved[grid].mean()).sum())
            p_values.append((1 + as_large) / (1 + shuffles))
        gains.append(Gain(name, tuple(intervals), tuple(p_values), tuple(means)))
    gains.sort(key=lambda gain: -gain.interval.mean)
    return Sufficiency(tuple(gains), alone.regret[0])


def _others(surfaces: Surfaces) -> dict[str, Array]:
    """Return the normal scores [s] of each descriptor beside psi that ranks the signals in its way.

    A descriptor that some signal lacks, or that is the same for all, is left out.
    """
    others: dict[str, Array] = {}
    for name, values in surfaces.descriptors.items():
        varies = np.isfinite(values).all() and np.ptp(values) > 0
        if name in ("psi", "centroid") or not varies:
            continue
        scores = normal_scores(values)
        if not any(np.allclose(scores, sign * o) for o in others.values() for sign in (1, -1)):
            others[name] = scores
    return others


def _shuffled(recordings: Sequence[str], psi: Array, rng: np.random.Generator) -> NDArray[np.int_]:
    """Return [s] the signal that each signal takes its descriptors from, one of similar psi.

    Recordings are ordered by their mean psi and shuffled in blocks of `NEIGHBOURS`, the first of
    which has a random length. The clips of a recording get those of another in the order of their
    psi, repeated where there are fewer.
    """
    names, place = np.unique(recordings, return_inverse=True)
    clips = []
    for recording in range(len(names)):
        members = np.flatnonzero(place == recording)
        clips.append(members[np.argsort(psi[members])])
    order = np.argsort([psi[members].mean() for members in clips])
    blocks = np.split(order, range(int(rng.integers(NEIGHBOURS)), len(order), NEIGHBOURS))
    sources = np.empty(len(psi), dtype=int)
    for block in blocks:
        for one, other in zip(block, rng.permutation(block), strict=True):
            sources[clips[one]] = np.resize(clips[other], len(clips[one]))
    return sources


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command and return its exit code."""
    return run(_measure, surfaces_parser("analysis.sufficiency", __doc__), argv)


def _measure(arguments: argparse.Namespace) -> None:
    console = Console(highlight=False, markup=False)
    surfaces = stored_surfaces(arguments.results, arguments.recordings)
    check_recordings(surfaces)
    with console.status("leaving out every recording, and shuffling"):
        gains = sufficiency(surfaces)
    console.print(sufficiency_table(surfaces, gains))


def sufficiency_table(surfaces: Surfaces, found: Sufficiency, most: int = 12) -> Table:
    """Return a table of the descriptors with the largest gains."""
    psi = surfaces.descriptors["psi"]
    counts = [int(((psi >= low) & (psi < high)).sum()) for low, high in STRATA]
    table = wide_table(
        f"Regret in dB that a descriptor saves beside psi, over {len(psi)} left-out signals; psi "
        f"alone: {found.alone.mean():.2f} dB. p: permutation test of the largest of "
        f"{len(found.gains)} gains, the largest that any choice of kernel widths gives. Signals in "
        f"each range of psi: {', '.join(map(str, counts))}.",
        named="beside psi",
        numbers=("gain", "95 % interval", "p", *(f"{low:g}-{high:g}" for low, high in STRATA)),
    )
    for gain in found.gains[:most]:
        table.add_row(
            gain.descriptor,
            f"{gain.interval.mean:+.2f}",
            f"[{gain.interval.low:+.2f}, {gain.interval.high:+.2f}]",
            f"{gain.p_value:.3f}",
            *(f"{value:+.2f}" for value in gain.of_strata),
        )
    return table
