"""Rules: from a target's descriptors to a point (s0, s1); one family a file.

`RULES` has Eqn. 11 in all its forms and the rivals, whose constants were fitted on the benchmark
in `analysis/data` by `python -m analysis.rule_fitting` and lie in `fitted.json`.
"""

import json
from importlib import resources

from search_spaces.rules.eqn11 import FORMS
from search_spaces.rules.saved import AnyRule, load_rule, read_rule, rule_json, rule_of
from search_spaces.rules.spectrum_matching import SpectrumMatching
from search_spaces.rules.target import NoiseScales, Rule, Target

_FITTED = json.loads(resources.files(__name__).joinpath("fitted.json").read_text())

RULES: dict[str, AnyRule] = {
    **FORMS,
    "spectrum": SpectrumMatching(
        shares=tuple(2.0**power for power in range(-7, 2)), gains=(1.8, 3.3, 5.2, 8.7)
    ),
    **{name: rule_of(content) for name, content in _FITTED.items()},
}

RECOMMENDED = "bandwidth_low_pass"
"""Of the least regret on recordings that it was not fitted to; see analysis/FINDINGS.md."""

__all__ = [
    "RECOMMENDED", "RULES", "AnyRule", "NoiseScales", "Rule", "Target", "load_rule", "read_rule",
    "rule_json", "rule_of",
]  # fmt: skip
