"""Collect all that is known of one signal in a run."""

# pyarrow.compute makes its functions when it is imported.
# pyright: reportAttributeAccessIssue=false

import math
import statistics
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import cached_property
from typing import NamedTuple

import pyarrow.compute as pc

from search_spaces.rules import NoiseScales
from studies.engine.planning.points import (
    Place,
    PlannedFit,
    Point,
    keys_of,
    planned,
    siren2_at,
    trial_of,
)
from studies.engine.planning.run import Run
from studies.engine.planning.trial import Trial
from studies.engine.signals.signal import Signal
from studies.engine.store.metrics import HEADLINE, ZERO_OUTPUT, Metric
from studies.engine.store.outputs import StoredOutputs
from studies.engine.store.rows import Row
from studies.engine.store.store import UNFINISHED, Store


class Suggestion(NamedTuple):
    """A point of a signal's search, in the order in which it became known.

    Args:
        number: Its number in the Optuna study.
        scales: (s0, s1).
        value: Its mean PSNR in dB over the map's seeds. None while it is missing, or where a fit
            was stopped early.
        warm: Whether it was known before the search suggested its first point.
        stopped: Whether a fit was stopped early.
        is_last: Whether the search ended with it, since all further suggestions repeated points.
    """

    number: int
    scales: NoiseScales
    value: float | None
    warm: bool
    stopped: bool
    is_last: bool = False


class ScoredPoint(NamedTuple):
    """A SIREN² point with its peak PSNR in dB by seed. A diverged fit has zero output's PSNR."""

    point: Point
    scores: dict[int, float]


class SignalState:
    """One signal in a run: its points, its rows and, in a search, its suggestions.

    Args:
        run: The run.
        signal: The signal.
        rows: The signal's fits by key. They grow while the run goes on.
        suggestions: What a search has suggested, in order.
        outputs: Which outputs are stored. None if nobody needs to know.
    """

    def __init__(
        self,
        run: Run,
        signal: Signal,
        rows: dict[str, Row] | None = None,
        suggestions: Sequence[Suggestion] = (),
        outputs: StoredOutputs | None = None,
    ) -> None:
        self.run, self.signal = run, signal
        self.rows: dict[str, Row] = {} if rows is None else rows
        self.suggestions = suggestions
        self.outputs = outputs

    @cached_property
    def points(self) -> list[Point]:
        """Every point that has a name before anything is fitted."""
        return self.run.question.points(self.run, self.signal)

    @cached_property
    def by_name(self) -> dict[str, Point]:
        """The points by name."""
        return {point.name: point for point in self.points}

    @cached_property
    def rule_points(self) -> list[Point]:
        """The rules' points, each once. Rules that agree have the first one's name."""
        by_network: dict[object, Point] = {}
        for point in self.points:
            if point.kind == "rule":
                by_network.setdefault(point.network, point)
        return list(by_network.values())

    @cached_property
    def cells(self) -> list[Point]:
        """The grid's cells."""
        return [point for point in self.points if point.kind == "grid"]

    @cached_property
    def at(self) -> dict[NoiseScales, Point]:
        """The points by their noise scales. A rule's point replaces a cell at the same scales."""
        return {point.scales: point for point in reversed(self.points) if point.scales}

    @property
    def suggested(self) -> list[Suggestion]:
        """The suggestions of the search itself, without what it knew before."""
        return [suggestion for suggestion in self.suggestions if not suggestion.warm]

    def point_at(self, scales: NoiseScales) -> Point:
        """Return the named point at (s0, s1), or else a point of the search."""
        return self.at.get(scales) or search_point(self.run, scales)

    def trial(self, point: Point, seed: int) -> Trial:
        """Return the trial of a point on one seed."""
        return trial_of(self.run.scale, self.signal, point, seed)

    def keys(self, point: Point, seeds: Sequence[int]) -> list[str]:
        """Return the keys of a point's trials, in the order of the seeds."""
        return keys_of(self.run.scale, self.signal, point, seeds)

    def fits(
        self, stage: int, points: Iterable[Point], seeds: Sequence[int], *, keep: bool = False
    ) -> list[PlannedFit]:
        """Return the fits of points on seeds, seed after seed, every trial once.

        With `keep`, the outputs on the first of the seeds are stored. The question may want all.
        """
        keep_all = self.run.question.keeps_outputs
        places = []
        points = list(points)
        for seed in seeds:
            places += [Place(stage, point, seed) for point in points]
        return planned(
            self.run.scale,
            self.signal,
            places,
            lambda place: keep_all or (keep and place.seed == seeds[0]),
        )

    def stored(self, point: Point, seeds: Sequence[int]) -> list[Row]:
        """Return the rows of a point on those of the seeds that have one."""
        return [self.rows[key] for key in self.keys(point, seeds) if key in self.rows]

    def is_done(self, fit: PlannedFit) -> bool:
        """Return whether a fit has a row that no later run would replace, and its outputs."""
        row = self.rows.get(fit.trial.key)
        if row is None or (self.outputs and self.outputs.lack(fit, row)):
            return False
        # A fit that was stopped early counts only if the question allows that.
        stopped = row["status"] == "partial" and bool(fit.rungs)
        return stopped or row["status"] not in UNFINISHED

    def scores(
        self, point: Point, seeds: Sequence[int], metric: Metric = HEADLINE
    ) -> tuple[float, ...]:
        """Return a point's score on each seed, by default its peak PSNR in dB.

        A diverged fit has zero output's PSNR. The score is NaN where there is no whole fit.
        """
        scores = []
        for key in self.keys(point, seeds):
            row = self.rows.get(key)
            score = None if row is None else score_of(row, metric)
            scores.append(math.nan if score is None else score)
        return tuple(scores)

    def mean(self, point: Point, seeds: Sequence[int], metric: Metric = HEADLINE) -> float:
        """Return the mean of `scores` in dB, NaN while any is missing."""
        return statistics.fmean(self.scores(point, seeds, metric))

    def known_points(self) -> list[ScoredPoint]:
        """Return every SIREN² point that was fitted as the run fits, whichever study did it.

        The order is that of (s0, s1). Points with a fit that was stopped early are left out.
        """
        scores: dict[Point, dict[int, float]] = defaultdict(dict)
        stopped: set[Point] = set()
        points: dict[NoiseScales, Point] = {}
        for row in self.rows.values():
            if row["sha256"] != self.signal.sha256 or row["network"] != "siren2":
                continue
            at = NoiseScales(row["hp_s0"], row["hp_s1"])
            if at not in points:
                points[at] = search_point(self.run, at)
            point = points[at]
            # The key is equal only if the whole trial is as in this run.
            if self.trial(point, row["seed"]).key == row["key"]:
                score = score_of(row)
                if row["status"] == "partial":
                    stopped.add(point)
                elif score is not None:
                    scores[point][row["seed"]] = score
        ordered = sorted(scores.items(), key=lambda item: item[0].scales or ())
        return [ScoredPoint(point, by_seed) for point, by_seed in ordered if point not in stopped]


def search_point(run: Run, scales: NoiseScales) -> Point:
    """Return the run's SIREN² at (s0, s1) as a point of a search."""
    network = siren2_at(run.scale, scales)
    name = f"s0 {network.s0:.9g}, s1 {network.s1:.9g}"
    return Point(name=name, kind="search", network=network)


def stored_rows(
    run: Run, store: Store, columns: Sequence[str]
) -> Iterator[tuple[str, dict[str, Row]]]:
    """Yield every signal's sha256 and its rows by key.

    The rows are all that the store has of the run's size and training, whichever study asked for
    them. They come signal by signal, because a row in Python takes ten times what it takes in
    Arrow.
    """
    table = store.fits(
        columns=columns,
        signals=run.signals,
        where=run.question.stored_where(run),
        objective=run.scale.objective.name,
    )
    # Converting `written_at` to Python takes longer than all other columns.
    table = table.select(columns).sort_by("sha256")
    places, start = {}, 0
    for count in pc.value_counts(table["sha256"]).to_pylist():
        places[count["values"]] = start, count["counts"]
        start += count["counts"]
    for sha256 in run.signals:
        own = table.slice(*places.get(sha256, (0, 0)))
        yield sha256, {row["key"]: row for row in own.to_pylist()}


def score_of(row: Row, metric: Metric = HEADLINE) -> float | None:
    """Return a fit's score, by default its peak PSNR in dB, or zero output's PSNR if it diverged.

    The score is None if the fit failed or was stopped early.
    """
    if row["status"] in UNFINISHED:
        return None
    return row[ZERO_OUTPUT] if row["status"] == "diverged" else row[metric.column]


def objective(points: Iterable[ScoredPoint], seeds: Sequence[int]) -> dict[Point, float]:
    """Return the mean score in dB over `seeds` of each point that has a fit on any of them.

    Seeds shift all points together. A point that lacks some seeds is therefore corrected by the
    effect of the seeds that it has. The effect of a seed is the median, over points that have all
    seeds, of its score minus the point's mean.
    """
    scored: list[tuple[Point, Mapping[int, float]]] = []
    for point, by_seed in points:
        scored.append((point, {s: by_seed[s] for s in seeds if s in by_seed}))
    complete = [scores for _, scores in scored if len(scores) == len(seeds)]
    effect = dict.fromkeys(seeds, 0.0)
    if complete:
        for seed in seeds:
            effect[seed] = statistics.median(
                scores[seed] - statistics.fmean(scores.values()) for scores in complete
            )
    means = {}
    for point, scores in scored:
        if len(scores) == len(seeds):
            # No correction is needed, and the medians would not cancel exactly.
            means[point] = statistics.fmean(scores.values())
        elif scores:
            means[point] = statistics.fmean(score - effect[seed] for seed, score in scores.items())
    return means
