"""Rules: from a target's descriptors to a point (s0, s1); one family a file.

`RULES` holds Eqn. 11 in all its forms and its rivals. The rivals were fitted to the benchmark in
`analysis/data` by `python -m analysis.rule_fitting`. They lie in `fitted/`, under the names of its
files without the prefix `fitted_`.
"""

import os
from pathlib import Path

from inr_models.errors import InputError
from search_spaces.rules.eqn11 import FORMS
from search_spaces.rules.fixed import Fixed
from search_spaces.rules.saved import AnyRule, load_rule, read_rule, rule_json, rule_of
from search_spaces.rules.spectrum_matching import SpectrumMatching
from search_spaces.rules.target import USUAL_FIT, NoiseScales, Rule, Target

RULES: dict[str, AnyRule] = {
    **FORMS,
    "table6_shape": Fixed(s0=25, s1=1e-3),
    "spectrum": SpectrumMatching(
        shares=tuple(2.0**power for power in range(-7, 2)), gains=(1.8, 3.3, 5.2, 8.7)
    ),
    **{
        path.stem: read_rule(path)
        for path in sorted(Path(__file__).with_name("fitted").glob("*.json"))
    },
}

EVEN_LAW = "power_psi_low_pass"
"""The rule for about as many parameters as values: there it is the best on recordings and seeds
that rules were not fitted to (analysis/FINDINGS.md). No simpler one was confirmed to be as good."""

RECOMMENDED = "by_setting"
"""The rule to use: `EVEN_LAW` where it holds, and other laws where a network has more or fewer
parameters than the signal has values (analysis/FINDINGS.md, "A rule that knows the setting")."""

EQN11_SCALED = "eqn11_length_width"
"""Eqn. 11 for sounds of any length and networks of any width: other rules are compared with it."""

EQN11_BY_DIMENSIONS = {1: EQN11_SCALED, 2: "eqn11_image_length_width"}
"""The same, by a signal's number of coordinates."""

EQN11_SOUND = (EQN11_SCALED, "eqn11_length")
"""Eqn. 11 as published, in the forms that suit sounds of any length."""

FITTED = (
    "eqn11_refitted", "constant", "bandwidth_psi", "bandwidth_power", "bandwidth_rolloff",
    "bandwidth_low_pass", EVEN_LAW, RECOMMENDED,
)  # fmt: skip
"""Rules with constants that were fitted to the benchmark, which are compared with Eqn. 11."""

UNFITTED = (*EQN11_SOUND, "spectrum")
"""Rules for sounds without a constant that was fitted to the benchmark."""

__all__ = [
    "EQN11_BY_DIMENSIONS", "EQN11_SCALED", "EQN11_SOUND", "EVEN_LAW", "FITTED", "RECOMMENDED",
    "RULES", "UNFITTED", "USUAL_FIT", "AnyRule", "NoiseScales", "Rule", "Target", "load_rule",
    "named_rule", "read_rule", "rule_json", "rule_name", "rule_of",
]  # fmt: skip


def rule_name(given: str) -> str:
    """Return the name of a rule that the user gave by its name or by its file."""
    if given in RULES:
        return given
    # A rule from a file of Python has the name of its function.
    return given.rpartition(":")[2] if ".py:" in given else Path(given).stem


def named_rule(given: str, flag: str) -> tuple[str, AnyRule]:
    """Return a rule and its name.

    Args:
        given: a key of `RULES`, or the path of a JSON file.
        flag: the option that the user gave it with, for the message.

    Raises:
        InputError: no rule has this name; or the file holds no rule, or has the name of another
            rule of the registry.
    """
    if given in RULES:
        return given, RULES[given]
    # False also for a name that is too long, or lies in a folder that cannot be read.
    if not os.path.isfile(given):
        raise InputError.of_value(
            "unknown-name",
            flag,
            given,
            f"neither a file nor a rule; give a rule's JSON file, or one of {', '.join(RULES)}.",
        )
    name, rule = rule_name(given), read_rule(given)
    if RULES.get(name, rule) != rule:
        raise InputError.of_value(
            "taken", flag, given, f"another rule is named {name}; rename the file."
        )
    return name, rule
