"""Where else the rule holds, and what a zero output bias does.

The rows are those of `python -m analysis.transfer_report`, from RESULTS/_rules.
"""

import math
import statistics
from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
from scipy.stats import linregress

from analysis.experiments.stored import read_rows
from analysis.experiments.transfer import BiasPair, Moved
from analysis.experiments.transfer_report import (
    BIAS_FILE,
    COMMAND,
    FILE,
    by_setting,
    mean,
    ratio,
)
from analysis.findings.model import Transfer
from analysis.findings.numbers import db, table
from analysis.statistics.intervals import SURE, Interval
from search_spaces.rules import RECOMMENDED, RULES, rule_json

ZERO_BIAS = "zero output bias"
"""The setting that changes nothing else."""

CLEAR_DB = 1.0
"""Where there is no usual setting to compare with, a rule breaks if its regret lies above this."""


class Fullness(NamedTuple):
    """How the optimum's K depends on samples / parameters over `num` settings: a power, and r."""

    num: int
    power: float
    r: float
    is_sure: bool


def read_transfer(results: str, rule: str = RECOMMENDED) -> Transfer:
    """Return what a results folder holds of a rule in other settings."""
    moved = read_rows(COMMAND, results, FILE, Moved._fields)
    bias = read_rows(COMMAND, results, BIAS_FILE, BiasPair._fields)
    return Transfer(
        tuple(Moved(**row) for row in moved if row["rule"] == rule),
        tuple(BiasPair(**row) for row in bias),
    )


def earlier_settings(moved: Sequence[Moved]) -> set[str]:
    """Return the settings in which an earlier fit of the rule was measured."""
    today = rule_json(RULES[RECOMMENDED])
    return {one.setting for one in moved if one.constants != today}


def transfer_table(moved: Sequence[Moved]) -> str:
    """Return a row for each setting."""
    earlier = earlier_settings(moved)
    rows = [
        [
            f"{setting} †" if setting in earlier else setting,
            str(len(signals)),
            f"{statistics.fmean(one.values_per_parameter for one in signals):.2g}",
            db(mean([one.regret_db for one in signals], signals)),
            db(mean([one.usual_regret_db for one in signals], signals)),
            db(mean([one.eqn11_regret_db for one in signals], signals)),
            f"{ratio(signals, 'share').mean:.2f}",
            f"{ratio(signals, 'gain').mean:.2f}",
        ]
        for setting, signals in by_setting(moved).items()
    ]
    header = ("setting", "signals", "n/p", "the rule", "usual setting", "Eqn. 11", "K", "g")
    return table(header, rows)


def worse_settings(moved: Sequence[Moved]) -> dict[str, Interval]:
    """Return the settings in which the rule loses more than usual, with the paired loss in dB."""
    more = {
        setting: mean([one.regret_db - one.usual_regret_db for one in signals], signals)
        for setting, signals in by_setting(moved).items()
    }
    return {setting: interval for setting, interval in more.items() if interval.sign > 0}


def bad_settings(moved: Sequence[Moved]) -> dict[str, Interval]:
    """Return the settings without usual landscapes in which the rule's regret is clearly large."""
    bad = {}
    for setting, signals in by_setting(moved).items():
        regret = mean([one.regret_db for one in signals], signals)
        has_usual = any(math.isfinite(one.usual_regret_db) for one in signals)
        if not has_usual and regret.low > CLEAR_DB:
            bad[setting] = regret
    return bad


def fullness(moved: Sequence[Moved]) -> Fullness | None:
    """Fit a power of samples / parameters to the optimum's K, over the settings of sounds.

    Least squares over the means of settings; None with fewer than four different ones.
    """
    sounds = by_setting([one for one in moved if not one.setting.startswith("images")])
    x = np.log([signals[0].values_per_parameter for signals in sounds.values()])
    y = np.log([ratio(signals, "share").mean for signals in sounds.values()])
    if len(set(x.round(2))) < 4:
        return None
    line: Any = linregress(x, y)
    return Fullness(len(x), line.slope, line.rvalue, bool(line.pvalue < SURE))
