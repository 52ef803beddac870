"""Read the maps of a design whose optima `setting_confirmation` confirms, and their points."""

import argparse
import hashlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np

from analysis.regret.single_fits import CAP_DB
from analysis.settings import stored
from analysis.settings.confirmed import SIREN, ZERO_BIAS
from analysis.settings.measured import BY_SETTING, EQN11, LOOKUP
from analysis.settings.measured import Row as Measured
from analysis.settings.stored import BANDS
from benchmarks.designs import read_design, trial_of
from inr_models import InputError
from search_spaces.bandwidth import bandwidth, gain, nyquist, scales_of
from search_spaces.networks import stable
from search_spaces.rules import EVEN_LAW
from studies.engine.planning.scales import AUDIO_SMALL
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


def fits_of(points: Iterable[Row], seeds: Sequence[int]) -> Iterator[Row]:
    """Yield a row of a design for each point and seed."""
    for point in points:
        for seed in seeds:
            yield {**point, "seed": AUDIO_SMALL.drawn_seed(point["sha256"], seed)}


def peaks_of(store: Store) -> dict[str, float]:
    """Return the peak PSNR in dB of every fit by key, that of zero output where none was finite."""
    columns = [HEADLINE.column, ZERO_OUTPUT]
    fits = store.fits(columns=["key", *columns]).to_pylist()
    return {
        fit["key"]: next(fit[column] for column in columns if fit[column] is not None)
        for fit in fits
    }


def scores_of(point: Row, seeds: Sequence[int], peaks: Mapping[str, float]) -> list[float]:
    """Return a point's peak PSNR in dB on each seed."""
    return [peaks[trial_of(fit).key] for fit in fits_of([point], seeds)]


def share_and_gain_of(one: Map, point: Row) -> tuple[float, float]:
    """Return K as a share of Nyquist and g of a point."""
    known = one.known[BY_SETTING]
    side = round((known.values / known.channels) ** (1 / known.dimensions))
    shape = {"width": known.width, "in_features": known.dimensions}
    k = bandwidth(point["s0"], point["s1"], **shape)
    return k / nyquist(side), gain(point["s1"], width=known.width)
