"""Measure how optima moved when sounds or the network's width were changed.

The rows are those of `python -m analysis.variants_report`, from RESULTS/_rules.
"""

import math
from collections import defaultdict
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from analysis.experiments.stored import Row, read_rows
from analysis.experiments.variants_report import COMMAND
from analysis.findings.numbers import bounded, db, table
from analysis.statistics.intervals import Interval, mapped_interval

FILES = ("variants.parquet", "widths.parquet")

COLUMNS = (
    "experiment", "regret_db", "noise_db", "shared_db", "original", "variant", "psi_original",
    "width_original", "width_variant", "bandwidth_original", "bandwidth_variant", "gain_original",
    "gain_variant",
)  # fmt: skip

MUCH_DB = 1.0
"""A shared (K, g) must lose more than this, which is beyond any noise of fits, before the page says
that psi does not suffice."""

KINDS = {
    "phases": "same magnitudes, random phases",
    "two surrogates": "both with random phases: chance alone",
    "noise": "white noise, {} dB below",
    "twice": "upsampled to twice the samples",
    "equal psi": "another spectrum of the same psi",
    "width": "width {} instead of {}",
}


class Phases(NamedTuple):
    """Hold what random phases lose beyond another draw of them, and the worst clip, in dB."""

    more: Interval
    clip: str
    most: float


class EqualPsi(NamedTuple):
    """Hold what the best single (K, g) loses for `num` sounds of one psi, in dB, and its noise."""

    num: int
    lost: Sequence[tuple[float, float]]
    noise: float


class Width(NamedTuple):
    """Hold the optimum's g at a width over that at the first, and the ratio if s1 were kept."""

    width: int
    ratio: Interval
    with_s1: float


def read_experiments(results: str) -> tuple[Row, ...]:
    """Return a row for each pair of an original and its variant; () where nothing was compared."""
    rows = []
    for name in FILES:
        rows += read_rows(COMMAND, results, name, COLUMNS)
    return tuple(rows)


def experiments_table(rows: Sequence[Row]) -> str:
    """Return a row for each kind of change."""
    kinds: dict[str, list[Row]] = defaultdict(list)
    for row in rows:
        kinds[_kind(row)].append(row)
    lines = []
    for kind, of_kind in kinds.items():
        lost = _over_originals([row["regret_db"] for row in of_kind], of_kind)
        noise = np.mean([row["noise_db"] for row in of_kind])
        num = len({row["original"] for row in of_kind})
        ratios = [bounded(_ratio(of_kind, name)) for name in ("bandwidth", "gain")]
        lines.append([kind, str(num), db(lost), f"{noise:.2f} dB", *ratios])
    header = ("changed", "originals", "lost: mean [95 %]", "noise", "K / K before", "g / g before")
    return table(header, lines)


def _kind(row: Row) -> str:
    kind = KINDS[row["experiment"]]
    if row["experiment"] == "noise":
        return kind.format(str(row["variant"]).rpartition("noise")[2])
    return kind.format(row["width_variant"], row["width_original"])


def _over_originals(values: Sequence[float], rows: Sequence[Row]) -> Interval:
    """Return the mean over originals, without an interval for two, which would span everything."""
    originals = [row["original"] for row in rows]
    if len(set(originals)) < 3:
        return Interval(float(np.mean(values)), math.nan, math.nan)
    return mapped_interval(values, originals)


def _ratio(rows: Sequence[Row], name: str) -> Interval:
    """Return the geometric mean ratio of the variant's K ("bandwidth") or g ("gain")."""
    logs = [math.log(row[f"{name}_variant"] / row[f"{name}_original"]) for row in rows]
    return _over_originals(logs, rows).exp()


def equal_psi(rows: Sequence[Row]) -> EqualPsi | None:
    """Return what a rule of psi alone must lose on sounds that have the same psi."""
    rows = [row for row in rows if row["experiment"] == "equal psi"]
    originals = {row["original"]: (row["psi_original"], row["shared_db"]) for row in rows}
    if not originals:
        return None
    noise = float(np.mean([row["noise_db"] for row in rows]))
    return EqualPsi(len(rows) // len(originals) + 1, sorted(originals.values()), noise)


def much_lost(rows: Sequence[Row]) -> list[float]:
    """Return the losses in dB of sounds of one psi that are larger than any noise, in order."""
    results = equal_psi(rows)
    return sorted(lost for _, lost in results.lost if lost > MUCH_DB) if results else []


def widths(rows: Sequence[Row]) -> list[Width]:
    """Return whether the gain g carries over to another width, or s1 itself."""
    rows = [row for row in rows if row["experiment"] == "width"]
    results = []
    for width in sorted({row["width_variant"] for row in rows}):
        at_width = [row for row in rows if row["width_variant"] == width]
        logs = []
        for row in at_width:
            # g^2 - 1 = width s1^2 / 2, so with s1 kept it grows with the width.
            squared = 1 + (row["gain_original"] ** 2 - 1) * width / row["width_original"]
            logs.append(math.log(math.sqrt(squared) / row["gain_original"]))
        results.append(Width(width, _ratio(at_width, "gain"), math.exp(np.mean(logs))))
    return results


def phases(rows: Sequence[Row]) -> Phases | None:
    """Return whether optima depend on the phases, compared with what chance alone loses."""
    lost: dict[str, dict[str, list[float]]] = defaultdict(lambda: defaultdict(list))
    for row in rows:
        # The original of two surrogates is the first of them.
        original = str(row["original"]).removesuffix("_phases0")
        lost[row["experiment"]][original].append(row["regret_db"])
    more = {}
    for name, of_phases in lost["phases"].items():
        if name in lost["two surrogates"]:
            more[name] = float(np.mean(of_phases) - np.mean(lost["two surrogates"][name]))
    if not more:
        return None
    clip = max(more, key=lambda name: more[name])
    return Phases(mapped_interval(list(more.values()), list(more)), clip, more[clip])
