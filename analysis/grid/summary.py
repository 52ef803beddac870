"""A clip in numbers: what SIREN, Eqn. 11 and the best cell reach on the same fresh seeds."""

import math
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import NamedTuple

from studies.engine.outcomes.choosing import Rows, optimum, scores
from studies.engine.outcomes.landscape import Landscape, landscape
from studies.engine.planning.points import Point, points
from studies.engine.planning.study import Run
from studies.engine.signals.signal import Signal


class Score(NamedTuple):
    """A point's peak PSNR in dB on each seed; NaN where there is none."""

    point: Point
    peaks: tuple[float, ...]

    @property
    def mean(self) -> float:
        return sum(self.peaks) / len(self.peaks)


class Summary(NamedTuple):
    """One clip. `grid_scores` has the points' means on the grid's own seeds, by name."""

    signal: Signal
    map: Landscape
    siren: Score
    rule: Score
    best: Score | None
    grid_scores: dict[str, float]
    statuses: Counter[str]

    @property
    def differences(self) -> tuple[float, ...]:
        """Best cell minus Eqn. 11 in dB, seed by seed; paired, so the seed's own effect is out."""
        if self.best is None:
            return ()
        pairs = zip(self.best.peaks, self.rule.peaks, strict=True)
        return tuple(best - rule for best, rule in pairs)

    @property
    def difference(self) -> float:
        """Mean of `differences`; NaN until all are there."""
        return sum(self.differences) / len(self.differences) if self.differences else math.nan

    @property
    def numbers(self) -> dict[str, float]:
        """The summary as plain numbers by name, for MLflow."""
        return {
            "psnr_siren": self.siren.mean,
            "psnr_eqn11": self.rule.mean,
            "psnr_best": self.best.mean if self.best else math.nan,
            "best_minus_eqn11_db": self.difference,
            "fits_dead": self.statuses["dead"],
            "fits_diverged": self.statuses["diverged"],
            "fits_failed": self.statuses["failed"],
        }


def summarize(run: Run, signals: Sequence[Signal], rows: Mapping[str, Rows]) -> list[Summary]:
    """Every signal's summary, from the store's rows by sha256 and key."""
    return [_summarize(run, signal, rows[signal.sha256]) for signal in signals]


def _summarize(run: Run, signal: Signal, rows: Rows) -> Summary:
    by_name = {point.name: point for point in points(run, signal)}
    best = optimum(run, signal, rows, ())

    def score(point: Point, seeds: Sequence[int] = run.scoring_seeds) -> Score:
        return Score(point, scores(run, signal, point, rows, seeds))

    return Summary(
        signal=signal,
        map=landscape(run, signal, rows),
        siren=score(by_name["siren"]),
        rule=score(by_name[run.scale.rules[0]]),
        best=best and score(best),
        grid_scores={
            name: score(point, range(run.scale.seeds)).mean
            for name, point in by_name.items()
            if point.kind != "grid"
        },
        statuses=Counter(row["status"] for row in rows.values()),
    )
