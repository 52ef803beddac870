"""Keep regrets against optima that fresh seeds chose, in settings where n/p is not near 1.

`python -m benchmarks.setting_confirmation` writes them.
"""

import statistics
from collections.abc import Sequence
from typing import NamedTuple

from analysis.experiments.stored import read_rows, write_rows
from analysis.regret.single_fits import CAP_DB
from analysis.settings.stored import BANDS
from analysis.statistics.intervals import UNKNOWN, Interval, mean_interval

COMMAND, FILE = "benchmarks.setting_confirmation", "settings_confirmed.parquet"

ZERO_BIAS = "by_setting, zero output bias"
SIREN = "siren"
"""SIREN² without noise, which is SIREN as published."""


class Row(NamedTuple):
    """Holds the scores of a rule and of the optimum of one map, on equal fresh seeds.

    Attributes:
        rule: the rule. Its constants were fitted without the signal's recording. Or one of
            `BASELINES`, which spend as many numbers as the network without one.
        setting: the setting, in words.
        signal: the signal's sha256.
        name: the signal's name.
        recording: the recording that it was cut from.
        ratio: values for each parameter, n/p.
        share: K of the rule's point as a share of Nyquist. NaN without a network.
        gain: g of the rule's point. NaN without a network.
        share_best: the same of the optimum, which other fresh seeds chose among the candidates.
        gain_best: the same.
        seeds: the seeds that score.
        psnr: peak PSNR in dB of the rule's point on each of them.
        psnr_best: peak PSNR in dB of the optimum on each of them.
    """

    rule: str
    setting: str
    signal: str
    name: str
    recording: str
    ratio: float
    share: float
    gain: float
    share_best: float
    gain_best: float
    seeds: list[int]
    psnr: list[float]
    psnr_best: list[float]

    def regret(self, *, capped: bool = True) -> dict[int, float]:
        """Return the regret in dB by seed, by default with each fit's PSNR capped at `CAP_DB`."""
        cap = CAP_DB if capped else float("inf")
        return {
            seed: min(best, cap) - min(psnr, cap)
            for seed, psnr, best in zip(self.seeds, self.psnr, self.psnr_best, strict=True)
        }


class Confirmed(NamedTuple):
    """Holds the rows of every rule."""

    rows: tuple[Row, ...]

    @property
    def rules(self) -> list[str]:
        """The names of the rules."""
        return list(dict.fromkeys(row.rule for row in self.rows))

    @property
    def num_recordings(self) -> int:
        """The number of recordings."""
        return len({row.recording for row in self.rows})

    @property
    def num_maps(self) -> int:
        """The number of landscapes."""
        return len({(row.setting, row.signal) for row in self.rows})

    def of(self, rule: str, band: str | None = None) -> list[Row]:
        """Return a rule's rows, of a range of n/p if one is given."""
        low, high = BANDS[band] if band else (0.0, float("inf"))
        return [row for row in self.rows if row.rule == rule and low <= row.ratio < high]

    def mean(self, rule: str, band: str | None = None, *, capped: bool = True) -> Interval:
        """Return a rule's mean regret in dB, with its interval over recordings and seeds."""
        rows = self.of(rule, band)
        if not rows:
            return UNKNOWN
        regrets = [row.regret(capped=capped) for row in rows]
        return mean_interval(regrets, [row.recording for row in rows])

    def saving(
        self, rule: str, other: str, band: str | None = None, *, capped: bool = True
    ) -> Interval:
        """Return how many dB of regret a rule saves against another on the same maps and seeds."""
        others = {(row.setting, row.signal): row for row in self.of(other, band)}
        saved, recordings = [], []
        for row in self.of(rule, band):
            if (row.setting, row.signal) not in others:
                continue
            theirs = others[row.setting, row.signal].regret(capped=capped)
            ours = row.regret(capped=capped)
            saved.append({seed: theirs[seed] - ours[seed] for seed in ours})
            recordings.append(row.recording)
        return mean_interval(saved, recordings) if saved else UNKNOWN

    def equal_mean(self, rule: str) -> float:
        """Return the mean over the ranges of n/p of a rule's mean capped regret in dB."""
        means = [self.mean(rule, band).mean for band in BANDS if self.of(rule, band)]
        return statistics.fmean(means)


def write(rows: Sequence[Row], results: str) -> str:
    """Write rows to RESULTS/_rules/settings_confirmed.parquet and return the path."""
    return write_rows([row._asdict() for row in rows], COMMAND, results, FILE, to=None, same=())


def read(results: str) -> Confirmed | None:
    """Return what a folder holds, None if the command has not run."""
    rows = [Row(**row) for row in read_rows(COMMAND, results, FILE, Row._fields)]
    return Confirmed(tuple(rows)) if rows else None
