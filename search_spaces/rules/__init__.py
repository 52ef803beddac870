"""Rules: from a target's descriptors to a point (s0, s1); one family a file.

`RULES` has Eqn. 11 in all its forms and the rivals, which were fitted to the benchmark in
`analysis/data` by `python -m analysis.rule_fitting` and lie in `fitted/`, without the `fitted_`
with which that names its files.
"""

import os
from pathlib import Path

from inr_models.errors import InputError
from search_spaces.rules.eqn11 import FORMS
from search_spaces.rules.saved import AnyRule, load_rule, read_rule, rule_json, rule_of
from search_spaces.rules.spectrum_matching import SpectrumMatching
from search_spaces.rules.target import NoiseScales, Rule, Target

_FITTED = sorted(Path(__file__).with_name("fitted").glob("*.json"))

RULES: dict[str, AnyRule] = {
    **FORMS,
    "spectrum": SpectrumMatching(
        shares=tuple(2.0**power for power in range(-7, 2)), gains=(1.8, 3.3, 5.2, 8.7)
    ),
    **{path.stem: read_rule(path) for path in _FITTED},
}

RECOMMENDED = "power_psi_low_pass"
"""Of the least regret on recordings that it was not fitted to; see analysis/FINDINGS.md."""

__all__ = [
    "RECOMMENDED", "RULES", "AnyRule", "NoiseScales", "Rule", "Target", "load_rule", "named_rule",
    "read_rule", "rule_json", "rule_name", "rule_of",
]  # fmt: skip


def rule_name(given: str) -> str:
    """What a rule is called that was given by name or by its file."""
    return given if given in RULES else Path(given).stem


def named_rule(given: str, flag: str) -> tuple[str, AnyRule]:
    """The name of a rule and the rule, given by name or by its file, for `flag` of a command.

    Raises:
        InputError: there is none; the file holds no rule, or another than the registry's that is
            named as the file is.
    """
    if given in RULES:
        return given, RULES[given]
    if not os.path.isfile(given):  # of whatever length, or in a folder that cannot be read
        raise InputError(
            "unknown-name",
            flag,
            f"{flag} {given}: neither a file nor a rule; give a rule's JSON file, or one of "
            f"{', '.join(RULES)}.",
        )
    name, rule = rule_name(given), read_rule(given)
    if RULES.get(name, rule) != rule:
        raise InputError(
            "taken", flag, f"{flag} {given}: another rule is named {name}; rename the file."
        )
    return name, rule
