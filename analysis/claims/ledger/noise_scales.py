"""List the claims of Appendix C: noise scales."""

from analysis.claims.claim import Claim, at_most
from analysis.claims.evidence_rules import less_regret
from analysis.claims.rows import rows_of_table_6

CLAIMS: tuple[Claim, ...] = (
    *rows_of_table_6(),
    Claim(
        "App. C",
        "psi alone is unlikely to be enough: a rule that also knows another statistic is better.",
        less_regret(
            "held_out_power_psi_low_pass",
            "held_out_power_psi",
            at_most(0),
            "regret with a second statistic minus that with psi alone",
        ),
    ),
)
