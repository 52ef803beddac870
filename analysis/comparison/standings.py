"""Compare networks on one signal: what each reached, at what cost, and its rank."""

import math
import statistics
from collections import Counter
from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import NamedTuple

from analysis.comparison.published import Published, is_papers, published
from analysis.comparison.without_network import WithoutNetwork
from studies.engine.outcomes.signal_state import SignalState
from studies.engine.planning.points import Point
from studies.engine.signals.signal import Signal
from studies.engine.store.metrics import PSNR_HELD_OUT


class Standing(NamedTuple):
    """A case on a signal.

    `peaks` are in dB by seed, NaN where there is none. `rank` counts from 1, by the mean. A case
    with a missing, failed, diverged or dead fit has no rank: a dead fit learned nothing.
    """

    point: Point
    peaks: tuple[float, ...]
    statuses: Counter[str]
    parameters: int | None
    seconds_per_epoch: float
    flops_per_epoch: float | None
    paper: Published | None
    held_out: tuple[float, ...] = ()
    """The held-out PSNR by seed, empty where no samples are held out."""
    rank: int | None = None

    @property
    def held_out_mean(self) -> float:
        """Mean of the held-out PSNR over seeds in dB, NaN while one is missing."""
        return statistics.fmean(self.held_out) if self.held_out else math.nan

    @property
    def mean(self) -> float:
        """Mean over seeds in dB, NaN while one is missing."""
        return statistics.fmean(self.peaks)

    @property
    def deviation(self) -> float:
        """Standard deviation over seeds in dB, NaN for fewer than two or while one is missing."""
        if len(self.peaks) < 2 or any(map(math.isnan, self.peaks)):
            return math.nan
        return statistics.stdev(self.peaks)

    @property
    def is_ranked(self) -> bool:
        return self.rank is not None

    @property
    def remark(self) -> str:
        """Say what is wrong with its fits, such as "1 of 5 dead, 2 of 5 missing"."""
        words = ("dead", "empty", "diverged", "failed", "partial")
        num = len(self.peaks)
        missing = num - sum(self.statuses.values())
        parts = [f"{self.statuses[w]} of {num} {w}" for w in words if self.statuses[w]]
        if missing:
            parts.append(f"{missing} of {num} missing")
        return ", ".join(parts)


class Comparison(NamedTuple):
    """A signal's standings: those with a rank first, then the others by their mean.

    `baselines` are what as many numbers give without a network, by their names. They are empty
    where that is not known.
    """

    signal: Signal
    standings: tuple[Standing, ...]
    baselines: Mapping[str, WithoutNetwork] = MappingProxyType({})

    @property
    def parameters(self) -> int:
        """The parameters of the largest network, 0 while none is fitted."""
        return max((s.parameters or 0 for s in self.standings), default=0)


def compare(states: Sequence[SignalState], winners: Sequence[Sequence[Point]]) -> list[Comparison]:
    """Return every signal's comparison.

    Args:
        states: The signals with their fits.
        winners: The points that each signal's tuning chose.
    """
    return [_compare(state, tuned) for state, tuned in zip(states, winners, strict=True)]


def _compare(state: SignalState, winners: Sequence[Point]) -> Comparison:
    cases = [point for point in state.points if point.kind == "network"]
    standings = [_standing(state, point) for point in [*cases, *winners]]
    ranked = [s for s in standings if _has_rank(s)]
    ranked.sort(key=lambda s: s.mean, reverse=True)
    others = [s for s in standings if not _has_rank(s)]
    others.sort(key=lambda s: -math.inf if math.isnan(s.mean) else s.mean, reverse=True)
    numbered = [s._replace(rank=rank) for rank, s in enumerate(ranked, 1)]
    return Comparison(state.signal, (*numbered, *others))


def _standing(state: SignalState, point: Point) -> Standing:
    run, seeds = state.run, state.run.scale.map_seeds
    own = state.stored(point, seeds)
    times = [row["seconds_per_epoch"] for row in own if row["seconds_per_epoch"]]
    has_figure = point.kind == "network" and is_papers(run)
    return Standing(
        point=point,
        peaks=state.scores(point, seeds),
        statuses=Counter(row["status"] for row in own),
        parameters=own[0]["parameters"] if own else None,
        seconds_per_epoch=statistics.median(times) if times else math.nan,
        flops_per_epoch=own[0]["flops_per_epoch"] if own else None,
        held_out=state.scores(point, seeds, PSNR_HELD_OUT) if run.scale.hold_out else (),
        paper=published(run.study, state.signal, point.case) if has_figure else None,
    )


def _has_rank(standing: Standing) -> bool:
    bad = sum(standing.statuses[word] for word in ("dead", "empty", "diverged"))
    return not bad and not math.isnan(standing.mean)


class CaseSummary(NamedTuple):
    """A case over all signals: how many dB it is behind each signal's best on average."""

    name: str
    behind: float
    wins: int
    ranked: int
    num_signals: int


def summarize_cases(comparisons: Sequence[Comparison]) -> list[CaseSummary]:
    """Return every case, the least behind first.

    Only cases with a rank on every signal have a mean.
    """
    names = dict.fromkeys(s.point.case for c in comparisons for s in c.standings)
    summaries = []
    for name in names:
        gaps, wins = [], 0
        for comparison in comparisons:
            for s in comparison.standings:
                if s.point.case == name and s.point.kind == "network" and s.is_ranked:
                    gaps.append(comparison.standings[0].mean - s.mean)
                    if s.rank == 1:
                        wins += 1
        behind = statistics.fmean(gaps) if len(gaps) == len(comparisons) else math.nan
        summaries.append(CaseSummary(name, behind, wins, len(gaps), len(comparisons)))
    return sorted(summaries, key=lambda case: (math.isnan(case.behind), case.behind, -case.ranked))
