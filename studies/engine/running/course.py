"""The course of one signal through a run: which fits, and, knowing their outcome, which next."""

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING

from studies.engine.outcomes.choosing import best_tuned, candidates, compared, optimum
from studies.engine.outcomes.known_points import known_points
from studies.engine.planning.points import (
    CHOOSING_STAGE,
    SCORING_STAGE,
    PlannedFit,
    Point,
    plan,
    planned,
)
from studies.engine.planning.study import Run
from studies.engine.signals.signal import Signal
from studies.engine.store.rows import Row

if TYPE_CHECKING:
    from studies.engine.search.signal_search import SignalSearch  # Optuna, of searches alone

Course = Iterator[list[PlannedFit]]
"""Yields fits; is asked for more when all of these have their row."""


def course(
    run: Run, signal: Signal, rows: Mapping[str, Row], search: "SignalSearch | None"
) -> Course:
    """A signal's fits: the plan's, the search's rounds, then what chooses and scores the optimum.

    Args:
        rows: the signal's, by key; they grow while the course goes on.
        search: of a run that searches.
    """
    yield plan(run, [signal])
    if run.compares:
        winners = best_tuned(run, signal, rows).values()
        yield _on(run, signal, list(winners), range(run.scale.seeds), SCORING_STAGE)
        return
    suggestions = ()
    if search:
        search.warm_start(known_points(run, signal, rows))
        yield search.unfinished()
        while fits := search.next_round():
            yield fits
            search.tell()
        suggestions = search.suggestions()
    if run.choosing_seeds:
        found = candidates(run, signal, rows, suggestions)
        yield _on(run, signal, found, run.choosing_seeds, CHOOSING_STAGE)
    best = optimum(run, signal, rows, suggestions)
    if best:
        found = [best, *compared(run, signal, rows, suggestions)]
        yield _on(run, signal, found, run.scoring_seeds, SCORING_STAGE)


def _on(
    run: Run, signal: Signal, points: Sequence[Point], seeds: Sequence[int], stage: int
) -> list[PlannedFit]:
    return planned(run, [(stage, signal, point, seed) for seed in seeds for point in points])
