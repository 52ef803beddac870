"""What was asked of the chosen rule, whether it is so, and which signals it fails on."""

import math
from typing import TYPE_CHECKING

import numpy as np

from analysis.findings.markdown import db, mean_of, table
from analysis.regret.stored import HELD_OUT, RuleRegret
from analysis.rules.fitting import LOW_PSI
from analysis.rules.validation import CHOSEN
from analysis.statistics.intervals import Interval
from analysis.surfaces.plots import PAPER
from analysis.surfaces.surfaces import GAINS, SHARES, share_and_gain

if TYPE_CHECKING:
    from analysis.findings.page import Findings

BAR = {"overall": 0.7, "low": 1.0, "share": 1 / 3}
"""What the project asked of the chosen rule: dB over all signals, dB at psi below LOW_PSI, and the
share of Eqn. 11's regret."""

WORST = 6
"""Signals that are shown one by one."""


def bar_table(findings: "Findings") -> str:
    """Met or not, by the means; an interval that straddles the bar is said to. Once by the
    surfaces and, where held-out points were trained, once by those.
    """
    found = {each.rule: each for each in findings.regrets}
    rows = _rows("on surfaces", found[CHOSEN], found[PAPER], found.get("constant"))
    trained = {each.rule: each for each in findings.confirmed}
    if HELD_OUT + CHOSEN in trained and PAPER in trained:
        constant = trained.get(HELD_OUT + "constant")
        rows = _rows("trained", trained[HELD_OUT + CHOSEN], trained[PAPER], constant) + rows
    return table(("bar, for the chosen rule", "at most", "measured", "verdict"), rows)


def _rows(
    how: str, chosen: RuleRegret, paper: RuleRegret, constant: RuleRegret | None
) -> list[list[str]]:
    overall, low = mean_of(chosen), mean_of(chosen, chosen.psi < LOW_PSI)
    shares = [("Eqn. 11", paper, BAR["share"])]
    shares += [("the best constant point", constant, 1.0)] if constant else []
    return [
        [
            f"mean regret, {how}", f"{BAR['overall']:g} dB", db(overall),
            _verdict(overall, BAR["overall"]),
        ],
        [f"psi < {LOW_PSI:g}, {how}", f"{BAR['low']:g} dB", db(low), _verdict(low, BAR["low"])],
        *(
            [
                f"of the regret of {name}, {how}", f"{bar:.2f}",
                f"{(share := overall.mean / mean_of(other).mean):.2f}",
                "met" if share <= bar else "missed",
            ]
            for name, other, bar in shares
        ),
    ]  # fmt: skip


def _verdict(interval: Interval, bar: float) -> str:
    if math.isnan(interval.mean):
        return "no such signals"
    verdict = "met" if interval.mean <= bar else "missed"
    sure = interval.high <= bar or interval.low > bar
    return verdict if sure else f"{verdict}, but the interval holds the bar"


def where_the_loss_lies(findings: "Findings") -> str:
    """The signals of the most regret, their optima beside the rule's points, and what a model that
    knows every descriptor makes of them.
    """
    made = findings.surfaces
    found = {each.rule: each for each in findings.regrets}
    chosen = found[CHOSEN]
    worst = np.argsort(-chosen.regret)[:WORST]
    others = np.delete(chosen.regret, worst)
    if not len(others) or chosen.regret.sum() <= 0:
        return ""
    share = 100 * chosen.regret[worst].sum() / chosen.regret.sum()
    lines = [
        f"{len(worst)} of {len(chosen.regret)} signals hold {share:.0f} % of the chosen rule's "
        f"regret on surfaces; the others' mean is {others.mean():.2f} dB."
    ]
    if forest := found.get("forest"):
        lines.append(
            f"A random forest that is told all {len(made.descriptors)} descriptors leaves "
            f"{db(mean_of(forest))}; on these it leaves "
            f"{forest.regret[worst].mean():.1f} dB, the chosen rule "
            f"{chosen.regret[worst].mean():.1f} dB."
        )
    rows = []
    for i in worst:
        k, g = np.unravel_index(np.nanargmax(made.psnr[i]), made.psnr[i].shape)
        target = made.targets[i]
        of_rule = share_and_gain(target, findings.rule(target))
        rows.append(
            [
                made.names[i].replace("_", " "),
                f"{chosen.regret[i]:.1f} dB",
                f"{chosen.psi[i]:.3f}",
                f"{SHARES[k]:.3f}, {GAINS[g]:.1f}",
                f"{of_rule[0]:.3f}, {of_rule[1]:.1f}",
            ]
        )
    header = (
        "signal",
        "regret",
        "psi",
        "optimum: K/Nyquist, g",
        f"{findings.family}: K/Nyquist, g",
    )
    return f"{' '.join(lines)}\n\n{table(header, rows)}"
