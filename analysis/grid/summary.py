"""Compute what SIREN, Eqn. 11 and the best cell reach on a signal, on the same fresh seeds."""

import math
from collections import Counter
from collections.abc import Sequence
from typing import NamedTuple

from studies.engine.outcomes.choosing import Choice
from studies.engine.outcomes.landscape import Landscape, landscape
from studies.engine.outcomes.results import statuses
from studies.engine.outcomes.signal_state import SignalState
from studies.engine.planning.points import Point
from studies.engine.signals.signal import Signal


class Score(NamedTuple):
    """A point's peak PSNR in dB on each seed, NaN where there is none."""

    point: Point
    peaks: tuple[float, ...]

    @property
    def mean(self) -> float:
        return sum(self.peaks) / len(self.peaks)


class Summary(NamedTuple):
    """Hold what a grid run says of one signal.

    `grid_scores` has the mean PSNR in dB of named points on the grid's own seeds. `scoring_seeds`
    are those that the fits drew with.
    """

    signal: Signal
    map: Landscape
    siren: Score
    rule: Score
    best: Score | None
    grid_scores: dict[str, float]
    statuses: Counter[str]
    scoring_seeds: tuple[int, ...]

    @property
    def differences(self) -> tuple[float, ...]:
        """Best cell minus Eqn. 11 in dB, seed by seed. Pairing cancels the effect of the seed."""
        if self.best is None:
            return ()
        pairs = zip(self.best.peaks, self.rule.peaks, strict=True)
        return tuple(best - rule for best, rule in pairs)

    @property
    def by_seed(self) -> dict[int, float]:
        """The `differences` by the seeds that the fits drew with."""
        return dict(zip(self.scoring_seeds, self.differences, strict=True))

    @property
    def difference(self) -> float:
        """Mean of `differences` in dB, NaN until all are there."""
        return sum(self.differences) / len(self.differences) if self.differences else math.nan

    @property
    def numbers(self) -> dict[str, float]:
        """The numbers that MLflow shows, by name."""
        return {
            "psnr_siren": self.siren.mean,
            "psnr_eqn11": self.rule.mean,
            "psnr_best": self.best.mean if self.best else math.nan,
            "best_minus_eqn11_db": self.difference,
            "fits_dead": self.statuses["dead"],
            "fits_diverged": self.statuses["diverged"],
            "fits_failed": self.statuses["failed"],
        }


def summarize(
    states: Sequence[SignalState], choices: Sequence[Choice], scoring_seeds: Sequence[int]
) -> list[Summary]:
    """Return the summary of every signal, in the order of the states.

    Args:
        states: The signals with their fits.
        choices: How each signal's best cell was chosen.
        scoring_seeds: The seeds on which the best cell, SIREN and Eqn. 11 are compared.
    """
    return [
        _summarize(state, choice, scoring_seeds)
        for state, choice in zip(states, choices, strict=True)
    ]


def _summarize(state: SignalState, choice: Choice, scoring_seeds: Sequence[int]) -> Summary:
    def score(point: Point) -> Score:
        return Score(point, state.scores(point, scoring_seeds))

    best = choice.optimum
    return Summary(
        signal=state.signal,
        map=landscape(state),
        siren=score(state.by_name["siren"]),
        rule=score(state.by_name[state.run.scale.rules[0]]),
        best=best and score(best),
        grid_scores={
            point.name: Score(point, state.scores(point, state.run.scale.map_seeds)).mean
            for point in state.points
            if point.kind != "grid"
        },
        statuses=statuses(state),
        scoring_seeds=tuple(
            state.run.scale.drawn_seed(state.signal.sha256, seed) for seed in scoring_seeds
        ),
    )
