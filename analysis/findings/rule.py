"""The rule that cross-validation prefers, as the page tells it."""

from typing import TYPE_CHECKING

from search_spaces.rules import RECOMMENDED, AnyRule
from search_spaces.rules.bandwidth_matching import BandwidthMatching, Constant
from search_spaces.rules.eqn11 import Eqn11
from search_spaces.rules.power_law import PowerLaw

if TYPE_CHECKING:
    from analysis.findings.page import Findings


def rule_text(findings: "Findings") -> str:
    """The family that cross-validation over all signals prefers, with its constants."""
    known = f"`search_spaces.rules.RECOMMENDED` is `{RECOMMENDED}`" + (
        ", the same family." if findings.family == RECOMMENDED else ", another family."
    )
    return f"`{findings.family}`, fitted to all signals:\n\n    {formula(findings.rule)}\n\n{known}"


def formula(rule: AnyRule) -> str:
    """As a person would write it down, from the fields of the rule."""
    if isinstance(rule, BandwidthMatching):
        return f"K = {rule.factor:g} {rule.descriptor} Nyquist,   g = {rule.gain:g}"
    if isinstance(rule, Constant):
        return f"K = {rule.share:g} Nyquist,   g = {rule.gain:g}"
    if isinstance(rule, Eqn11):
        return (
            f"s0 = {rule.s0_max:g} (1 - exp(-{rule.a:g} psi)) n/{rule.samples},   "
            f"s1 = {rule.b:g} psi sqrt({rule.width}/width)"
        )
    return rule.formula if isinstance(rule, PowerLaw) else str(rule)
