"""Read the surfaces that rules are fitted to from a results folder."""

from collections import Counter, defaultdict
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

from analysis.statistics.recordings import read_recordings
from analysis.surfaces.smoothing import Fit, SignalMap, surfaces_through
from analysis.surfaces.surfaces import Surfaces
from inr_models import FitConfig, InputError
from search_spaces.rules import NoiseScales
from studies.engine.planning.scale import FIRST_CHOOSING_SEED
from studies.engine.store.metrics import HEADLINE, ZERO_OUTPUT
from studies.engine.store.rows import signal_from_row
from studies.engine.store.store import Store

BENCHMARK = str(Path(__file__).parents[1] / "data")
"""The tabular benchmark, which is a results folder as well."""

MIN_POINTS = 12
"""A signal with fewer points has no surface: they do not show where a ridge lies."""

SETTING = (
    "hp_width", "hp_depth", "fit_epochs", "fit_learning_rate", "fit_decay", "fit_decay_every",
    "fit_optimizer", "hp_zero_output_bias", "n",
)  # fmt: skip
"""Columns in which fits must agree to be compared."""

WHOLE = ("ok", "dead", "diverged")
"""Statuses of fits that will not go on."""

SEED = 0
"""The seed that every cell of a grid run has."""


class Stored(NamedTuple):
    """Hold the maps of a results folder in one setting.

    Attributes:
        maps: one for each signal, by name.
        setting: the value of each column of `SETTING` that the fits share.
        num_left_out: signals with fewer than `MIN_POINTS` points.
    """

    maps: tuple[SignalMap, ...]
    setting: Mapping[str, Any]
    num_left_out: int

    @property
    def num_fits(self) -> int:
        """The number of fits in the maps."""
        return sum(len(one.fits) * len(one.seeds) for one in self.maps)


def stored_surfaces(
    results: str,
    recordings: str | None = None,
    *,
    other: Mapping[str, Any] | None = None,
    progress: bool = False,
) -> Surfaces:
    """Return the surfaces through the maps that `stored_maps` returns.

    With `progress`, a bar shows how many are done.

    Args:
        results: A results folder.
        recordings: See `stored_maps`.
        other: See `stored_maps`.
        progress: Whether to show a bar.

    Example:
        >>> stored_surfaces("analysis/data").names
    """
    maps = stored_maps(results, recordings, other=other).maps
    return surfaces_through(maps, progress=progress)


def stored_maps(
    results: str, recordings: str | None = None, *, other: Mapping[str, Any] | None = None
) -> Stored:
    """Return the maps of the setting that most SIREN² fits of a results folder have.

    Args:
        results: the folder.
        recordings: a CSV file with columns `signal` and `recording`; by default the folder's own
            `_recordings.csv`. Clips of one recording are never on both sides of a validation. A
            signal that the file lacks is a recording by itself.
        other: columns of `SETTING` with another value than usual; None stands for any value.

    Raises:
        InputError: the folder or the file does not exist, or fewer than two signals have enough
            points.
    """
    store = Store(results, create=False)
    setting = {**usual_setting(store), **(other or {})}
    fits = {sha: over_seeds(points) for sha, points in _scores(store, setting).items()}
    known = {row["sha256"]: signal_from_row(row) for row in store.signals().to_pylist()}
    mapped = [sha for sha, points in fits.items() if len(points) >= MIN_POINTS]
    if len(mapped) < 2:
        raise InputError.at(
            "too-few",
            results,
            f"{len(mapped)} signals have {MIN_POINTS} points or more; run "
            "studies/rule_check.py on more signals.",
        )
    named = read_recordings(store, recordings)
    maps = []
    for signal in sorted((known[sha] for sha in mapped), key=lambda s: s.name):
        target = signal.target(setting["hp_width"], setting["hp_depth"], training_of(setting))
        recording = named.get(signal.name, signal.source)
        maps.append(SignalMap(target, signal.name, recording, fits[signal.sha256]))
    return Stored(tuple(maps), setting, num_left_out=len(fits) - len(mapped))


def settings_of(store: Store) -> list[dict[str, Any]]:
    """Return every setting that a store has fits of SIREN² in, by the columns of `SETTING`."""
    table = store.fits(columns=SETTING, where={"network": "siren2", "seed": SEED})
    rows = {tuple(row[name] for name in SETTING) for row in table.to_pylist()}
    return [dict(zip(SETTING, row, strict=True)) for row in sorted(rows)]


def training_of(setting: Mapping[str, Any]) -> FitConfig:
    """Return how the fits of a setting are trained."""
    training = {name: value for name, value in setting.items() if name.startswith("fit_")}
    return FitConfig(**{name.removeprefix("fit_"): value for name, value in training.items()})


def _scores(
    store: Store, setting: Mapping[str, Any]
) -> dict[str, dict[NoiseScales, dict[int, float]]]:
    """Return the scores in dB of a setting's maps, by sha256, point and seed."""
    fixed = {name: value for name, value in setting.items() if value is not None}
    columns = ("sha256", "hp_s0", "hp_s1", "seed", HEADLINE.column, ZERO_OUTPUT)
    scores: dict[str, dict[NoiseScales, dict[int, float]]] = defaultdict(lambda: defaultdict(dict))
    for row in store.fits(columns=columns, where={"network": "siren2", **fixed}).to_pylist():
        # From the first choosing seed on, fits compare chosen points and do not cover a grid.
        if row["seed"] < FIRST_CHOOSING_SEED and row["status"] in WHOLE:
            diverged = row["status"] == "diverged"
            score = row[ZERO_OUTPUT if diverged else HEADLINE.column]
            scores[row["sha256"]][NoiseScales(row["hp_s0"], row["hp_s1"])][row["seed"]] = score
    return scores


def over_seeds(points: Mapping[NoiseScales, Mapping[int, float]]) -> list[Fit]:
    """Return a signal's points on their `common_seeds`, without points that lack one."""
    seeds = sorted(common_seeds(points))
    return [
        Fit(at, {seed: of_point[seed] for seed in seeds})
        for at, of_point in points.items()
        if of_point.keys() >= set(seeds)
    ]


def common_seeds(points: Mapping[NoiseScales, Mapping[int, Any]]) -> frozenset[int]:
    """Return the seeds that most of a signal's points have.

    Points are compared on the same seeds, because a seed shifts all points, and some regions more
    than others.
    """
    counts = Counter(frozenset(of_point) for of_point in points.values())
    return max(counts, key=lambda seeds: (counts[seeds], len(seeds)))


def usual_setting(store: Store) -> dict[str, Any]:
    """Return the most frequent setting of a store's SIREN² fits on the first seed, by column.

    Raises:
        InputError: the store has no such fits.
    """
    table = store.fits(columns=SETTING, where={"network": "siren2", "seed": SEED})
    settings = Counter(tuple(row[name] for name in SETTING) for row in table.to_pylist())
    if not settings:
        raise InputError.at(
            "not-there",
            store.results,
            f"no fits of SIREN² on seed {SEED}; run studies/rule_check.py.",
        )
    return dict(zip(SETTING, settings.most_common(1)[0][0], strict=True))
