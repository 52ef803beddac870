"""Read the maps that predictors are judged on, and the signals that they score."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from analysis.benchmark.replay import FIRST_BUDGET, replay_table
from analysis.rules.validation import LEAST_RECORDINGS
from analysis.surfaces.smoothing import SignalMap
from analysis.surfaces.stored import stored_maps
from inr_models import InputError, Siren2Config
from search_spaces.rules import NoiseScales, Target
from studies.engine.signals.signal import Signal
from studies.engine.store.store import Store

Array = NDArray[np.float64]

SHORT = f"psnr_{FIRST_BUDGET}"
"""The column of `replay_table` with the PSNR of short fits."""


class Maps(NamedTuple):
    """Holds maps of several signals on the same points and seeds.

    Attributes:
        signals: [s] with their samples.
        targets: [s] what a rule knows of them.
        recordings: [s] the recording that each signal was cut from.
        points: [p] the points.
        seeds: [k] the seeds that judge: all but the first.
        psnr: [s, p, k] peak PSNR in dB.
        short_fits: [s, p] the best PSNR in dB of the first seed up to `FIRST_BUDGET` epochs. Curves
            have some epochs only. Those of 300 epochs have epoch 18 as the last one before 20.
        setting: the setting of all fits, by column.
        without_file: names of signals with such a map whose file was not given.
    """

    signals: tuple[Signal, ...]
    targets: tuple[Target, ...]
    recordings: tuple[str, ...]
    points: tuple[NoiseScales, ...]
    seeds: tuple[int, ...]
    psnr: Array
    short_fits: Array
    setting: Mapping[str, Any]
    without_file: tuple[str, ...] = ()

    def config(self, scales: NoiseScales) -> Siren2Config:
        """Return the network that was fitted at a point."""
        return Siren2Config(
            width=self.setting["hp_width"],
            depth=self.setting["hp_depth"],
            zero_output_bias=self.setting["hp_zero_output_bias"],
            s0=scales.s0,
            s1=scales.s1,
        )


class MapGroup(NamedTuple):
    """Holds the maps of a results folder that share their points and seeds.

    Attributes:
        maps: one for each signal.
        setting: the setting of all fits, by column.
    """

    maps: list[SignalMap]
    setting: Mapping[str, Any]


def maps_of_most_signals(results: str, recordings: str | None = None) -> MapGroup:
    """Return the maps of the points and seeds, two or more, that most signals have.

    Args:
        results: a results folder.
        recordings: see `stored_maps`.

    Raises:
        InputError: there is no such folder, or every map has one seed.

    Example:
        >>> from analysis.surfaces.stored import BENCHMARK
        >>> len(maps_of_most_signals(BENCHMARK).maps) > 10
        True
    """
    stored = stored_maps(results, recordings)
    groups: dict[tuple[frozenset[NoiseScales], frozenset[int]], list[SignalMap]] = defaultdict(list)
    for one in stored.maps:
        if len(one.seeds) > 1:
            groups[frozenset(fit.scales for fit in one.fits), one.seeds].append(one)
    if not groups:
        why = "every map has one seed; fit the points on a second one, which judges the first."
        raise InputError.at("too-few", results, why)
    largest = max(groups, key=lambda points_and_seeds: len(groups[points_and_seeds]))
    return MapGroup(groups[largest], stored.setting)


def contest_maps(results: str, group: MapGroup, signals: Sequence[Signal]) -> Maps:
    """Return the maps of the signals whose samples are at hand.

    Args:
        results: the results folder of the maps.
        group: see `maps_of_most_signals`.
        signals: what was read of the signals' files. Signals without a map are left out.

    Raises:
        InputError: no signal has a map, the signals have fewer than three recordings, or the fits
            have no curves.
    """
    at_hand = {signal.sha256: signal for signal in signals}
    kept = [one for one in group.maps if one.target.sha256 in at_hand]
    if not kept:
        why = f"none of the {len(group.maps)} signals with maps is among these files; give theirs."
        raise InputError.at("not-there", "--signals", why)
    if (count := len({one.recording for one in kept})) < LEAST_RECORDINGS:
        why = f"{count} recordings with maps; give {LEAST_RECORDINGS} or more."
        raise InputError.at("too-few", "--signals", why)
    points = sorted(fit.scales for fit in kept[0].fits)
    first, *seeds = sorted(kept[0].seeds)
    psnr = np.empty((len(kept), len(points), len(seeds)))
    for i, one in enumerate(kept):
        by_point = {fit.scales: fit.by_seed for fit in one.fits}
        psnr[i] = [[by_point[point][seed] for seed in seeds] for point in points]
    return Maps(
        signals=tuple(at_hand[one.target.sha256] for one in kept),
        targets=tuple(one.target for one in kept),
        recordings=tuple(one.recording for one in kept),
        points=tuple(points),
        seeds=tuple(seeds),
        psnr=psnr,
        short_fits=_short_fits(results, kept, points, first),
        setting=group.setting,
        without_file=tuple(one.name for one in group.maps if one.target.sha256 not in at_hand),
    )


def _short_fits(
    results: str, kept: Sequence[SignalMap], points: Sequence[NoiseScales], seed: int
) -> Array:
    """Return the PSNR [s, p] in dB of the seed's fits after `FIRST_BUDGET` epochs."""
    short: dict[tuple[str, NoiseScales], float | None] = {}
    for row in replay_table(Store(results, create=False)).to_pylist():
        if row["seed"] == seed:
            short[row["sha256"], NoiseScales(row["s0"], row["s1"])] = row[SHORT]
    values = np.empty((len(kept), len(points)))
    for i, one in enumerate(kept):
        for j, point in enumerate(points):
            value = short[one.target.sha256, point]
            if value is None:
                why = "fits have no curves; give a folder with _curves, or fit the points again."
                raise InputError.at("missing", results, why)
            values[i, j] = value
    return values
