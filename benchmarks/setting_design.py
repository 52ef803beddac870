"""Design maps of SIREN² in many settings: samples, parameters, depth, training, output bias.

    python -m benchmarks.setting_design s1024.npz s2048.npz s4096.npz --to design.parquet
    python -m benchmarks.landscapes s2048.npz --design design.parquet --to results

The settings are in `SETTINGS`. Each is mapped for a few signals, spread over psi, which a hash of
the setting's name chooses. The cells lie around the point of `EVEN_LAW`, because the
optima are not far from it. The rules to beat are among the points.
`benchmarks.setting_confirmation` designs the fits on further seeds that confirm optima.
"""

import argparse
import hashlib
import sys
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, replace
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from analysis.reporting.commands import parser, run
from benchmarks.designs import NETWORK_COLUMNS
from benchmarks.landscapes import FIT
from benchmarks.packed_signals import unpack
from inr_models import FitConfig, InputError, Siren2Config, SirenConfig, width_for
from search_spaces.bandwidth import bandwidth, gain, scales_of
from search_spaces.networks import stable
from search_spaces.rules import EQN11_BY_DIMENSIONS, EVEN_LAW, RULES, NoiseScales, Target
from studies.engine.signals.signal import Signal
from studies.engine.store.rows import Row

FACTORS = (0.25, 0.42, 0.7, 1.2, 2.0, 3.4)
"""Bandwidths of the cells, as multiples of that of `EVEN_LAW`."""

GAINS = (1.15, 1.6, 2.6, 4.5)

LARGEST_SHARE = 1.6
"""No cell has a larger bandwidth, as a share of Nyquist."""

INTERPOLATING = (0.9, 1.5)
"""Bandwidth as a share of Nyquist, and gain, of a rule for networks that can interpolate."""

STRATA = (0.0, 0.125, 0.25, 0.45, 0.65, 0.85, 1.0)
"""Each setting has a signal from each of these ranges of the signals' ranks by psi. The low ones
are narrower, because rules lose most on signals of low psi."""


@dataclass(frozen=True, kw_only=True)
class Setting:
    """Says what is fitted, and how.

    Args:
        values: The number of values, samples times channels.
        ratio: Values for each parameter, n/p.
        dimensions: 1 for a sound, 2 for an image.
        channels: Channels of the signal.
        depth: Hidden layers.
        epochs: Epochs. The learning rate decays over them as it does over 300.
        learning_rate: Adam's learning rate at the start.
        zero_output_bias: Whether the output bias starts at zero.
    """

    values: int
    ratio: float
    dimensions: int = 1
    channels: int = 1
    depth: int = 4
    epochs: int = FIT.epochs
    learning_rate: float = FIT.learning_rate
    zero_output_bias: bool = False

    @property
    def name(self) -> str:
        """The setting in words, the same for the same setting."""
        return " ".join(f"{name}={value}" for name, value in asdict(self).items())

    @property
    def fit(self) -> FitConfig:
        """How it is trained."""
        every = round(FIT.decay_every * self.epochs / FIT.epochs)
        return replace(FIT, epochs=self.epochs, learning_rate=self.learning_rate, decay_every=every)

    def suits(self, signal: Signal) -> bool:
        """Return whether a signal has this size."""
        size = int(np.prod(signal.shape)) * signal.channels
        asked = (self.values, self.dimensions, self.channels)
        return asked == (size, len(signal.shape), signal.channels)


def _settings() -> Iterator[Setting]:
    ratios = {
        1024: (1 / 16, 1 / 8, 1 / 4, 1 / 2, 1, 2, 4),
        2048: (1 / 4, 1 / 2, 0.7, 1, 1.4, 2, 4, 8),
        4096: (1, 2, 4, 8, 16),
    }
    for values, of_values in ratios.items():
        for ratio in of_values:
            yield Setting(values=values, ratio=ratio)
    # A fit costs n²/(n/p), so the settings with many parameters have fewer samples.
    for values, ratio in ((1024, 1 / 4), (2048, 1), (2048, 4)):
        base = Setting(values=values, ratio=ratio)
        for depth in (2, 3, 6):
            yield replace(base, depth=depth)
        yield replace(base, epochs=1000)
        yield replace(base, epochs=100)
        yield replace(base, learning_rate=4 * FIT.learning_rate)
        yield replace(base, learning_rate=FIT.learning_rate / 4)
        yield replace(base, zero_output_bias=True)
        yield replace(base, values=32**2, dimensions=2)
    for ratio in (1, 4):
        yield Setting(values=48**2, ratio=ratio, dimensions=2)
        yield Setting(values=3 * 32**2, ratio=ratio, dimensions=2, channels=3)


SETTINGS = tuple(_settings())


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command, and return its exit code."""
    top = parser("benchmarks.setting_design", __doc__)
    top.add_argument("archives", type=Path, nargs="+", help="of benchmarks.packed_signals")
    top.add_argument("--to", type=Path, required=True, metavar="FILE", help="a Parquet file")
    return run(_write, top, argv)


def _write(arguments: argparse.Namespace) -> None:
    signals = [signal for archive in arguments.archives for signal in unpack(archive)]
    rows = designed(signals)
    if not rows:
        fix = (
            "no setting has a signal of its size; pack signals of 1024, 2048, 4096 or 8192 values."
        )
        raise InputError.at("missing", "archives", fix)
    pq.write_table(pa.Table.from_pylist(rows), arguments.to)
    settings, chosen = {row["setting"] for row in rows}, {row["sha256"] for row in rows}
    print(f"{len(rows):,} fits of {len(chosen)} signals in {len(settings)} settings")


def designed(signals: Sequence[Signal], settings: Sequence[Setting] = SETTINGS) -> list[Row]:
    """Return the first design: a row for each fit, all on seed 0.

    >>> designed([])  # signals from `benchmarks.packed_signals.unpack`
    []

    Args:
        signals: The signals to choose from, with their samples. Only those of a setting's size are
            used.
        settings: The settings to map.
    """
    rows: list[Row] = []
    for setting in settings:
        for signal in _chosen([s for s in signals if setting.suits(s)], setting.name):
            rows += _rows(setting, signal)
    return rows


def _chosen(signals: Sequence[Signal], name: str) -> list[Signal]:
    """Return a signal from each stratum of psi. The setting's name decides which."""
    ranked = sorted(signals, key=lambda signal: signal.descriptors["psi"])
    random = np.random.default_rng(int(hashlib.sha256(name.encode()).hexdigest()[:8], 16))
    chosen = []
    for low, high in pairwise(STRATA):
        places = range(round(low * len(ranked)), round(high * len(ranked)))
        if places:
            chosen.append(ranked[places[int(random.integers(len(places)))]])
    return chosen


def _rows(setting: Setting, signal: Signal) -> Iterator[Row]:
    shape = {"in_features": setting.dimensions, "out_features": setting.channels}
    count = round(setting.values / setting.ratio)
    width = width_for(SirenConfig(depth=setting.depth), count, **shape)
    for point, scales in _points(signal.target(width, setting.depth, setting.fit)).items():
        s0, s1 = map(stable, scales)
        network = Siren2Config(
            width=width,
            depth=setting.depth,
            s0=s0,
            s1=s1,
            zero_output_bias=setting.zero_output_bias,
        )
        yield {
            "setting": setting.name,
            "name": signal.name,
            "sha256": signal.sha256,
            "point": point,
            **{name: getattr(network, name) for name in NETWORK_COLUMNS},
            **asdict(setting.fit),
            "seed": 0,
        }


def _points(target: Target) -> dict[str, NoiseScales]:
    """Return the rules' points and the cells, by name."""
    shape: dict[str, Any] = {"width": target.width, "in_features": target.dimensions}
    eqn11 = EQN11_BY_DIMENSIONS[target.dimensions]
    recommended = RULES[EVEN_LAW](target)
    points = {EVEN_LAW: recommended, eqn11: RULES[eqn11](target)}
    share, of_gain = INTERPOLATING
    points["interpolating"] = NoiseScales(*scales_of(share * target.nyquist, of_gain, **shape))
    center = bandwidth(*recommended, **shape)
    for factor in FACTORS:
        k = min(factor * center, LARGEST_SHARE * target.nyquist)
        for of_gain in GAINS:
            scales = NoiseScales(*scales_of(k, of_gain, **shape))
            reached = (bandwidth(*scales, **shape), gain(scales.s1, width=target.width))
            name = f"cell K={reached[0] / target.nyquist:.3g} g={reached[1]:.3g}"
            points.setdefault(name, scales)
    return points


if __name__ == "__main__":
    sys.exit(main())
