"""Read what a training curve has reached up to an epoch."""

from collections.abc import Sequence
from typing import NamedTuple

import pyarrow as pa


class BestSoFar(NamedTuple):
    """The best PSNR in dB, and the row of the curves' table that holds it."""

    psnr: float
    row: int


def best_up_to(curves: pa.Table, epochs: Sequence[int]) -> dict[tuple[str, int], BestSoFar]:
    """Return the best point of each curve up to each of `epochs`, by (key, epoch).

    Args:
        curves: columns `key`, `epoch` and `psnr`, as `Store.curves` returns them.
        epochs: a curve that begins after an epoch has no entry for it.

    Example:
        >>> curves = pa.table({"key": ["a"] * 3, "epoch": [0, 5, 9], "psnr": [10.0, 30.0, 20.0]})
        >>> best_up_to(curves, [0, 9])
        {('a', 0): BestSoFar(psnr=10.0, row=0), ('a', 9): BestSoFar(psnr=30.0, row=1)}
    """
    best: dict[tuple[str, int], BestSoFar] = {}
    for i, row in enumerate(curves.to_pylist()):
        for epoch in epochs:
            if row["epoch"] <= epoch:
                at = (row["key"], epoch)
                before = best.get(at, BestSoFar(-float("inf"), 0))
                best[at] = max(before, BestSoFar(row["psnr"], i))
    return best
