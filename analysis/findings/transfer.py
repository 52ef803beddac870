"""Say where else the rule holds, and what a zero output bias does.

The rows are those of `python -m analysis.transfer_report`, from RESULTS/_rules.
"""

import statistics
from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
from scipy.stats import linregress

from analysis.experiments.stored import read_rows
from analysis.experiments.transfer import BiasPair, Moved
from analysis.experiments.transfer_report import BIAS_FILE, COMMAND, FILE, Setting
from analysis.findings.model import Transfer
from analysis.findings.numbers import db, p_text, table
from analysis.statistics.intervals import SURE
from search_spaces.rules import EVEN_LAW

ZERO_BIAS = "zero output bias"
"""The setting that changes nothing else."""


class Fullness(NamedTuple):
    """How the optimum's K depends on samples / parameters over `num` settings: a power, and r."""

    num: int
    power: float
    r: float
    is_sure: bool


def read_transfer(results: str, rule: str = EVEN_LAW) -> Transfer:
    """Return what a results folder holds of a rule in other settings.

    Settings in which it was not measured have another rule, the first that was.

    Args:
        results: A results folder.
        rule: The rule's name.
    """
    moved = [Moved(**row) for row in read_rows(COMMAND, results, FILE, Moved._fields)]
    bias = read_rows(COMMAND, results, BIAS_FILE, BiasPair._fields)
    rule_of: dict[str, str] = {}
    for one in moved:
        if one.rule == rule or one.setting not in rule_of:
            rule_of[one.setting] = one.rule
    return Transfer(
        tuple(one for one in moved if one.rule == rule_of[one.setting]),
        tuple(BiasPair(**row) for row in bias),
    )


def transfer_table(settings: Sequence[Setting]) -> str:
    """Return a row for each setting."""
    rows = []
    for setting in settings:
        fullness = statistics.fmean(one.values_per_parameter for one in setting.signals)
        rows.append(
            [
                setting.label,
                str(len(setting.signals)),
                f"{fullness:.2g}",
                *map(db, (setting.regret, setting.eqn11, setting.more)),
                p_text(setting.p_value),
                f"{setting.share.mean:.2f}",
                f"{setting.gain.mean:.2f}",
            ]
        )
    header = ("setting", "signals", "n/p", "the rule", "Eqn. 11", "more than usual", "p", "K", "g")
    return table(header, rows)


def other_rules(settings: Sequence[Setting]) -> str:
    """Return the names of the rules that settings with a mark have."""
    marked = [setting for setting in settings if setting.has_another_rule]
    return ", ".join(sorted({f"`{one.rule}`" for setting in marked for one in setting.signals}))


def fit_fullness(settings: Sequence[Setting]) -> Fullness | None:
    """Fit a power of samples / parameters to the optimum's K, over the settings of sounds.

    Least squares over the means of the settings with today's rule; None with fewer than four
    different ones.
    """
    sounds = [s for s in settings if not s.name.startswith("images") and not s.has_another_rule]
    x = np.log([setting.signals[0].values_per_parameter for setting in sounds])
    y = np.log([setting.share.mean for setting in sounds])
    if len(set(x.round(2))) < 4:
        return None
    line: Any = linregress(x, y)
    return Fullness(len(x), line.slope, line.rvalue, bool(line.pvalue < SURE))
