"""Confirm on fresh seeds what rules lose in settings where n/p is not near 1.

    python -m benchmarks.setting_confirmation design.parquet s2048.npz --fits results --to x.parquet
    python -m benchmarks.landscapes s2048.npz --design x.parquet --to results

`design.parquet` comes from `benchmarks.setting_design`, and its fits are in `results`. For some of
its maps, the best cells, the top of the surface and the points of rules compete on `CHOOSING` fresh
seeds. Others score the winner, the rules and SIREN. Beside them stands what as many numbers give
without a network. The rules' constants were fitted without the signal's recording
(`python -m analysis.settings`). Repeat the two commands until nothing is left to fit: the first
then writes DATA/_rules/settings_confirmed.parquet.
"""

import argparse
import math
import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from analysis.comparison.without_network import BASELINES
from analysis.regret.single_fits import CAP_DB
from analysis.reporting.commands import parser, run
from analysis.settings import confirmed
from analysis.settings.confirmed import Confirmed
from analysis.settings.measured import BY_SETTING
from analysis.settings.stored import BANDS
from benchmarks.confirmed_maps import (
    CHOOSING,
    NO_CANDIDATES,
    RULES,
    SCORING,
    Map,
    add_map_arguments,
    fits_of,
    maps_of,
    peaks_of,
    points_of,
    scores_of,
    share_and_gain_of,
)
from benchmarks.designs import trial_of
from benchmarks.packed_signals import unpack
from studies.engine.planning.scales import AUDIO_SMALL
from studies.engine.signals.signal import Signal
from studies.engine.store.rows import Row
from studies.engine.store.store import Store


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command, and return its exit code."""
    top = parser("benchmarks.setting_confirmation", __doc__)
    add_map_arguments(top)
    top.add_argument("archives", type=Path, nargs="+", help="of benchmarks.packed_signals")
    top.add_argument("--to", type=Path, required=True, metavar="FILE", help="a Parquet file")
    return run(_write, top, argv)


def _write(arguments: argparse.Namespace) -> None:
    store = Store(arguments.fits, create=False)
    maps = maps_of(arguments, store)
    missing, rows = followed(maps, store)
    signals = [signal for archive in arguments.archives for signal in unpack(archive)]
    if missing:
        pq.write_table(pa.Table.from_pylist(missing), arguments.to)
        print(f"{len(missing):,} fits left on {len(maps)} maps")
        return
    rows += list(without_networks(rows, signals))
    print(confirmed.write(rows, arguments.data))
    print(table(Confirmed(tuple(rows))))


def followed(maps: Sequence[Map], store: Store) -> tuple[list[Row], list[confirmed.Row]]:
    """Return the fits that come next, and the rows of the maps that are confirmed."""
    peaks = peaks_of(store)
    missing: list[Row] = []
    rows: list[confirmed.Row] = []
    for one in maps:
        points = points_of(one)
        lacking = _lacking(fits_of(_candidates(points).values(), CHOOSING), peaks)
        if not lacking:
            winner = _winner(points, peaks)
            compared = {name: points[name] for name in (*RULES, *NO_CANDIDATES, winner)}
            lacking = _lacking(fits_of(compared.values(), SCORING), peaks)
            if not lacking:
                rows += _rows(one, points, winner, peaks)
        missing += lacking
    distinct = {trial_of(fit).key: fit for fit in missing}
    return list(distinct.values()), rows


def _lacking(fits: Iterable[Row], peaks: Mapping[str, float]) -> list[Row]:
    return [fit for fit in fits if trial_of(fit).key not in peaks]


def _candidates(points: Mapping[str, Row]) -> dict[str, Row]:
    return {name: point for name, point in points.items() if name not in NO_CANDIDATES}


def _winner(points: Mapping[str, Row], peaks: Mapping[str, float]) -> str:
    """Return the candidate of the largest mean capped PSNR on the choosing seeds."""
    means = {
        name: np.minimum(scores_of(point, CHOOSING, peaks), CAP_DB).mean()
        for name, point in _candidates(points).items()
    }
    return max(means, key=lambda name: means[name])


def _rows(
    one: Map, points: Mapping[str, Row], winner: str, peaks: Mapping[str, float]
) -> Iterator[confirmed.Row]:
    first = one.rows[0]
    seeds = [AUDIO_SMALL.drawn_seed(first["sha256"], seed) for seed in SCORING]
    best = scores_of(points[winner], SCORING, peaks)
    known = one.known[BY_SETTING]
    share_best, gain_best = share_and_gain_of(one, points[winner])
    for rule in (*RULES, *NO_CANDIDATES):
        share, gain_here = share_and_gain_of(one, points[rule])
        yield confirmed.Row(
            rule=rule,
            setting=first["setting"],
            signal=first["sha256"],
            name=first["name"],
            recording=known.recording,
            ratio=known.ratio,
            share=share,
            gain=gain_here,
            share_best=share_best,
            gain_best=gain_best,
            seeds=seeds,
            psnr=scores_of(points[rule], SCORING, peaks),
            psnr_best=best,
        )


def without_networks(
    rows: Sequence[confirmed.Row], signals: Sequence[Signal]
) -> Iterator[confirmed.Row]:
    """Yield what as many numbers give without a network, by the ways in `BASELINES`.

    Args:
        rows: The confirmed rows.
        signals: The signals with their samples.
    """
    by_hash = {signal.sha256: signal for signal in signals}
    for row in rows:
        if row.rule != BY_SETTING or row.signal not in by_hash:
            continue
        signal = by_hash[row.signal]
        assert signal.values is not None, "an archive has them"
        values = signal.values.reshape(*signal.shape, signal.channels)
        for baseline in BASELINES:
            psnr = baseline.way(values, round(values.size / row.ratio)).psnr
            again = [psnr] * len(row.seeds)
            yield row._replace(rule=baseline.name, share=math.nan, gain=math.nan, psnr=again)


def table(known: Confirmed) -> str:
    """Return every rule's mean capped regret in every range of n/p, as text."""
    lines = [f"{'capped regret, dB':32}" + "".join(f"{band:>7}" for band in BANDS) + "   mean"]
    for rule in known.rules:
        means = [known.mean(rule, band).mean for band in BANDS]
        shown = "".join(f"{mean:7.2f}" for mean in means)
        lines.append(f"{rule:32}{shown}{known.equal_mean(rule):7.2f}")
    return "\n".join(lines)


if __name__ == "__main__":
    sys.exit(main())
