"""Say whether the landscape survives a better optimizer.

The rows are those of `python -m analysis.experiments.optimizers`, from RESULTS/_rules.
"""

import math
import statistics
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from typing import NamedTuple

from analysis.experiments.optimizers import Fit, read_fits
from analysis.findings.numbers import db, table
from analysis.findings.optimizer_maps import NAMES, Pair, Trained, cell_of, maps_of
from analysis.statistics.intervals import Interval, mark, mean_interval


class UnderOptimizer(NamedTuple):
    """Holds what the maps under one training say.

    Args:
        trained: How they were trained.
        best: PSNR of the best point, in dB.
        gain: The same minus that of the reference's best point.
        at_rule: PSNR at the point of `EVEN_LAW`.
        regret: The first minus the second.
        spread: PSNR of the best point minus that of the worst.
        shift: How far the best point's K lies above that under the reference, in cells.
        num_moved: The number of signals and seeds whose K lies more than one cell away.
        lost: What the reference's best point loses here, in dB.
        order: Spearman's rank correlation of the points with the reference's map.
        seconds: Median training time of a fit.
    """

    trained: Trained
    best: Interval
    gain: Interval
    at_rule: Interval
    regret: Interval
    spread: Interval
    shift: Interval
    num_moved: int
    lost: Interval
    order: Interval
    seconds: float


class Optimizers(NamedTuple):
    """Holds the comparison of optimizers.

    Args:
        under: One entry for each training, the reference first.
        tried: Mean PSNR in dB of every training that was tried on the other signals.
        fit: One of the fits, for what all share.
        num_signals: Number of signals with maps.
        num_tuned: Number of other signals.
        seeds: The seeds of the maps.
        num_points: Points of a map.
        cell: The factor from a bandwidth of the cells to the next.
    """

    under: tuple[UnderOptimizer, ...]
    tried: Mapping[Trained, float]
    fit: Fit
    num_signals: int
    num_tuned: int
    seeds: tuple[int, ...]
    num_points: int
    cell: float

    @property
    def reference(self) -> UnderOptimizer:
        """The training that the others are compared with: Adam, where its maps are best."""
        return self.under[0]

    @property
    def others(self) -> tuple[UnderOptimizer, ...]:
        """The trainings by other optimizers."""
        return tuple(u for u in self.under if u.trained.optimizer != "adam")

    @property
    def rule(self) -> str:
        """The rule that was recommended when the maps were made."""
        return self.fit.rule


def read_optimizers(results: str) -> Optimizers | None:
    """Return what a results folder holds of Adam and other optimizers, None without such maps.

    Only signals and seeds that are mapped under every training count.
    """
    fits = read_fits(results)
    maps, others = maps_of(fits)
    whole = set.intersection(*(set(of) for of in maps.values())) if maps else set()
    # Adam where its maps are best, so that no optimizer is compared with a bad learning rate.
    adam = [trained for trained in maps if trained.optimizer == "adam"]
    if not whole or not adam or len(adam) == len(maps):
        return None
    reference = max(adam, key=lambda t: sum(maps[t][key].top for key in whole))
    cell = cell_of(maps[reference])
    ordered = sorted(maps, key=lambda t: (t != reference, list(NAMES).index(t.optimizer)))
    under = []
    for trained in ordered:
        pairs = {k: Pair(maps[trained][k], maps[reference][k], cell) for k in sorted(whole)}
        under.append(_under(trained, pairs))
    one = next(iter(maps[reference].values()))
    return Optimizers(
        under=tuple(under),
        tried=_tried(others),
        fit=one.rule,
        num_signals=len({signal for signal, _ in whole}),
        num_tuned=len({fit.signal for fit in others}),
        seeds=tuple(sorted({seed for _, seed in whole})),
        num_points=len(one.fits),
        cell=math.exp(cell),
    )


def _under(trained: Trained, pairs: Mapping[tuple[str, int], Pair]) -> UnderOptimizer:
    every = list(pairs.values())
    fits = [fit for pair in every for fit in pair.one.fits.values()]
    return UnderOptimizer(
        trained=trained,
        best=_mean(pairs, lambda pair: pair.one.top),
        gain=_mean(pairs, lambda pair: pair.gain),
        at_rule=_mean(pairs, lambda pair: pair.one.rule.psnr),
        regret=_mean(pairs, lambda pair: pair.regret),
        spread=_mean(pairs, lambda pair: pair.spread),
        shift=_mean(pairs, lambda pair: pair.shift),
        # Cells of one K differ in their last digits.
        num_moved=sum(abs(pair.shift) > 1.1 for pair in every),
        lost=_mean(pairs, lambda pair: pair.lost),
        order=_mean(pairs, lambda pair: pair.order),
        seconds=statistics.median(fit.seconds for fit in fits),
    )


def _mean(pairs: Mapping[tuple[str, int], Pair], value: Callable[[Pair], float]) -> Interval:
    """Return the mean of a value over signals, with the interval over recordings and seeds."""
    values: dict[str, dict[int, float]] = defaultdict(dict)
    recordings: dict[str, str] = {}
    for (signal, seed), pair in pairs.items():
        values[signal][seed] = value(pair)
        recordings[signal] = pair.one.recording
    return mean_interval(list(values.values()), [recordings[signal] for signal in values])


def _tried(fits: Sequence[Fit]) -> dict[Trained, float]:
    """Return the mean PSNR of every training on the signals that chose rates.

    Only trainings that all these signals have count.
    """
    scores: dict[Trained, dict[str, list[float]]] = defaultdict(lambda: defaultdict(list))
    for fit in fits:
        trained = Trained(fit.optimizer, fit.learning_rate, fit.decay)
        scores[trained][fit.signal].append(fit.psnr)
    signals = {fit.signal for fit in fits}
    return {
        trained: statistics.fmean(map(statistics.fmean, of.values()))
        for trained, of in sorted(scores.items())
        if of.keys() == signals
    }


def optimizers_table(measured: Optimizers) -> str:
    """Return a row for each training."""
    rows = []
    for one in measured.under:
        is_reference = one is measured.reference
        rows.append(
            [
                str(one.trained),
                *map(db, (one.best, one.at_rule, one.regret, one.spread)),
                "-" if is_reference else plain(one.shift),
                "-" if is_reference else str(one.num_moved),
                "-" if is_reference else db(one.lost),
                "-" if is_reference else plain(one.order),
                f"{one.seconds:.1f} s",
            ]
        )
    header = (
        "optimizer, learning rate, decay", "best of the map", "at the rule", "rule's regret",
        "best minus worst", "shift of K, cells", "moved more than a cell",
        "loss of the reference's point", "rank correlation", "seconds a fit",
    )  # fmt: skip
    return table(header, rows)


def tried_table(measured: Optimizers) -> str:
    """Return the mean PSNR of every training that was tried on the other signals."""
    rows = [[str(trained), f"{mean:.1f} dB"] for trained, mean in measured.tried.items()]
    return table(("optimizer, learning rate, decay", "mean PSNR"), rows)


def plain(interval: Interval) -> str:
    """Format an interval of a number that may be negative."""
    if math.isnan(interval.low):
        return f"{interval.mean:+.2f}"
    return f"{interval.mean:+.2f} [{interval.low:+.2f}, {interval.high:+.2f}]{mark(interval)}"
