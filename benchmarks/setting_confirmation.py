"""Confirm on fresh seeds what rules lose in settings where n/p is not near 1.

    python -m benchmarks.setting_confirmation design.parquet s2048.npz --fits results --to x.parquet
    python -m benchmarks.landscapes s2048.npz --design x.parquet --to results

`design.parquet` comes from `benchmarks.setting_design`, and its fits are in `results`. For some of
its maps, the best cells, the top of the surface and the points of rules compete on `CHOOSING` fresh
seeds. Others score the winner, the rules and SIREN. Beside them stands what as many numbers give
without a network. The rules' constants were fitted without the signal's
recording (`python -m analysis.settings`). Repeat the two commands until nothing is left to fit: the
first then writes DATA/_rules/settings_confirmed.parquet.
"""

import argparse
import hashlib
import math
import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from analysis.comparison.without_network import BASELINES
from analysis.regret.single_fits import CAP_DB
from analysis.reporting.commands import parser, run
from analysis.settings import confirmed, stored
from analysis.settings.confirmed import SIREN, ZERO_BIAS, Confirmed
from analysis.settings.measured import BY_SETTING, EQN11, LOOKUP
from analysis.settings.measured import Row as Measured
from analysis.settings.stored import BANDS
from benchmarks.designs import read_design, trial_of
from benchmarks.packed_signals import unpack
from inr_models import InputError
from search_spaces.bandwidth import bandwidth, gain, nyquist, scales_of
from search_spaces.networks import stable
from search_spaces.rules import EVEN_LAW
from studies.engine.planning.scales import AUDIO_SMALL
from studies.engine.signals.signal import Signal
from studies.engine.store.metrics import HEADLINE, ZERO_OUTPUT
from studies.engine.store.rows import Row
from studies.engine.store.store import Store

CHOOSING, SCORING = (100, 101), (105, 106, 107)
"""Every map draws seeds of its own in place of these."""

NUM_BEST = 3
"""So many of the best cells are candidates."""

RULES = (BY_SETTING, LOOKUP, EVEN_LAW, EQN11)

NO_CANDIDATES = (ZERO_BIAS, SIREN)
"""The optimum is one over (s0, s1) with the bias as published, and SIREN is dead in many settings.
These two are scored alone."""


class Map(NamedTuple):
    """A map of a first design that is complete.

    Args:
        rows: The design's rows.
        peaks: The peak PSNR in dB of each, capped.
        known: What was measured on its surface, by rule.
    """

    rows: Sequence[Row]
    peaks: Sequence[float]
    known: Mapping[str, Measured]

    @property
    def ratio(self) -> float:
        """Values for each parameter, n/p."""
        return self.known[BY_SETTING].ratio

    @property
    def place(self) -> str:
        """A hash that orders the maps of a range of n/p."""
        first = self.rows[0]
        return hashlib.sha256(f"{first['setting']} {first['sha256']}".encode()).hexdigest()


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command, and return its exit code."""
    top = parser("benchmarks.setting_confirmation", __doc__)
    add_map_arguments(top)
    top.add_argument("archives", type=Path, nargs="+", help="of benchmarks.packed_signals")
    top.add_argument("--to", type=Path, required=True, metavar="FILE", help="a Parquet file")
    return run(_write, top, argv)


def add_map_arguments(top: argparse.ArgumentParser) -> None:
    """Add the arguments that `maps_of` reads."""
    top.add_argument("design", type=Path, help="a first design of benchmarks.setting_design")
    top.add_argument("--fits", required=True, metavar="RESULTS", help="its fits, and further ones")
    top.add_argument(
        "--data", default="analysis/data", help="what analysis.settings has measured (%(default)s)"
    )
    top.add_argument("--maps", type=int, default=10, help="maps in each range of n/p")


def maps_of(arguments: argparse.Namespace, store: Store) -> list[Map]:
    """Return the maps that are confirmed.

    Args:
        arguments: Those of `add_map_arguments`.
        store: The fits.

    Raises:
        InputError: A file or a folder lacks what is needed.
    """
    measured = stored.read(arguments.data)
    if measured is None:
        fix = "it has no regrets in settings; run analysis.settings first."
        raise InputError.of_value("not-there", "--data", arguments.data, fix)
    maps = chosen_maps(read_design(arguments.design), store, measured.rows, arguments.maps)
    if not maps:
        fix = "no map of it is complete; run benchmarks.landscapes with the design."
        raise InputError.at("missing", str(arguments.design), fix)
    return maps


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


def chosen_maps(
    rows: Sequence[Row], store: Store, measured: Sequence[Measured], num: int
) -> list[Map]:
    """Return some complete maps from each range of n/p, which a hash chooses.

    Args:
        rows: A first design.
        store: Its fits.
        measured: What rules lose on every surface.
        num: So many maps from each range, at most.
    """
    peaks = peaks_of(store)
    known: dict[tuple[object, ...], dict[str, Measured]] = {}
    for one in measured:
        known.setdefault((one.signal, one.width, one.depth, round(one.path, 9)), {})[one.rule] = one
    by_map: dict[tuple[str, str], list[Row]] = {}
    for row in rows:
        if not row["zero_output_bias"]:
            by_map.setdefault((row["setting"], row["sha256"]), []).append(row)
    maps = []
    for of_map in by_map.values():
        first = of_map[0]
        path = trial_of(first).fit.path_length
        rules = known.get((first["sha256"], first["width"], first["depth"], round(path, 9)), {})
        scores = [peaks.get(trial_of(row).key) for row in of_map]
        capped = [min(score, CAP_DB) for score in scores if score is not None]
        if len(capped) == len(of_map) and set(RULES) <= rules.keys():
            maps.append(Map(of_map, capped, rules))
    chosen: list[Map] = []
    for low, high in BANDS.values():
        inside = [one for one in maps if low <= one.ratio < high]
        chosen += sorted(inside, key=lambda one: one.place)[:num]
    return chosen


def followed(maps: Sequence[Map], store: Store) -> tuple[list[Row], list[confirmed.Row]]:
    """Return the fits that come next, and the rows of the maps that are confirmed."""
    peaks = peaks_of(store)
    missing: list[Row] = []
    rows: list[confirmed.Row] = []
    for one in maps:
        points = points_of(one)
        lacking = _lacking(_fits(_candidates(points).values(), CHOOSING), peaks)
        if not lacking:
            winner = _winner(points, peaks)
            compared = {name: points[name] for name in (*RULES, *NO_CANDIDATES, winner)}
            lacking = _lacking(_fits(compared.values(), SCORING), peaks)
            if not lacking:
                rows += _rows(one, points, winner, peaks)
        missing += lacking
    distinct = {trial_of(fit).key: fit for fit in missing}
    return list(distinct.values()), rows


def peaks_of(store: Store) -> dict[str, float]:
    """Return the peak PSNR in dB of every fit by key, that of zero output where none was finite."""
    columns = [HEADLINE.column, ZERO_OUTPUT]
    fits = store.fits(columns=["key", *columns]).to_pylist()
    return {
        fit["key"]: next(fit[column] for column in columns if fit[column] is not None)
        for fit in fits
    }


def _lacking(fits: Iterable[Row], peaks: Mapping[str, float]) -> list[Row]:
    return [fit for fit in fits if trial_of(fit).key not in peaks]


def points_of(one: Map) -> dict[str, Row]:
    """Return the candidates and the rules' points of a map by name, as rows without a seed."""
    ranked = np.argsort([-peak for peak in one.peaks], kind="stable")[:NUM_BEST]
    points = {one.rows[i]["point"]: one.rows[i] for i in ranked.tolist()}
    known = one.known[BY_SETTING]
    points["surface"] = _at(one, known.share_best, known.gain_best)
    for rule in RULES:
        points[rule] = _at(one, one.known[rule].share, one.known[rule].gain)
    points[ZERO_BIAS] = {**points[BY_SETTING], "zero_output_bias": True}
    points[SIREN] = {**one.rows[0], "s0": 0.0, "s1": 0.0}
    return {name: {**row, "point": name} for name, row in points.items()}


def _at(one: Map, share: float, gain: float) -> Row:
    """Return a row at a bandwidth, given as a share of Nyquist, and a gain."""
    known = one.known[BY_SETTING]
    side = round((known.values / known.channels) ** (1 / known.dimensions))
    scales = scales_of(share * nyquist(side), gain, width=known.width, in_features=known.dimensions)
    s0, s1 = map(stable, scales)
    return {**one.rows[0], "s0": s0, "s1": s1}


def _fits(points: Iterable[Row], seeds: Sequence[int]) -> Iterator[Row]:
    for point in points:
        for seed in seeds:
            yield {**point, "seed": AUDIO_SMALL.drawn_seed(point["sha256"], seed)}


def scores_of(point: Row, seeds: Sequence[int], peaks: Mapping[str, float]) -> list[float]:
    """Return a point's peak PSNR in dB on each seed."""
    return [peaks[trial_of(fit).key] for fit in _fits([point], seeds)]


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


def share_and_gain_of(one: Map, point: Row) -> tuple[float, float]:
    """Return K as a share of Nyquist and g of a point."""
    known = one.known[BY_SETTING]
    side = round((known.values / known.channels) ** (1 / known.dimensions))
    shape = {"width": known.width, "in_features": known.dimensions}
    k = bandwidth(point["s0"], point["s1"], **shape)
    return k / nyquist(side), gain(point["s1"], width=known.width)


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
