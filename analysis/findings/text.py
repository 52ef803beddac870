"""The sentences of the page of findings: each follows from a number and its interval."""

from typing import TYPE_CHECKING

import numpy as np

from analysis.findings.bar import bar_table, where_the_loss_lies
from analysis.findings.experiments import experiments, psi_cannot
from analysis.findings.limits import limits
from analysis.findings.markdown import db, mean_of, table
from analysis.findings.rule import rule_text
from analysis.findings.transfer import transfer_section
from analysis.regret.regret import NEAR_DB
from analysis.regret.stored import HELD_OUT, RuleRegret
from analysis.rules.fitting import LOW_PSI
from analysis.rules.sufficiency import STRATA
from analysis.rules.validation import CHOSEN
from analysis.statistics.intervals import Interval, recordings_interval
from analysis.surfaces.plots import PAPER

if TYPE_CHECKING:
    from analysis.findings.page import Findings

AS_PUBLISHED = (PAPER, "eqn11_length", "spectrum")
"""Rules without a constant that was fitted here."""

FORESTS = ("forest", "forest_psi")
"""Rules of `rule_fitting` that have no formula, so that their points alone are known."""

COST = "Cost"
"""How the one sentence begins that the clock decides."""

SURE = 0.05
"""p below which a descriptor is said to add to psi."""


def page(findings: "Findings", source: str, cost: str) -> str:
    """Markdown. `source` names the data, `cost` is the sentence about milliseconds."""
    parts = [
        "# Which initialization does a signal need, and can its spectrum tell?",
        f"*Generated from `{source}` by `python -m analysis.findings`; do not edit.*",
        answer(findings),
        "## What beats what",
        regret_table(findings),
        "![Every rule's regret](figures/regret.svg)",
        *_confirmed(findings),
        "## The rule",
        rule_text(findings),
        cost,
        bar_table(findings),
        where_the_loss_lies(findings),
        "![Landscapes](figures/landscapes.svg)",
        "Red cross: Eqn. 11, scaled in length and width; teal cross: the recommended rule; circle: "
        "the optimum. White was not fitted.",
        "## Does psi suffice?",
        suffices(findings),
        "![What descriptors add](figures/sufficiency.svg)",
        "![Ridges](figures/ridges.svg)",
        "![Optima over descriptors](figures/optima.svg)",
        *experiments(findings.experiments),
        *transfer_section(findings.transfer),
        "## By psi",
        strata_table(findings),
        "![Regret over psi](figures/regret_over_psi.svg)",
        "## What this stands on",
        limits(findings),
    ]
    return "\n\n".join(parts) + "\n"


def answer(findings: "Findings") -> str:
    """The page in a paragraph."""
    found = {each.rule: each for each in findings.regrets}
    chosen = found[CHOSEN]
    lines = [
        f"On recordings that it has not seen, the rule that cross-validation chooses lies "
        f"{db(mean_of(chosen))} below the optimum, by smooth surfaces. "
        f"Against Eqn. 11, scaled in length and width: "
        f"{compared(chosen, found[PAPER], 'it', 'Eqn. 11')}"
    ]
    if "constant" in found:
        lines.append(
            "Against the best constant point: "
            f"{compared(chosen, found['constant'], 'it', 'the constant')}"
        )
    trained = {each.rule: each for each in findings.confirmed}
    if (fair := trained.get(HELD_OUT + CHOSEN)) and PAPER in trained:
        lines.append(
            f"Trained on fresh seeds, {len(fair.regret)} signals: {db(mean_of(fair))}, and "
            f"Eqn. 11 {db(mean_of(trained[PAPER]))}."
        )
    lines += [psi_cannot(findings.experiments), suffices(findings, brief=True)]
    return " ".join(filter(None, lines))


def compared(one: RuleRegret, other: RuleRegret, name: str, other_name: str) -> str:
    """Which has the less regret on the same signals, if that can be told."""
    saved = recordings_interval((other.regret - one.regret).tolist(), one.recordings)
    if not (saved.low > 0 or saved.high < 0):
        return f"which is better cannot be told ({name} saves {db(saved)})."
    better, by = (name, saved) if saved.mean > 0 else (other_name, _negative(saved))
    return f"{better} is better by {db(by)}."


def _negative(interval: Interval) -> Interval:
    return Interval(-interval.mean, -interval.high, -interval.low)


def regret_table(findings: "Findings") -> str:
    """A row a rule; held out, but for what was not fitted here."""
    trained = {each.rule: each for each in findings.confirmed}
    near = " / ".join(f"{db:g}" for db in NEAR_DB)
    header = (
        "rule", "mean [95 %]", "median", "worst", f"within {near} dB, %", f"psi < {LOW_PSI:g}",
        *(["trained: mean [95 %]", "signals", "dead fits"] if trained else []),
    )  # fmt: skip
    rows = []
    for each in findings.regrets:
        name = f"**{each.rule}**" if each.rule == CHOSEN else each.rule
        row = [
            name,
            db(mean_of(each)),
            f"{np.median(each.regret):.2f}",
            f"{each.regret.max():.1f}",
            " / ".join(f"{100 * (each.regret <= db).mean():.0f}" for db in NEAR_DB),
            db(mean_of(each, each.psi < LOW_PSI)),
        ]
        if trained:
            # A rule of this name in the registry was fitted to all signals, so only its held-out
            # points may stand beside a held-out regret.
            fair = trained.get(HELD_OUT + each.rule)
            fair = fair or (trained.get(each.rule) if each.rule in AS_PUBLISHED else None)
            row += [db(mean_of(fair)), str(len(fair.regret)), str(fair.dead)] if fair else ["-"] * 3
        rows.append(row)
    note = (
        "Regret in dB below each signal's optimum, both read from smooth surfaces through the "
        "fitted points; constants fitted to all recordings but the signal's own. Intervals are "
        f"over recordings. *{CHOSEN}*: the family that an inner cross-validation prefers, each "
        "time anew."
    )
    if any(each.rule in FORESTS for each in findings.regrets):
        note += (
            " Forests have no formula, so it is not asked for them: `forest` knows every "
            "descriptor, `forest_psi` psi alone."
        )
    return f"{note}\n\n{table(header, rows)}"


def _confirmed(findings: "Findings") -> list[str]:
    if not findings.confirmed:
        return ["No rule's points have been trained in this data yet (`studies/rule_check.py`)."]
    return [
        "Trained by `studies/rule_check.py`, against a confirmed optimum on fresh seeds; names "
        f"that begin with `{HELD_OUT}` have not seen the signal's recording, others with fitted "
        "constants may have. The confirmed optimum is the best of a few cells and of the rules' "
        "own points, so it may lie below the best point there is; a surface's may lie anywhere, "
        "and is flattered by noise. A negative regret is a rule that beat it on the fresh seeds."
        + earlier_text(findings),
        "![Confirmed regrets](figures/confirmed.svg)",
    ]


def earlier_text(findings: "Findings") -> str:
    """That what was trained is not of today's rules, where that is so."""
    if not findings.earlier:
        return ""
    points = ", ".join(
        f"{num} of `{rule.removeprefix(HELD_OUT)}`"
        for rule, num in sorted(findings.earlier.items())
    )
    return (
        f" Of the trained points these are of earlier fits of the rules: {points}; today's have "
        "not been trained."
    )


def suffices(findings: "Findings", *, brief: bool = False) -> str:
    """Whether any descriptor adds to psi: by the permutation test that pays for their number, and
    by an interval that does not hold 0.
    """
    found = findings.sufficiency
    sure = [gain for gain in found.gains if gain.p_value < SURE and gain.interval.low > 0]
    if not found.gains:
        return "Whether another descriptor adds to psi cannot be told: none varies."
    first = found.gains[0]
    if sure:
        names = ", ".join(f"`{gain.descriptor}` ({db(gain.interval)})" for gain in sure[:6])
        verdict = (
            f"Psi alone does not suffice: beside it {names} save{'s' if len(sure) == 1 else ''} "
            f"regret (p < {SURE:g}, paid for {len(found.gains)} descriptors)."
        )
    else:
        verdict = (
            f"Whether another descriptor adds to psi on these recordings cannot be told: none of "
            f"{len(found.gains)} saves regret with p < {SURE:g} and an interval above 0."
        )
    if brief:
        return verdict
    return (
        f"{verdict} The largest gain, of `{first.descriptor}`, is {db(first.interval)} "
        f"(p = {first.p_value:.3f}) of the {found.alone.mean():.2f} dB that a flexible model of "
        "psi alone leaves, on recordings that are left out. A gain is of a model without a "
        "formula, so a rule may do better with a descriptor than this tells."
        + _forests_trained(findings)
    )


def _forests_trained(findings: "Findings") -> str:
    """What all descriptors save a forest, by trained points of the same signals."""
    trained = {each.rule: each for each in findings.confirmed}
    knowing, psi = (trained.get(HELD_OUT + name) for name in FORESTS)
    if not (knowing and psi and knowing.recordings == psi.recordings):
        return ""
    said = compared(knowing, psi, "the one that knows every descriptor", "psi's")
    return f" Of two forests whose points were trained, {said}"


def strata_table(findings: "Findings") -> str:
    """Mean regrets by psi."""
    psi = findings.surfaces.descriptors["psi"]
    header = ["rule"]
    for low, high in STRATA:
        header.append(f"{low:g} to {high:g} ({int(((psi >= low) & (psi < high)).sum())} signals)")
    rows = [
        [each.rule]
        + [db(mean_of(each, (each.psi >= low) & (each.psi < high))) for low, high in STRATA]
        for each in findings.regrets
    ]
    return table(header, rows)
