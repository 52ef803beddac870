"""Keep what was measured in every setting, where the page of findings reads it."""

import math
import statistics
from collections.abc import Sequence
from typing import NamedTuple

from analysis.experiments.stored import read_rows, write_rows
from analysis.settings.measured import Row
from analysis.statistics.intervals import UNKNOWN, Interval, mean_interval
from analysis.surfaces.stored import SEED

COMMAND, FILE = "analysis.settings", "settings.parquet"

BANDS = {
    "1/8": (0.0, 0.18), "1/4": (0.18, 0.35), "1/2": (0.35, 0.8), "1": (0.8, 1.25),
    "2": (1.25, 2.9), "4": (2.9, 5.8), "8": (5.8, math.inf),
}  # fmt: skip
"""Ranges [low, high) of values for each parameter, by the n/p in their middle."""


class Measured(NamedTuple):
    """Holds the rows of every rule."""

    rows: tuple[Row, ...]

    @property
    def num_settings(self) -> int:
        """The number of settings."""
        return len(
            {(r.values, r.dimensions, r.channels, r.width, r.depth, r.path) for r in self.rows}
        )

    @property
    def rules(self) -> list[str]:
        """The names of the rules."""
        return list(dict.fromkeys(row.rule for row in self.rows))

    @property
    def num_maps(self) -> int:
        """The number of landscapes."""
        return sum(row.rule == self.rows[0].rule for row in self.rows)

    @property
    def least_ratio(self) -> float:
        """The least number of values for each parameter."""
        return min(row.ratio for row in self.rows)

    @property
    def largest_ratio(self) -> float:
        """The largest number of values for each parameter."""
        return max(row.ratio for row in self.rows)

    @property
    def num_recordings(self) -> int:
        """The number of recordings."""
        return len({row.recording for row in self.rows})

    def of(self, rule: str, band: str | None = None) -> list[Row]:
        """Return a rule's rows, of a range of n/p if one is given."""
        rows = [row for row in self.rows if row.rule == rule]
        if band is None:
            return rows
        low, high = BANDS[band]
        return [row for row in rows if low <= row.ratio < high]

    def equal_mean(self, rule: str) -> float:
        """Return the mean over the ranges of n/p of a rule's mean capped regret in dB."""
        means = [self.mean(rule, band).mean for band in BANDS]
        return statistics.fmean(mean for mean in means if math.isfinite(mean))

    def mean(self, rule: str, band: str | None = None) -> Interval:
        """Return a rule's mean capped regret in dB, with its interval over recordings."""
        rows = self.of(rule, band)
        if not rows:
            return UNKNOWN
        return mean_interval([{SEED: r.regret_db} for r in rows], [r.recording for r in rows])

    def saving(self, rule: str, other: str, band: str | None = None) -> Interval:
        """Return how many dB of regret a rule saves against another on the same maps."""
        pairs = list(zip(self.of(rule, band), self.of(other, band), strict=True))
        if not pairs:
            return UNKNOWN
        saved = [{SEED: b.regret_db - a.regret_db} for a, b in pairs]
        return mean_interval(saved, [a.recording for a, _ in pairs])


def write(rows: Sequence[Row], results: str) -> str:
    """Write rows to RESULTS/_rules/settings.parquet and return the path."""
    return write_rows([row._asdict() for row in rows], COMMAND, results, FILE, to=None, same=())


def read(results: str) -> Measured | None:
    """Return what a folder holds, None if the command has not run."""
    rows = [Row(**row) for row in read_rows(COMMAND, results, FILE, Row._fields)]
    return Measured(tuple(rows)) if rows else None
