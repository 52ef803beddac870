"""Does psi suffice? Measure what every other descriptor adds to a flexible model of psi alone.

    python -m analysis.sufficiency results

The model has no formula. For a signal it takes the (K, g) of the least mean regret over the signals
of other recordings, weighted by how similar their descriptors are (a Gaussian kernel over normal
scores of the ranks). All points within NEAR_DB of the least count: which of them is the least is
chance, and a jump between them would look like a gain. With psi alone the model is as good as any
smooth rule of psi. A descriptor's gain is the regret in dB that it saves on left-out recordings
when the model knows it too. The permutation test shuffles the recordings' descriptors among
neighbours in psi, all descriptors together. It compares the largest gain, so it corrects for their
number.
"""

import argparse
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from rich.console import Console
from rich.table import Table
from scipy import stats

from analysis.reporting.commands import run, surfaces_parser
from analysis.reporting.tables import wide_table
from analysis.rules.families import recording_weights
from analysis.rules.validation import check_recordings
from analysis.statistics.intervals import SURE, Interval, mean_interval
from analysis.surfaces.stored import stored_surfaces
from analysis.surfaces.surfaces import Surfaces

Array = NDArray[np.float64]

WIDTHS = (0.15, 0.3, 0.6, 1.2)
"""Widths of the kernel, in normal scores."""

STRATA = ((0.0, 0.2), (0.2, 0.4), (0.4, 1.0))
"""Ranges of psi."""

NEAR_DB = 0.1

NEIGHBOURS = 6
"""The number of recordings of similar psi among which the test shuffles."""

SHUFFLES = 200


class Gain(NamedTuple):
    """The regret in dB that a descriptor saves beside psi: over all recordings, and by stratum.

    `p_value` is of the permutation test of the largest gain.
    """

    descriptor: str
    interval: Interval
    of_strata: tuple[float, ...]
    p_value: float

    @property
    def is_sure(self) -> bool:
        """Whether the test and the interval agree that the descriptor adds to psi."""
        return self.p_value < SURE and self.interval.sign > 0


class Sufficiency(NamedTuple):
    """The gains, the largest first, and the regret [s] in dB of the model of psi alone."""

    gains: tuple[Gain, ...]
    alone: Array


def sufficiency(surfaces: Surfaces, *, shuffles: int = SHUFFLES, seed: int = 0) -> Sufficiency:
    """Return every descriptor's gain over psi alone.

    Descriptors that rank the signals alike, or in reverse, count once: the first stands for them.

    Args:
        surfaces: of 3 recordings or more.
        shuffles: of the permutation test.
        seed: of the permutation test.

    Example:
        >>> sufficiency(surfaces, shuffles=20).gains[0].descriptor
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
    points_alone = model.points([psi])
    alone = model.regret(points_alone)
    rng = np.random.default_rng(seed)
    largest = np.empty(shuffles)
    for trial in range(shuffles):
        order = _shuffled(surfaces.recordings, psi, rng)
        largest[trial] = max(
            (alone - model.regret(model.points([psi, scores[order]]))).mean()
            for scores in others.values()
        )
    values = surfaces.descriptors["psi"]
    strata = [(values >= low) & (values < high) for low, high in STRATA]
    gains = []
    for name, scores in others.items():
        points = model.points([psi, scores])
        gain = alone - model.regret(points)
        means = [float(gain[inside].mean()) if inside.any() else np.nan for inside in strata]
        gains.append(
            Gain(
                descriptor=name,
                interval=mean_interval(model.saved(points_alone, points), surfaces.recordings),
                of_strata=tuple(means),
                p_value=float((1 + (largest >= gain.mean()).sum()) / (1 + shuffles)),
            )
        )
    return Sufficiency(tuple(sorted(gains, key=lambda gain: -gain.interval.mean)), alone)


class KernelModel:
    """Take the point of the least kernel-weighted regret of the signals of other recordings."""

    def __init__(self, surfaces: Surfaces) -> None:
        recordings = np.array(surfaces.recordings)
        self.others = recordings[:, None] != recordings[None, :]
        # Single precision is enough for dB.
        self.regrets = surfaces.regret.reshape(len(recordings), -1).astype(np.float32)
        self.weights = recording_weights(surfaces.recordings)
        self.effects = surfaces.effects

    def points(self, features: Sequence[Array]) -> NDArray[np.float32]:
        """Return which points the model takes for each signal, given the features that it knows.

        The kernel's width is, for every signal, the one that does best for the other recordings.

        Args:
            features: normal scores [s] of each descriptor.

        Returns:
            [s, p] the weights of the lattice's points, with a sum of 1 for each signal.
        """
        at = np.stack(features)
        distance = ((at[:, :, None] - at[:, None, :]) ** 2).sum(axis=0)
        of_widths = [self._at(distance, width) for width in WIDTHS]
        regrets = np.array([self.regret(points) for points in of_widths])
        chosen = (regrets @ (self.others * self.weights).T).argmin(axis=0)
        return np.choose(chosen[:, None], of_widths)

    def regret(self, points: NDArray[np.float32]) -> Array:
        """Return the regret [s] in dB at the points [s, p] that the model takes."""
        return np.einsum("sp,sp->s", points, self.regrets).astype(np.float64)

    def saved(
        self, before: NDArray[np.float32], after: NDArray[np.float32]
    ) -> list[dict[int, float]]:
        """Return the regret in dB that points [s, p] save against others, by signal and seed."""
        saved = []
        mean = self.regret(before) - self.regret(after)
        for i, effects in enumerate(self.effects):
            moved = after[i] - before[i]
            by_seed = {s: float(mean[i] + moved @ effect.ravel()) for s, effect in effects.items()}
            saved.append(by_seed)
        return saved

    def _at(self, distance: Array, width: float) -> NDArray[np.float32]:
        # The constant keeps a row from being all zero, however far the nearest signal is.
        kernel = np.exp(-distance / (2 * width**2)) + 1e-9
        kernel *= self.others * self.weights
        kernel /= kernel.sum(axis=1, keepdims=True)
        expected = kernel.astype(np.float32) @ self.regrets
        near = expected <= expected.min(axis=1, keepdims=True) + np.float32(NEAR_DB)
        return near.astype(np.float32) / near.sum(axis=1, keepdims=True, dtype=np.float32)


def normal_scores(values: Array) -> Array:
    """Return the quantiles [s] of a normal distribution at the ranks of the values."""
    # QuantileTransformer maps the ends to clipped values, and would change every gain.
    return stats.norm.ppf((stats.rankdata(values) - 0.5) / len(values))


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
        f"{len(found.gains)} gains. Signals in each range of psi: {', '.join(map(str, counts))}."
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
