"""Compute what fits reach between the samples that they fit, from runs with `--hold-out`."""

import json
import statistics
from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from analysis.statistics.intervals import Interval, mean_interval
from analysis.statistics.recordings import stored_recordings
from inr_models import InputError
from inr_models.fitting.held_out import HeldOut
from search_spaces.bandwidth import nyquist
from search_spaces.rules import NoiseScales
from studies.engine.planning.scale import FIRST_CHOOSING_SEED
from studies.engine.store.metrics import BAND_LIMIT, HEADLINE, PSNR_HELD_OUT, ZERO_OUTPUT
from studies.engine.store.rows import signal_from_row
from studies.engine.store.store import Store

Row = Mapping[str, Any]


class Optimum(NamedTuple):
    """Hold a cell's scores on the seeds that did not choose it.

    Args:
        share: K over the Nyquist frequency of the fitted samples.
        fit: PSNR in dB of the fitted samples, by seed.
        held_out: PSNR in dB of the held-out samples, by seed.
    """

    share: float
    fit: Mapping[int, float]
    held_out: Mapping[int, float]


class SignalBetween(NamedTuple):
    """Hold a signal's best cell for the fit, its best cell between the samples, and two bounds.

    `limit` is the PSNR in dB of the signal without what lies above the Nyquist frequency of the
    fitted samples, `zero` that of an all-zero output.
    """

    recording: str
    fit: Optimum
    held_out: Optimum
    limit: float
    zero: float


class Setting(NamedTuple):
    """Say what was fitted by which networks.

    Args:
        dimensions: The number of coordinates, 1 for sounds and 2 for images.
        every: One sample in so many is fitted, along each axis.
        num_samples: Samples of a signal, with those that are held out.
        width: Units of a hidden layer.
        epochs: Updates of a fit.
        parameters: Parameters of a network.
    """

    dimensions: int
    every: int
    num_samples: int
    width: int
    epochs: int
    parameters: int

    @property
    def noun(self) -> str:
        """What the signals are, in the plural."""
        return "sounds" if self.dimensions == 1 else "images"

    @property
    def samples_per_parameter(self) -> float:
        """Fitted samples over parameters."""
        return self.num_samples / self.every**self.dimensions / self.parameters


class BetweenSamples(NamedTuple):
    """Hold what all signals say in one setting.

    Args:
        setting: What was fitted, and by which networks.
        signals: Every signal with a whole map and scores.
        loss: What the cell that fits best loses between the samples, in dB.
        gain: How much better it fits, in dB.
        below_limit: How far the best cell between the samples lies below the limit, in dB.
        above_zero: How far it lies above an all-zero output, in dB.
    """

    setting: Setting
    signals: tuple[SignalBetween, ...]
    loss: Interval
    gain: Interval
    below_limit: Interval
    above_zero: Interval

    @property
    def shares(self) -> tuple[float, float]:
        """Median K over Nyquist of the fitted samples: best for the fit, and best between them."""
        return (
            statistics.median(signal.fit.share for signal in self.signals),
            statistics.median(signal.held_out.share for signal in self.signals),
        )

    @property
    def num_below_zero(self) -> int:
        """The number of signals whose best fit is worse between the samples than zero output."""
        return sum(
            statistics.fmean(signal.fit.held_out.values()) < signal.zero for signal in self.signals
        )

    @property
    def num_above(self) -> tuple[int, int]:
        """The numbers of signals whose K lies above that Nyquist frequency, in the same order."""
        return (
            sum(signal.fit.share > 1 for signal in self.signals),
            sum(signal.held_out.share > 1 for signal in self.signals),
        )


def between_samples(results: str) -> tuple[BetweenSamples, ...]:
    """Return what the runs with `--hold-out K` in a results folder say, setting by setting.

    Args:
        results: A folder with runs of `studies/audio_grid.py run --hold-out K` or of `image_grid`.

    Raises:
        InputError: The folder has no such run that is complete.
    """
    store = Store(results, create=False)
    columns = (
        "signal", "sha256", "n", "hp_s0", "hp_s1", "hp_bandwidth", "hp_width", "fit_epochs", "seed",
        "parameters", "config", HEADLINE.column, PSNR_HELD_OUT.column, BAND_LIMIT, ZERO_OUTPUT,
    )  # fmt: skip
    shapes = {row["sha256"]: signal_from_row(row).shape for row in store.signals().to_pylist()}
    maps: dict[tuple[Setting, str], list[Row]] = defaultdict(list)
    where = {"network": "siren2"}
    for row in store.fits(columns=columns, where=where, objective=HeldOut.name).to_pylist():
        objective = json.loads(row["config"])["objective"]
        if row["status"] in ("ok", "dead") and "every" in objective:
            setting = Setting(
                len(shapes[row["sha256"]]), int(objective["every"]), row["n"], row["hp_width"],
                row["fit_epochs"], row["parameters"],
            )  # fmt: skip
            maps[setting, row["sha256"]].append(row)
    recordings = stored_recordings(store)
    of_setting: dict[Setting, list[SignalBetween]] = defaultdict(list)
    for (setting, sha256), rows in sorted(maps.items()):
        limit = nyquist(max(shapes[sha256])) / setting.every
        if signal := _signal(recordings[sha256], limit, rows):
            of_setting[setting].append(signal)
    if not of_setting:
        why = "it has no whole run with --hold-out; run studies/audio_grid.py with it."
        raise InputError.at("not-there", results, why)
    return tuple(_summary(setting, signals) for setting, signals in of_setting.items())


def _signal(recording: str, limit: float, rows: Sequence[Row]) -> SignalBetween | None:
    """Return a signal's two optima, None while no point has a score on a fresh seed.

    `limit` is the Nyquist frequency of the fitted samples in rad per unit.
    """
    scored: dict[NoiseScales, list[Row]] = defaultdict(list)
    for row in rows:
        if row["seed"] >= FIRST_CHOOSING_SEED:
            scored[NoiseScales(row["hp_s0"], row["hp_s1"])].append(row)
    # A rule's point may be better than every cell on the map's seed, but no fresh seed scored it.
    mapped = [
        row
        for row in rows
        if row["seed"] < FIRST_CHOOSING_SEED and NoiseScales(row["hp_s0"], row["hp_s1"]) in scored
    ]

    def best_by(column: str) -> Optimum:
        best = max(mapped, key=lambda row: row[column])
        again = scored[NoiseScales(best["hp_s0"], best["hp_s1"])]
        return Optimum(
            share=best["hp_bandwidth"] / limit,
            fit={row["seed"]: row[HEADLINE.column] for row in again},
            held_out={row["seed"]: row[PSNR_HELD_OUT.column] for row in again},
        )

    if not mapped:
        return None
    fit, held_out = best_by(HEADLINE.column), best_by(PSNR_HELD_OUT.column)
    return SignalBetween(recording, fit, held_out, mapped[0][BAND_LIMIT], mapped[0][ZERO_OUTPUT])


def _summary(setting: Setting, signals: Sequence[SignalBetween]) -> BetweenSamples:
    recordings = [signal.recording for signal in signals]

    def mean(differences: Sequence[Mapping[int, float]]) -> Interval:
        return mean_interval(differences, recordings)

    return BetweenSamples(
        setting=setting,
        signals=tuple(signals),
        loss=mean([_minus(s.held_out.held_out, s.fit.held_out) for s in signals]),
        gain=mean([_minus(s.fit.fit, s.held_out.fit) for s in signals]),
        below_limit=mean(
            [{seed: s.limit - psnr for seed, psnr in s.held_out.held_out.items()} for s in signals]
        ),
        above_zero=mean(
            [{seed: psnr - s.zero for seed, psnr in s.held_out.held_out.items()} for s in signals]
        ),
    )


def _minus(one: Mapping[int, float], other: Mapping[int, float]) -> dict[int, float]:
    """Return the differences on the seeds that both have."""
    return {seed: one[seed] - other[seed] for seed in one.keys() & other.keys()}
