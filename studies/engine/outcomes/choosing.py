"""Which points may be a signal's optimum, and which of them is: chosen on one set of seeds,
scored on another, so that the winner's luck stays out of the score."""

import math
import statistics
from collections import defaultdict
from collections.abc import Mapping, Sequence

from studies.engine.outcomes.known_points import Suggestion, named_points, point_at, score_of
from studies.engine.outcomes.landscape import landscape
from studies.engine.planning.points import Point, keys_of, points, rule_points
from studies.engine.planning.study import Run
from studies.engine.signals.signal import Signal
from studies.engine.store.rows import Row

Rows = Mapping[str, Row]
Suggestions = Sequence[Suggestion]


def tried(run: Run, signal: Signal, rows: Rows, suggestions: Suggestions) -> dict[Point, float]:
    """The points that a run tried to find the optimum, best first: their mean PSNR over its seeds.

    Of a grid its cells, of a search all that it knew or suggested.
    """
    if run.search:
        named = named_points(run, signal)
        values = {
            named.get(s.scales) or point_at(run, s.scales): s.value
            for s in suggestions
            if s.value is not None
        }
    else:
        relief = landscape(run, signal, rows)
        means = {point: float(relief.mean[cell]) for cell, point in relief.cells.items()}
        values = {point: mean for point, mean in means.items() if math.isfinite(mean)}
    return dict(sorted(values.items(), key=lambda item: item[1], reverse=True))


def candidates(run: Run, signal: Signal, rows: Rows, suggestions: Suggestions) -> list[Point]:
    """The points among which the choosing seeds decide.

    Of what was tried the top points and the best cell of the grid; and every rule's point. Of a
    grid that no such seeds confirm its best cell, alone.
    """
    found = list(tried(run, signal, rows, suggestions))
    cells = [point for point in found if point.kind == "grid"]
    if not run.choosing_seeds:
        return cells[:1]
    chosen = [*found[: run.top], *cells[:1], *rule_points(run, signal)]
    return list({point.network: point for point in chosen}.values())


def optimum(run: Run, signal: Signal, rows: Rows, suggestions: Suggestions) -> Point | None:
    """The candidate of the largest mean over the choosing seeds; None while some are missing.

    A grid's best cell has been chosen already, by the grid's seeds.
    """
    found = candidates(run, signal, rows, suggestions)
    if not run.choosing_seeds:
        return found[0] if found else None
    means = [mean_over(run, signal, point, rows, run.choosing_seeds) for point in found]
    if not found or any(map(math.isnan, means)):
        return None
    return found[means.index(max(means))]


def compared(run: Run, signal: Signal, rows: Rows, suggestions: Suggestions) -> list[Point]:
    """What is scored beside the optimum: the rules, and of a search the grid's best cell.

    Of a grid that no seeds confirm plain SIREN and the first rule.
    """
    if run.confirms and not run.search:
        return rule_points(run, signal)
    if run.search:
        found = candidates(run, signal, rows, suggestions)
        return [*rule_points(run, signal), *(p for p in found if p.kind == "grid")]
    named = {point.name: point for point in points(run, signal)}
    return [named["siren"], named[run.scale.rules[0]]]


def best_tuned(run: Run, signal: Signal, rows: Rows) -> dict[str, Point]:
    """Of each case of a comparison the point that scores best on the choosing seeds, if that is
    another than the published one; of the cases of which all points have a score.
    """
    if not run.choosing_seeds:
        return {}
    of_cases: dict[str, dict[Point, float]] = defaultdict(dict)
    for point in points(run, signal):
        mean = mean_over(run, signal, point, rows, run.choosing_seeds)
        of_cases[point.case][point] = mean
    best = {
        case: max(means, key=lambda point: means[point])
        for case, means in of_cases.items()
        if not any(map(math.isnan, means.values()))
    }
    return {case: point for case, point in best.items() if point.kind == "tuning"}


def scores(
    run: Run, signal: Signal, point: Point, rows: Rows, seeds: Sequence[int]
) -> tuple[float, ...]:
    """A point's peak PSNR in dB on each seed: zero output's where it diverged, NaN where there is
    no whole fit, or one that failed for another reason than its own.
    """
    found = map(rows.get, keys_of(run, signal, point, seeds))
    known = (None if row is None else score_of(row, signal) for row in found)
    return tuple(math.nan if score is None else score for score in known)


def mean_over(run: Run, signal: Signal, point: Point, rows: Rows, seeds: Sequence[int]) -> float:
    """The mean of `scores`, NaN while any is missing."""
    return statistics.fmean(scores(run, signal, point, rows, seeds))
