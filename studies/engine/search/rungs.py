"""Decide early stopping: where the fits of a signal are compared, and which ones are behind.

Optuna's MedianPruner is not used: it compares trials, and seeds shift all points together. The
median is therefore that of the fits of one seed.
"""

import statistics
from collections import defaultdict
from collections.abc import Mapping

from inr_models.fitting.metrics import curve_epochs
from studies.engine.planning.run import Run
from studies.engine.store.rows import Row
from studies.engine.store.store import Store

RUNG_SHARES = (1 / 8, 1 / 4, 1 / 2)
"""Shares of the epochs at which fits are compared."""

MIN_TO_COMPARE = 5
"""The least number of other fits of a seed at a rung for which a fit may stop there."""


class Rungs:
    """Holds what the fits of one signal scored at the rungs, from their curves in the store.

    Only fits of one seed are compared with each other, since seeds shift all points together.
    """

    def __init__(self, run: Run, store: Store) -> None:
        self.epochs, self.store = rung_epochs(run), store
        self.scores: dict[tuple[int, int], list[float]] = defaultdict(list)

    def note(self, seeds: Mapping[str, int]) -> None:
        """Add the curves of more fits: {key: seed}."""
        for row in self.store.curves(list(seeds)).to_pylist():
            if row["epoch"] in self.epochs:
                self.scores[seeds[row["key"]], row["epoch"]].append(row["psnr"])

    def thresholds(self, seed: int) -> dict[int, float]:
        """Return {epoch: median PSNR in dB} for the rungs that enough fits have reached."""
        at = {epoch: self.scores[seed, epoch] for epoch in self.epochs}
        return {e: statistics.median(s) for e, s in at.items() if len(s) >= MIN_TO_COMPARE}

    def at_first_stop(self, rows: Mapping[int, Row]) -> tuple[int, float]:
        """Return the first rung at which a fit of a point was stopped, and the mean PSNR there.

        Args:
            rows: The point's rows by seed.
        """
        epoch = min(row["num_epochs"] for row in rows.values() if row["status"] == "partial")
        curves = self.store.curves([row["key"] for row in rows.values()]).to_pylist()
        return epoch, statistics.fmean(row["psnr"] for row in curves if row["epoch"] == epoch)


def rung_epochs(run: Run) -> tuple[int, ...]:
    """Return the epochs at which fits are compared. Every whole curve has a value there."""
    epochs = curve_epochs(run.scale.fit.epochs)
    rungs = [epochs[epochs <= share * run.scale.fit.epochs].max() for share in RUNG_SHARES]
    return tuple(sorted({int(epoch) for epoch in rungs if epoch > 0}))
