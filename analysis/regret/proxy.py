"""How short a fit may be to tell good points from bad: rank correlation with the full budget."""

import statistics
from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

import numpy as np
import pyarrow as pa
from scipy import stats

from analysis.statistics.curves import best_up_to
from inr_models.fitting.metrics import curve_epochs
from studies.engine.outcomes.choosing import Rows
from studies.engine.outcomes.known_points import known_points
from studies.engine.planning.points import trial_of
from studies.engine.planning.study import Run
from studies.engine.signals.signal import Signal

SHARES = (1 / 16, 1 / 8, 1 / 4, 1 / 2)
MIN_POINTS = 5


class Proxy(NamedTuple):
    """A budget of `epochs`, the first of the same schedule, against the full one.

    `correlations` are Spearman's over the points of each signal; `lost` is what the point
    that is best at the short budget lacks at the full one, in dB, by signal.
    """

    epochs: int
    correlations: tuple[float, ...]
    lost: tuple[float, ...]


def proxy_keys(run: Run, signals: Iterable[Signal], rows: Mapping[str, Rows]) -> list[str]:
    """The fits whose curves `proxies` wants: whole ones on the search's seeds."""
    return [
        trial_of(run, signal, known.point, seed).key
        for signal in signals
        for known in known_points(run, signal, rows[signal.sha256])
        for seed in range(run.scale.seeds)
        if seed in known.scores
    ]


def proxies(
    run: Run, signals: Sequence[Signal], rows: Mapping[str, Rows], curves: pa.Table
) -> list[Proxy]:
    """One for each share of the epochs, over the signals that have points enough."""
    grid = curve_epochs(run.scale.fit.epochs)
    wanted = sorted({int(grid[grid <= share * grid[-1]].max()) for share in SHARES} - {0})
    peaks = _peaks(curves, [*wanted, int(grid[-1])])
    found = []
    for epochs in wanted:
        correlations, lost = [], []
        for signal in signals:
            mine = rows[signal.sha256]
            pairs = _pairs(run, signal, mine, peaks, epochs, int(grid[-1]))
            short, full = np.array(pairs).reshape(-1, 2).T
            # Points that are all alike, dead say, have no ranks.
            if len(pairs) >= MIN_POINTS and np.ptp(short) > 0 and np.ptp(full) > 0:
                correlations.append(float(np.asarray(stats.spearmanr(short, full))[0]))
                lost.append(float(full.max() - full[short.argmax()]))
        if correlations:
            found.append(Proxy(epochs, tuple(correlations), tuple(lost)))
    return found


def _peaks(curves: pa.Table, at: Sequence[int]) -> dict[tuple[str, int], float]:
    """(key, epoch) -> the best PSNR of its curve up to there; none where the curve ends before."""
    ends = dict(zip(curves["key"].to_pylist(), curves["epoch"].to_pylist(), strict=True))
    return {
        (key, epoch): best.psnr
        for (key, epoch), best in best_up_to(curves, at).items()
        if epoch <= ends[key]
    }


def _pairs(
    run: Run,
    signal: Signal,
    rows: Rows,
    peaks: dict[tuple[str, int], float],
    short: int,
    full: int,
) -> list[tuple[float, float]]:
    """Of every point with all seeds: its mean over them at the short and at the full budget."""
    pairs = []
    for known in known_points(run, signal, rows):
        keys = [trial_of(run, signal, known.point, s).key for s in range(run.scale.seeds)]
        if all((key, epoch) in peaks for key in keys for epoch in (short, full)):
            means = [statistics.fmean(peaks[key, e] for key in keys) for e in (short, full)]
            pairs.append((means[0], means[1]))
    return pairs
