"""A clip in numbers: what SIREN, Eqn. 11 and the best cell reach on the same fresh seeds."""

import math
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from analysis.landscape import Landscape, landscape
from studies.engine.plan import Point, plan, points, trial_of
from studies.engine.signals import Signal
from studies.engine.study import Run

Rows = Mapping[str, Mapping[str, Any]]


class Score(NamedTuple):
    """A point's peak PSNR in dB on each confirming seed; NaN where there is none."""

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
    num_done: int
    num_fits: int
    code: frozenset[str]
    """What computed the fits: versions and commit."""

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


def summarize(run: Run, signals: Sequence[Signal], rows: Rows) -> list[Summary]:
    """Every signal's summary, from the store's rows by key."""
    return [_summarize(run, signal, rows) for signal in signals]


def _summarize(run: Run, signal: Signal, rows: Rows) -> Summary:
    by_name = {point.name: point for point in points(run, signal)}
    relief = landscape(run, signal, rows)
    keys = {fit.trial.key for fit in plan(run, [signal])}
    if relief.best:
        keys |= {trial_of(run, signal, relief.best, s).key for s in run.confirm_seeds}
    num_fits = len(keys) + (0 if relief.best else len(run.confirm_seeds))
    found = [rows[key] for key in keys if key in rows]
    grid_seeds = range(run.scale.seeds)
    return Summary(
        signal=signal,
        map=relief,
        siren=_score(run, signal, by_name["siren"], rows, run.confirm_seeds),
        rule=_score(run, signal, by_name[run.scale.rules[0]], rows, run.confirm_seeds),
        best=relief.best and _score(run, signal, relief.best, rows, run.confirm_seeds),
        grid_scores={
            name: _score(run, signal, point, rows, grid_seeds).mean
            for name, point in by_name.items()
            if point.kind != "grid"
        },
        statuses=Counter(row["status"] for row in found),
        num_done=sum(row["status"] != "failed" for row in found),
        num_fits=num_fits,
        code=frozenset(f"{r['versions']}, commit {r['commit'] or 'unknown'}" for r in found),
    )


def _score(run: Run, signal: Signal, point: Point, rows: Rows, seeds: Sequence[int]) -> Score:
    peaks = []
    for seed in seeds:
        row = rows.get(trial_of(run, signal, point, seed).key)
        usable = row is not None and row["status"] in ("ok", "dead")
        peaks.append(float(row["metric_psnr_peak"]) if row and usable else math.nan)
    return Score(point, tuple(peaks))
