"""Design maps of SIREN² under several optimizers, at equal numbers of gradient evaluations.

    python -m benchmarks.optimizer_design s2048.npz --to rates.parquet
    python -m benchmarks.landscapes s2048.npz --to results --design rates.parquet
    python -m benchmarks.optimizer_design s2048.npz --after results --to maps.parquet
    python -m benchmarks.landscapes s2048.npz --to results --design maps.parquet
    python -m analysis.experiments.optimizers results --to analysis/data

The first design tries learning rates and decays of each optimizer on four clips, at the recommended
rule's point and at half and twice its K. The second maps eight other clips, with the rate and decay
of each optimizer that had the highest mean PSNR in the first, and with Adam as other studies use it
(`landscapes.FIT`). The signals are packed by `benchmarks.packed_signals` with 2,048 samples.
"""

import argparse
import statistics
import sys
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import asdict, replace
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from analysis.reporting.commands import parser, run
from benchmarks.designs import NETWORK_COLUMNS, trial_of
from benchmarks.landscapes import FIT
from benchmarks.packed_signals import unpack
from benchmarks.setting_design import GAINS, LARGEST_SHARE
from inr_models import FitConfig, InputError, Siren2Config
from search_spaces.bandwidth import bandwidth, scales_of
from search_spaces.networks import stable
from search_spaces.rules import EVEN_LAW, RULES
from studies.engine.signals.signal import Signal
from studies.engine.store.rows import Row
from studies.engine.store.store import Store

WIDTH, DEPTH = 26, 4
"""2,185 parameters for 2,048 samples."""

NUM_MAPPED, NUM_TUNED = 8, 4

TRIED = {
    "adam": ((1e-3, 0.95), (2e-3, 0.95), (4e-3, 0.95), (4e-3, 0.75)),
    "muon": ((1e-3, 0.95), (2e-3, 0.75), (4e-3, 0.75), (8e-3, 0.75)),
    "lbfgs": ((2e-3, 0.95), (8e-3, 0.95)),
}
"""The learning rates and decays that are tried of each optimizer. With a decay of 0.95 every 20 of
300 epochs the last epochs have 0.49 of the rate, with 0.75 they have 0.02 of it."""

FACTORS = (0.35, 0.6, 1.0, 1.7, 2.9)
"""Bandwidths of the cells, as multiples of that of `EVEN_LAW`: a cell is a factor of 1.7."""

NEIGHBOURS = (0.5, 1.0, 2.0)
"""Rates are tried at these multiples of the K of `EVEN_LAW`."""


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command, and return its exit code."""
    top = parser("benchmarks.optimizer_design", __doc__)
    top.add_argument("archive", type=Path, help="of benchmarks.packed_signals")
    top.add_argument("--after", metavar="RESULTS", help="what the first design's fits are in")
    top.add_argument("--seeds", type=int, default=1, help="seeds of every map")
    top.add_argument("--to", type=Path, required=True, metavar="FILE", help="a Parquet file")
    return run(_write, top, argv)


def _write(arguments: argparse.Namespace) -> None:
    tuned, mapped = chosen_signals(unpack(arguments.archive))
    rows = tuning(tuned)
    if arguments.after:
        best = best_fits(rows, Store(arguments.after, create=False))
        for fit in best:
            print(f"{fit.optimizer}: learning rate {fit.learning_rate:g}, decay {fit.decay:g}")
        rows = maps(mapped, [*best, FIT], arguments.seeds)
    pq.write_table(pa.Table.from_pylist(rows), arguments.to)
    print(f"{len(rows):,} fits of {len({row['sha256'] for row in rows})} signals")


def chosen_signals(signals: Sequence[Signal]) -> tuple[list[Signal], list[Signal]]:
    """Return the signals to choose rates on, and the signals to map, both spread over psi.

    Raises:
        InputError: There are fewer than 12 signals.
    """
    if len(signals) < NUM_MAPPED + NUM_TUNED:
        fix = f"{len(signals)} signals; pack {NUM_MAPPED + NUM_TUNED} or more."
        raise InputError.at("too-few", "archive", fix)
    ranked = sorted(signals, key=lambda signal: signal.descriptors["psi"])
    mapped = _spread(ranked, NUM_MAPPED)
    return _spread([signal for signal in ranked if signal not in mapped], NUM_TUNED), mapped


def _spread(ranked: Sequence[Signal], num: int) -> list[Signal]:
    """Return the middle one of each of `num` equal ranges of ranks."""
    return [ranked[int((i + 0.5) * len(ranked) / num)] for i in range(num)]


def tuning(signals: Sequence[Signal]) -> list[Row]:
    """Return the fits that choose each optimizer's rate and decay, on seed 0."""
    fits = [
        replace(FIT, optimizer=optimizer, learning_rate=rate, decay=decay)
        for optimizer, tried in TRIED.items()
        for rate, decay in tried
    ]
    rows: list[Row] = []
    for signal in signals:
        rule = RULES[EVEN_LAW](signal.target(WIDTH, DEPTH))
        for factor in NEIGHBOURS:
            point = EVEN_LAW if factor == 1 else f"{factor:g} K"
            for fit in fits:
                rows.append(_row(signal, point, (factor * rule.s0, rule.s1), fit, 0))
    return rows


def best_fits(rows: Sequence[Row], store: Store) -> list[FitConfig]:
    """Return each optimizer's training with the highest mean PSNR over all signals and points.

    Args:
        rows: The first design.
        store: Where its fits are.

    Raises:
        InputError: A fit is missing.
    """
    trials = [trial_of(row) for row in rows]
    fits = store.fits([trial.key for trial in trials], ["metric_psnr_peak"]).to_pylist()
    peaks = {fit["key"]: fit["metric_psnr_peak"] for fit in fits}
    scores: dict[FitConfig, list[float]] = defaultdict(list)
    for trial in trials:
        if trial.key not in peaks:
            fix = "it lacks fits of the first design; run benchmarks.landscapes with it."
            raise InputError.at("missing", store.results, fix)
        # A fit whose first error is not finite has no score. It is as bad as zero output.
        scores[trial.fit].append(peaks[trial.key] or 0.0)
    means = {fit: statistics.fmean(values) for fit, values in scores.items()}
    return [
        max((fit for fit in means if fit.optimizer == name), key=lambda fit: means[fit])
        for name in TRIED
    ]


def maps(signals: Sequence[Signal], fits: Sequence[FitConfig], num_seeds: int = 1) -> list[Row]:
    """Return the maps: the rule's point and the cells around it, seed by seed.

    >>> maps([], [FitConfig()])  # signals from `chosen_signals`
    []

    Args:
        signals: The signals to map.
        fits: How they are trained.
        num_seeds: Number of seeds of every point.
    """
    return [
        _row(signal, point, scales, fit, seed)
        for seed in range(num_seeds)
        for fit in fits
        for signal in signals
        for point, scales in _points(signal)
    ]


def _points(signal: Signal) -> Iterator[tuple[str, tuple[float, float]]]:
    """Yield the rule's point, then the cells: multiples of its K by gains, each once.

    The least K of a network is that of its weights without noise. Lower cells are at this one.
    """
    target = signal.target(WIDTH, DEPTH)
    rule = RULES[EVEN_LAW](target)
    yield EVEN_LAW, rule
    known = {tuple(map(stable, rule))}
    center = bandwidth(*rule, width=WIDTH)
    for factor in FACTORS:
        share = min(factor * center / target.nyquist, LARGEST_SHARE)
        for gain in GAINS:
            scales = scales_of(share * target.nyquist, gain, width=WIDTH)
            if (exact := tuple(map(stable, scales))) not in known:
                known.add(exact)
                yield f"cell {factor:g} {gain:g}", scales


def _row(signal: Signal, point: str, scales: tuple[float, float], fit: FitConfig, seed: int) -> Row:
    s0, s1 = map(stable, scales)
    network = Siren2Config(width=WIDTH, depth=DEPTH, s0=s0, s1=s1)
    return {
        "name": signal.name,
        "sha256": signal.sha256,
        "point": point,
        **{name: getattr(network, name) for name in NETWORK_COLUMNS},
        **asdict(fit),
        "seed": seed,
    }


if __name__ == "__main__":
    sys.exit(main())
