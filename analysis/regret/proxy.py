"""Compute how well short fits rank points: the rank correlation with the full budget."""

import bisect
import statistics
from collections.abc import Mapping, Sequence
from typing import NamedTuple

import numpy as np

from analysis.statistics.ranks import rank_correlation
from inr_models.fitting.metrics import curve_epochs
from studies.engine.outcomes.signal_state import SignalState
from studies.engine.store.store import Curve

SHARES = (1 / 16, 1 / 8, 1 / 4, 1 / 2)
MIN_POINTS = 5


class Proxy(NamedTuple):
    """A short budget, the first epochs of the same schedule, against the full one.

    Args:
        epochs: The short budget.
        correlations: Spearman's rank correlation over the points of each signal.
        lost: The dB that the best point of the short budget lacks at the full one, by signal.
    """

    epochs: int
    correlations: tuple[float, ...]
    lost: tuple[float, ...]


def proxy_keys(states: Sequence[SignalState]) -> list[str]:
    """Return the keys of the fits whose curves `proxies` needs: whole ones on the map's seeds."""
    keys = []
    for state in states:
        for point, scores in state.known_points():
            seeds = [seed for seed in state.run.scale.map_seeds if seed in scores]
            keys += state.keys(point, seeds)
    return keys


def proxies(states: Sequence[SignalState], epochs: int, curves: Mapping[str, Curve]) -> list[Proxy]:
    """Return a proxy for each of `SHARES`, over the signals that have at least `MIN_POINTS` points.

    Args:
        states: The signals.
        epochs: The full budget.
        curves: The curves of the fits in `proxy_keys`, by key.
    """
    grid = curve_epochs(epochs)
    # A short budget ends at an epoch at which every curve has a value.
    budgets = {int(grid[grid <= share * grid[-1]].max()) for share in SHARES} - {0}
    peaks = _peaks(curves, [*budgets, int(grid[-1])])
    by_budget = []
    for budget in sorted(budgets):
        correlations, lost = [], []
        for state in states:
            pairs = _pairs(state, peaks, budget, int(grid[-1]))
            short, full = np.array(pairs).reshape(-1, 2).T
            # Points that are all alike, such as dead ones, have no ranks.
            if len(pairs) >= MIN_POINTS and np.ptp(short) > 0 and np.ptp(full) > 0:
                correlations.append(rank_correlation(short, full))
                lost.append(float(full.max() - full[short.argmax()]))
        if correlations:
            by_budget.append(Proxy(budget, tuple(correlations), tuple(lost)))
    return by_budget


def _peaks(curves: Mapping[str, Curve], budgets: Sequence[int]) -> dict[tuple[str, int], float]:
    """Return the best PSNR in dB of a curve up to an epoch, by (key, epoch)."""
    peaks = {}
    for key, (epochs, psnr) in curves.items():
        for budget in budgets:
            # A curve that ends earlier, because the fit was stopped, has no peak there.
            if epochs[0] <= budget <= epochs[-1]:
                peaks[key, budget] = max(psnr[: bisect.bisect_right(epochs, budget)])
    return peaks


def _pairs(
    state: SignalState, peaks: dict[tuple[str, int], float], short: int, full: int
) -> list[tuple[float, float]]:
    """Return the mean over seeds in dB at both budgets, for every point that has all seeds."""
    pairs = []
    for point, _ in state.known_points():
        keys = state.keys(point, state.run.scale.map_seeds)
        if all((key, epoch) in peaks for key in keys for epoch in (short, full)):
            means = [statistics.fmean(peaks[key, e] for key in keys) for e in (short, full)]
            pairs.append((means[0], means[1]))
    return pairs
