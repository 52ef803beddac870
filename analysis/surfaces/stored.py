"""From a results folder to the surfaces that rules are fitted to."""

import statistics
from collections import Counter, defaultdict
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

from analysis.statistics.recordings import read_recordings
from analysis.surfaces.surfaces import Fit, Surfaces, surfaces
from inr_models import InputError
from search_spaces.rules import NoiseScales
from studies.engine.planning.scale import FIRST_CHOOSING_SEED
from studies.engine.store.metrics import HEADLINE, ZERO_OUTPUT
from studies.engine.store.rows import signal_from_row
from studies.engine.store.store import Store

BENCHMARK = str(Path(__file__).parents[1] / "data")
"""The tabular benchmark: what is committed is a results folder as well."""

MIN_POINTS = 12
"""Fewer do not show where a ridge lies."""

SETTING = (
    "hp_width", "hp_depth", "fit_epochs", "fit_learning_rate", "fit_decay", "fit_decay_every",
    "hp_zero_output_bias", "n",
)  # fmt: skip
"""Fits that agree in these can be compared; sounds of all samples."""

WHOLE = ("ok", "dead", "diverged")
"""Statuses of fits that went as far as they could."""

SEED = 0
"""Every cell of a map has it."""


class Stored(NamedTuple):
    """Surfaces, and what they were made of: the setting of its fits, and how many there are.

    `points` [s] is how many each signal has, `seeds` [s] over how many seeds these are means.
    """

    surfaces: Surfaces
    setting: Mapping[str, Any]
    num_fits: int
    points: tuple[int, ...]
    seeds: tuple[int, ...]
    num_left_out: int
    """Signals with fewer than `MIN_POINTS` points."""


def stored_surfaces(
    results: str, recordings: str | None = None, *, other: Mapping[str, Any] | None = None
) -> Stored:
    """The surfaces of the setting that most of a results folder's SIREN² fits have.

    `recordings` is a CSV file with columns `signal` and `recording`: clips of one recording are
    never on both sides of a validation. Without it, the folder's own `_recordings.csv`; a signal
    that is in none is a recording by itself. `other` are columns of `SETTING` that shall have
    another value than usual; None is any value.

    Raises:
        InputError: there is no such folder or file, or too little in it.
    """
    store = Store(results, create=False)
    setting = {**usual_setting(store), **(other or {})}
    free = {name for name, value in (other or {}).items() if value is None}
    columns = ("sha256", "hp_s0", "hp_s1", "seed", HEADLINE.column, ZERO_OUTPUT)
    where = {"network": "siren2", **setting}
    where = {name: value for name, value in where.items() if name not in free}
    scores: dict[str, dict[NoiseScales, dict[int, float]]] = defaultdict(lambda: defaultdict(dict))
    for row in store.fits(columns=columns, where=where).to_pylist():
        # From the choosing seeds on nothing was mapped, only compared.
        mapped = row["seed"] < FIRST_CHOOSING_SEED
        if mapped and row["status"] in WHOLE:
            diverged = row["status"] == "diverged"
            score = row[ZERO_OUTPUT if diverged else HEADLINE.column]
            scores[row["sha256"]][NoiseScales(row["hp_s0"], row["hp_s1"])][row["seed"]] = score
    fits = {sha: over_seeds(points) for sha, points in scores.items()}
    known = {row["sha256"]: signal_from_row(row) for row in store.signals().to_pylist()}
    mapped = [sha for sha, points in fits.items() if len(points) >= MIN_POINTS]
    signals = sorted((known[sha] for sha in mapped), key=lambda s: s.name)
    if len(signals) < 2:
        raise InputError(
            "too-few",
            results,
            f"{results}: {len(signals)} signals have {MIN_POINTS} points or more; map some more "
            "with studies/rule_check.py.",
        )
    named = read_recordings(store, recordings)
    width, depth = setting["hp_width"], setting["hp_depth"]
    return Stored(
        surfaces(
            [signal.target(width, depth) for signal in signals],
            [signal.name for signal in signals],
            [named.get(signal.name, signal.source) for signal in signals],
            [fits[signal.sha256] for signal in signals],
        ),
        setting,
        sum(fit.num_seeds for sha in mapped for fit in fits[sha]),
        tuple(len(fits[signal.sha256]) for signal in signals),
        tuple(fits[signal.sha256][0].num_seeds for signal in signals),
        len(fits) - len(mapped),
    )


def over_seeds(points: Mapping[NoiseScales, Mapping[int, float]]) -> list[Fit]:
    """A signal's points as means over their `common_seeds`; a point that lacks one is left out."""
    seeds = common_seeds(points)
    return [
        Fit(at, statistics.fmean(of_point[seed] for seed in seeds), len(seeds))
        for at, of_point in points.items()
        if seeds <= of_point.keys()
    ]


def common_seeds(points: Mapping[NoiseScales, Mapping[int, Any]]) -> frozenset[int]:
    """The seeds that most of a signal's points have: seeds shift all points together, and not all
    regions alike, so points are compared on the same.
    """
    having = Counter(frozenset(of_point) for of_point in points.values())
    return max(having, key=lambda each: (having[each], len(each)))


def usual_setting(store: Store) -> dict[str, Any]:
    """What most of a store's SIREN² fits on the first seed agree in, by column.

    Raises:
        InputError: there are none.
    """
    table = store.fits(columns=SETTING, where={"network": "siren2", "seed": SEED})
    settings = Counter(tuple(row[name] for name in SETTING) for row in table.to_pylist())
    if not settings:
        raise InputError(
            "not-there",
            store.results,
            f"{store.results}: no fits of SIREN² on seed {SEED}; run studies/rule_check.py.",
        )
    return dict(zip(SETTING, settings.most_common(1)[0][0], strict=True))
