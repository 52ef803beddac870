"""PSNR over (s0, s1): the array that everything else reads.

Axes: i row (s0), j column (s1), k seed.
"""

from collections.abc import Mapping
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from studies.engine.planning.points import Point, keys_of, points
from studies.engine.planning.study import Run
from studies.engine.signals.signal import Signal
from studies.engine.store.metrics import headline


class Landscape(NamedTuple):
    """One signal's map. `psnr` [i, j, k] is NaN where a fit is missing, failed or diverged."""

    signal: Signal
    s0: tuple[float, ...]
    s1: tuple[float, ...]
    psnr: NDArray[np.float64]
    status: NDArray[np.str_]
    cells: dict[tuple[int, int], Point]

    @property
    def mean(self) -> NDArray[np.float64]:
        """[i, j] mean over the seeds that every cell has, or that each has while none is whole.

        Seeds shift all points together, so cells are compared on equal seeds where that is
        possible.
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


def landscape(run: Run, signal: Signal, rows: Mapping[str, Mapping[str, Any]]) -> Landscape:
    """The map of one signal from the store's rows by key."""
    s0, s1 = run.grid.axes(max(signal.shape))
    shape = (len(s0), len(s1), run.scale.seeds)
    psnr = np.full(shape, np.nan)
    status = np.full(shape, "", dtype="<U8")
    cells = {p.cell: p for p in points(run, signal) if p.cell is not None}
    for (i, j), point in cells.items():
        for k, key in enumerate(keys_of(run, signal, point, range(run.scale.seeds))):
            row = rows.get(key)
            if row is None:
                continue
            status[i, j, k] = row["status"]
            if row["status"] in ("ok", "dead"):
                psnr[i, j, k] = headline(row)
    return Landscape(signal, s0, s1, psnr, status, cells)
