"""The tables of rules on the page of findings."""

import math
from collections.abc import Sequence

import numpy as np

from analysis.findings.confirmation import Verdict
from analysis.findings.model import Findings
from analysis.findings.numbers import bounded, db, mean_of, p_text, table
from analysis.regret.paired import share
from analysis.regret.regret import NEAR_DB
from analysis.regret.stored import RuleRegret
from analysis.rules.fitting import LOW_PSI
from analysis.rules.sufficiency import STRATA
from analysis.statistics.intervals import Interval
from analysis.surfaces.surfaces import GAINS, SHARES, share_and_gain
from search_spaces.rules import EQN11_SCALED

BAR_DB, BAR_LOW_PSI_DB, BAR_SHARE = 0.7, 1.0, 1 / 3
"""The project's targets for the best rule: mean regret over all signals, and below `LOW_PSI`; and
the share of Eqn. 11's regret."""

NUM_WORST = 6
"""The number of signals in the table of the largest regrets."""


def regret_table(findings: Findings) -> str:
    """Return a row for each rule: regrets on the surfaces, and beside them by training."""
    near = " / ".join(f"{limit:g}" for limit in NEAR_DB)
    header = [
        "rule", "mean [95 %]", "median", "worst", f"within {near} dB, %", f"psi < {LOW_PSI:g}",
    ]  # fmt: skip
    if findings.confirmed:
        header += ["trained: mean [95 %]", "signals", "dead fits"]
    rows = []
    for one in findings.regrets:
        row = [
            f"**{one.rule}**" if one.rule == findings.family else one.rule,
            db(mean_of(one)),
            f"{np.median(one.regret):.2f}",
            f"{one.regret.max():.1f}",
            " / ".join(f"{100 * (one.regret <= limit).mean():.0f}" for limit in NEAR_DB),
            db(mean_of(one, one.psi < LOW_PSI)),
        ]
        if trained := findings.trained(one.rule):
            row += [db(mean_of(trained)), str(len(trained.regret)), str(trained.dead)]
        elif findings.confirmed:
            row += ["-"] * 3
        rows.append(row)
    return table(header, rows)


def bar_table(findings: Findings) -> str:
    """Return whether the best rule meets the project's targets, by training and on surfaces."""
    rows = []
    best, eqn11 = findings.trained(findings.family), findings.trained(EQN11_SCALED)
    if best and eqn11:
        rows += _bar_rows("trained", best, eqn11, findings.trained("constant"))
    constant = findings.of("constant")
    rows += _bar_rows("on surfaces", findings.best, findings.eqn11, constant)
    return table((f"target for `{findings.family}`", "at most", "measured", "verdict"), rows)


def _bar_rows(
    how: str, best: RuleRegret, eqn11: RuleRegret, constant: RuleRegret | None
) -> list[list[str]]:
    rows = []
    overall, low = mean_of(best), mean_of(best, best.psi < LOW_PSI)
    for name, interval, bar in (
        ("mean regret", overall, BAR_DB),
        (f"psi < {LOW_PSI:g}", low, BAR_LOW_PSI_DB),
    ):
        rows.append([f"{name}, {how}", f"{bar:g} dB", db(interval), _verdict(interval, bar)])
    for name, other, bar in (
        ("Eqn. 11", eqn11, BAR_SHARE),
        ("the best constant point", constant, 1.0),
    ):
        if other:
            ratio = share(best, other)
            measured, verdict = bounded(ratio), _verdict(ratio, bar)
            rows.append([f"regret / regret of {name}, {how}", f"{bar:.2f}", measured, verdict])
    return rows


def _verdict(interval: Interval, bar: float) -> str:
    if math.isnan(interval.mean):
        return "unknown"
    verdict = "met" if interval.mean <= bar else "missed"
    if interval.is_direction_only:
        return f"{verdict}, a direction only"
    is_sure = interval.high <= bar or interval.low > bar
    return verdict if is_sure else f"{verdict}, but the interval holds the target"


def worst_signals(findings: Findings) -> np.ndarray:
    """Return the indices of the signals with the largest regret of the best rule."""
    return np.argsort(-findings.best.regret)[:NUM_WORST]


def others_mean(findings: Findings) -> float:
    """Return the mean regret of all other signals."""
    return float(np.delete(findings.best.regret, worst_signals(findings)).mean())


def worst_table(findings: Findings) -> str:
    """Return the signals of the largest regret, with their optima and the rule's points."""
    best, surfaces = findings.best, findings.surfaces
    rows = []
    for i in worst_signals(findings):
        k, g = surfaces.best(i)
        share, gain = share_and_gain(surfaces.targets[i], findings.rule(surfaces.targets[i]))
        rows.append(
            [
                surfaces.names[i].replace("_", " "),
                f"{best.regret[i]:.1f} dB",
                f"{best.psi[i]:.3f}",
                f"{SHARES[k]:.3f}, {GAINS[g]:.1f}",
                f"{share:.3f}, {gain:.1f}",
            ]
        )
    point = "K/Nyquist, g"
    header = ("signal", "regret", "psi", f"optimum: {point}", f"{findings.family}: {point}")
    return table(header, rows)


def strata_table(findings: Findings) -> str:
    """Return the mean regret of every rule in each range of psi."""
    psi = findings.surfaces.descriptors["psi"]
    header = ["rule"]
    for low, high in STRATA:
        header.append(f"{low:g} to {high:g} ({int(((psi >= low) & (psi < high)).sum())} signals)")
    rows = []
    for one in findings.regrets:
        row = [one.rule]
        for low, high in STRATA:
            row.append(db(mean_of(one, (one.psi >= low) & (one.psi < high))))
        rows.append(row)
    return table(header, rows)


def claims_table(verdicts: Sequence[Verdict]) -> str:
    """Return a row for each claim, with what the rule saves and whether it is confirmed."""
    rows = []
    for claim, saved, p in verdicts:
        text = f"`{claim.rule}` is better than `{claim.other}`"
        if claim.margin:
            text = f"`{claim.rule}` loses less than {claim.margin:g} dB against `{claim.other}`"
        verdict = "confirmed" if Verdict(claim, saved, p).is_confirmed else "not confirmed"
        rows.append([text, db(saved), p_text(p), verdict])
    return table(("claim", "saves: mean [95 %]", "p", "verdict"), rows)


def confirmation_table(regrets: Sequence[RuleRegret]) -> str:
    """Return a row for each rule that was trained on other recordings."""
    rows = []
    for one in regrets:
        low = mean_of(one, one.psi < LOW_PSI)
        rows.append([one.rule, db(mean_of(one)), db(low), str(len(one.regret)), str(one.dead)])
    header = ("rule", "trained: mean [95 %]", f"psi < {LOW_PSI:g}", "signals", "dead fits")
    return table(header, rows)


def num_at_rim(findings: Findings) -> int:
    """Count signals whose optimum has a neighbour on the lattice that was not fitted, or none."""
    count = 0
    for i, psnr in enumerate(findings.surfaces.psnr):
        k, g = findings.surfaces.best(i)
        around = np.pad(psnr, 1, constant_values=np.nan)[k : k + 3, g : g + 3]
        count += bool(np.isnan(around).any())
    return count
