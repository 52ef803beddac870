"""Build a landscape: PSNR over the grid of (s0, s1).

Axes: i row (s0), j column (s1), k seed.
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from studies.engine.outcomes.signal_state import SignalState
from studies.engine.planning.points import Point
from studies.engine.signals.signal import Signal
from studies.engine.store.metrics import HEADLINE, Metric


class Landscape(NamedTuple):
    """The grid of one signal.

    Args:
        signal: The signal.
        s0: Values along the rows, in rad per unit of coordinate.
        s1: Values along the columns.
        psnr: [i, j, k] PSNR in dB, NaN where a fit is missing, failed or diverged.
        status: [i, j, k] the fits' statuses, "" where one is missing.
        cells: The points by (i, j).
    """

    signal: Signal
    s0: tuple[float, ...]
    s1: tuple[float, ...]
    psnr: NDArray[np.float64]
    status: NDArray[np.str_]
    cells: dict[tuple[int, int], Point]

    @property
    def mean(self) -> NDArray[np.float64]:
        """[i, j] mean in dB over the seeds that every cell has.

        Seeds shift all points together, so cells are compared on equal seeds. While there is no
        such seed, the mean is over each cell's own seeds.
        """
        whole = (self.status != "").all(axis=(0, 1))
        chosen = self.psnr[:, :, whole] if whole.any() else self.psnr
        counted = np.isfinite(chosen).any(axis=2)
        out = np.full(chosen.shape[:2], np.nan)
        # A cell that diverged or failed on some seed is not represented by its other seeds.
        steady = counted & ~np.isin(self.status, ("diverged", "failed")).any(axis=2)
        out[steady] = np.nanmean(chosen[steady], axis=1)
        return out

    @property
    def best(self) -> Point | None:
        """The cell of the largest mean, None while there is no score."""
        mean = self.mean
        if np.isnan(mean).all():
            return None
        i, j = np.unravel_index(np.nanargmax(mean), mean.shape)
        return self.cells[int(i), int(j)]

    @property
    def best_at_edge(self) -> bool:
        """Whether the best cell is on the grid's rim, so that a better point may lie beyond.

        The column s1 = 0 is no rim: there is nothing below it.
        """
        if self.best is None or self.best.cell is None:
            return False
        i, j = self.best.cell
        low = j == 0 and self.s1[0] > 0
        return i in (0, len(self.s0) - 1) or j == len(self.s1) - 1 or low

    @property
    def cell_means(self) -> dict[Point, float]:
        """The means in dB of the cells that have one, best first."""
        mean, means = self.mean, {}
        for cell, point in self.cells.items():
            if np.isfinite(mean[cell]):
                means[point] = float(mean[cell])
        return dict(sorted(means.items(), key=lambda item: item[1], reverse=True))


def landscape(state: SignalState, metric: Metric = HEADLINE) -> Landscape:
    """Return the landscape of one signal from its rows, by default that of the peak PSNR."""
    s0, s1 = state.run.grid.axes(max(state.signal.shape))
    seeds = state.run.scale.map_seeds
    shape = (len(s0), len(s1), len(seeds))
    psnr = np.full(shape, np.nan)
    status = np.full(shape, "", dtype="<U8")
    cells = {point.cell: point for point in state.cells if point.cell is not None}
    for (i, j), point in cells.items():
        for k, key in enumerate(state.keys(point, seeds)):
            row = state.rows.get(key)
            if row is None:
                continue
            status[i, j, k] = row["status"]
            if row["status"] in ("ok", "dead", "empty"):
                psnr[i, j, k] = row[metric.column]
    return Landscape(state.signal, s0, s1, psnr, status, cells)
