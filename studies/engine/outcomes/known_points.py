"""What the store knows of a run's signals: points with a score on each seed."""

# pyarrow.compute makes its functions when it is imported.
# pyright: reportAttributeAccessIssue=false

import statistics
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple

import pyarrow.compute as pc

from search_spaces.rules import NoiseScales
from studies.engine.planning.points import Point, points, siren2_at, trial_of
from studies.engine.planning.study import Run
from studies.engine.signals.signal import Signal
from studies.engine.store.metrics import headline
from studies.engine.store.rows import Row
from studies.engine.store.store import Store


class Known(NamedTuple):
    """A SIREN² point with its peak PSNR in dB by seed, zero output's where it diverged."""

    point: Point
    scores: dict[int, float]


class Suggestion(NamedTuple):
    """A point of a signal's study, in the order in which it became known.

    `value` is its mean PSNR in dB over the search's seeds, None while it is missing or where
    a fit was stopped early. `warm` points were known before the search asked its first.
    """

    number: int
    scales: NoiseScales
    value: float | None
    warm: bool
    stopped: bool


def stored_rows(
    run: Run, store: Store, columns: Sequence[str]
) -> Iterator[tuple[str, dict[str, Row]]]:
    """Every signal's sha256 and its rows by key: the store's, of a run's size and training, whoever
    asked for them.

    Signal by signal, because a row in Python takes ten times what it takes in Arrow.
    """
    fixed: dict[str, Any] = {"hp_depth": run.scale.depth, "fit_epochs": run.scale.fit.epochs}
    if not run.compares:
        fixed |= {"hp_width": run.scale.width}
        fixed |= {f"fit_{name}": value for name, value in vars(run.scale.fit).items()}
    if run.search:
        fixed |= {"network": "siren2", "hp_zero_output_bias": run.scale.zero_output_bias}
    table = store.fits(columns=columns, signals=run.signals, where=fixed)
    # Without `written_at`, which takes longer to become Python's than all others.
    table = table.select(columns).sort_by("sha256")
    places, start = {}, 0
    for found in pc.value_counts(table["sha256"]).to_pylist():
        places[found["values"]] = start, found["counts"]
        start += found["counts"]
    for sha256 in run.signals:
        own = table.slice(*places.get(sha256, (0, 0)))
        yield sha256, {row["key"]: row for row in own.to_pylist()}


def known_points(run: Run, signal: Signal, rows: Mapping[str, Row]) -> list[Known]:
    """Every SIREN² point that was fitted as the run fits, whichever study did it.

    A point of which a fit was stopped early is none that is known. In the order of (s0, s1).
    """
    scores: dict[Point, dict[int, float]] = defaultdict(dict)
    stopped, made = set(), {}
    for row in rows.values():
        if row["sha256"] != signal.sha256 or row["network"] != "siren2":
            continue
        at = NoiseScales(row["hp_s0"], row["hp_s1"])
        point = made.get(at) or made.setdefault(at, point_at(run, at))
        # The key says whether all the rest of the trial is as in this run.
        if trial_of(run, signal, point, row["seed"]).key == row["key"]:
            score = score_of(row, signal)
            if row["status"] == "partial":
                stopped.add(point)
            elif score is not None:
                scores[point][row["seed"]] = score
    ordered = sorted(scores.items(), key=lambda item: item[0].scales or ())
    return [Known(point, found) for point, found in ordered if point not in stopped]


def score_of(row: Row, signal: Signal) -> float | None:
    """A fit's peak PSNR in dB, zero output's if it diverged; None if it failed or is partial."""
    if row["status"] in ("failed", "partial"):
        return None
    return signal.psnr_zero if row["status"] == "diverged" else headline(row)


def objective(known: Iterable[Known], seeds: Sequence[int]) -> dict[Point, float]:
    """Each point's mean score over `seeds`, of those that were fitted on any of them.

    Seeds shift all points together. So a point that lacks some is corrected by the effect
    of those that it has: the median, over points that have all, of their distance to the mean.
    """
    found = [(k.point, {s: k.scores[s] for s in seeds if s in k.scores}) for k in known]
    complete = [scores for _, scores in found if len(scores) == len(seeds)]
    effect = dict.fromkeys(seeds, 0.0)
    if complete:
        effect = {
            seed: statistics.median(s[seed] - statistics.fmean(s.values()) for s in complete)
            for seed in seeds
        }
    return {
        point: statistics.fmean(
            # What all seeds have is a plain mean: their effects cancel only nearly.
            score - (effect[seed] if len(scores) < len(seeds) else 0.0)
            for seed, score in scores.items()
        )
        for point, scores in found
        if scores
    }


def point_at(run: Run, scales: NoiseScales) -> Point:
    """The run's SIREN² at (s0, s1), a point of a search."""
    network = siren2_at(run, scales)
    name = f"s0 {network.s0:.9g}, s1 {network.s1:.9g}"
    return Point(name=name, kind="search", network=network)


def named_points(run: Run, signal: Signal) -> dict[NoiseScales, Point]:
    """The rules' points and the cells of the run's grid by (s0, s1); a rule before a cell."""
    return {p.scales: p for p in reversed(points(run, signal)) if p.scales}
