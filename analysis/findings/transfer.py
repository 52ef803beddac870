"""Where else the rule holds, and what a zero output bias does, as the page tells it.

The numbers are those of `analysis.transfer_report`, from RESULTS/_rules.
"""

import math
import statistics
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np
from scipy.stats import linregress

from analysis.experiments.rows import left_by
from analysis.experiments.transfer import BiasPair, Moved
from analysis.experiments.transfer_report import (
    BIAS_FILE,
    COMMAND,
    FILE,
    bias_gains,
    by_setting,
    mean,
    ratio,
)
from analysis.findings.markdown import db, table
from analysis.statistics.intervals import Interval
from search_spaces.rules import RECOMMENDED, RULES, rule_json

ZERO_BIAS = "zero output bias"
"""The setting in which that alone is changed."""


SURE = 0.05
"""p of a line over settings, above which it is not claimed."""


class Transfer(NamedTuple):
    """What `analysis.transfer_report` has left; empty where it was not asked."""

    moved: tuple[Moved, ...] = ()
    bias: tuple[BiasPair, ...] = ()


def read_transfer(results: str, rule: str = RECOMMENDED) -> Transfer:
    """Of a results folder, what is of this rule."""
    moved = [r for r in left_by(COMMAND, results, FILE, Moved._fields) if r["rule"] == rule]
    bias = left_by(COMMAND, results, BIAS_FILE, BiasPair._fields)
    return Transfer(
        tuple(Moved(**row) for row in moved),
        tuple(BiasPair(**row) for row in bias),
    )


def transfer_section(found: Transfer) -> list[str]:
    """Markdown paragraphs; none where nothing was mapped elsewhere."""
    if not found.moved:
        return []
    settings = by_setting(found.moved)
    today = rule_json(RULES[RECOMMENDED])
    earlier = {m.setting for m in found.moved if m.constants != today}
    rows = [
        [
            f"{setting} †" if setting in earlier else setting,
            str(len(mine)),
            f"{statistics.fmean(m.values_per_parameter for m in mine):.2g}",
            db(mean([m.regret_db for m in mine], mine)),
            db(mean([m.usual_regret_db for m in mine], mine)),
            db(mean([m.eqn11_regret_db for m in mine], mine)),
            f"{ratio(mine, 'share').mean:.2f}",
            f"{ratio(mine, 'gain').mean:.2f}",
        ]
        for setting, mine in settings.items()
    ]
    header = ("setting", "signals", "n/p", "the rule", "there as usual", "Eqn. 11", "K", "g")
    return [
        "## Where else does it hold?",
        "The recommended rule, as it is, in other settings: dB below the optimum of the setting's "
        "own surfaces; *there as usual*: the same signals in the setting of all else on this page, "
        "most of them among those that the rule was fitted to; Eqn. 11 scaled in length and width. "
        "n/p: samples by the network's parameters. "
        "K and g: the optimum's by the rule's, geometric means.",
        table(header, rows),
        *["† By an earlier fit of the rule: its maps are not here to ask today's."] * bool(earlier),
        _where_it_breaks(settings),
        *_by_fullness(found.moved),
        *_of_bias(found, settings),
    ]


def _where_it_breaks(settings: Mapping[str, Sequence[Moved]]) -> str:
    """By the paired loss against the usual setting, or where there is none by the regret itself."""
    more = {
        setting: mean([m.regret_db - m.usual_regret_db for m in mine], mine)
        for setting, mine in settings.items()
    }
    worse = [f"{setting} (by {db(found)})" for setting, found in more.items() if found.low > 0]
    plainly = [
        f"{setting} ({db(regret)} at all)"
        for setting, mine in settings.items()
        if math.isnan(more[setting].mean)  # no signal of it is mapped as usual
        and (regret := mean([m.regret_db for m in mine], mine)).low > 1
    ]
    if worse or plainly:
        return f"It loses more than usual, beyond its interval: {'; '.join([*worse, *plainly])}."
    return (
        "In no setting does it lose more than usual by an interval that lies above 0; with so few "
        "signals a loss of a decibel could go unseen."
    )


def _by_fullness(moved: Sequence[Moved]) -> list[str]:
    """How the optimum's K goes with samples by parameters, of sounds: a power, by least squares
    over settings' means. None of fewer than four different ones.
    """
    sounds = by_setting([m for m in moved if not m.setting.startswith("images")])
    x = np.log([mine[0].values_per_parameter for mine in sounds.values()])
    y = np.log([ratio(mine, "share").mean for mine in sounds.values()])
    if len(set(x.round(2))) < 4:
        return []
    line: Any = linregress(x, y)
    if line.pvalue >= SURE:
        return [
            "Whether the optimum's K, by the rule's, goes with n/p cannot be told from "
            f"{len(x)} settings of sounds (r = {line.rvalue:.2f})."
        ]
    return [
        f"Over the {len(x)} settings of sounds the optimum's K, by the rule's, goes with n/p to "
        f"the power {line.slope:.2f} (r = {line.rvalue:.2f}): the rule knows the spectrum, not "
        "how many parameters there are for each sample."
    ]


def _of_bias(found: Transfer, settings: Mapping[str, Sequence[Moved]]) -> list[str]:
    if not found.bias:
        return []
    gains = bias_gains(found.bias)
    lines = [f"{share} of Nyquist: {db(gain)}" for share, gain in gains.items()]
    says = (
        f"An output bias that begins at zero gains, over {len(found.bias)} points of "
        f"{len({pair.signal for pair in found.bias})} signals, at K of {'; '.join(lines)}. "
        f"{_helps(gains)}"
    )
    if mine := settings.get(ZERO_BIAS):
        k, g = ratio(mine, "share"), ratio(mine, "gain")
        says += (
            f" The best rule there: K by {k.mean:.2f} [{k.low:.2f}, {k.high:.2f}], g by "
            f"{g.mean:.2f} [{g.low:.2f}, {g.high:.2f}] of the recommended one."
        )
    return [says]


def _helps(gains: Mapping[str, Interval]) -> str:
    if all(gain.low > 0 for gain in gains.values()):
        return "It helps at every scale."
    helps = [share for share, gain in gains.items() if gain.low > 0]
    harms = [share for share, gain in gains.items() if gain.high < 0]
    said = [f"it helps at {', '.join(helps)}"] * bool(helps)
    said += [f"it harms at {', '.join(harms)}"] * bool(harms)
    return f"That {' and '.join(said)} is sure." if said else "Whether it helps cannot be told."
