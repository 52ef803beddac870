"""Test a few claims on recordings that nothing was fitted or tuned to.

`CLAIMS` was fixed before anybody fitted these recordings. Whoever adds a claim afterwards needs
other recordings.
"""

from collections.abc import Sequence
from typing import NamedTuple

from analysis.regret.paired import saving
from analysis.regret.stored import RuleRegret, confirmed
from analysis.rules.validation import AS_GOOD_DB
from analysis.statistics.intervals import SURE, Interval, holm, p_value
from analysis.statistics.recordings import stored_recordings
from search_spaces.rules import EQN11_SCALED
from studies.engine.store.store import Store


class Claim(NamedTuple):
    """Claim that a rule saves more than -`margin` dB of regret against another.

    With a margin of 0 it is better. With a larger one it is as good, up to that margin.
    """

    rule: str
    other: str
    margin: float = 0.0


CLAIMS = (
    Claim("bandwidth_psi", EQN11_SCALED),
    Claim("bandwidth_psi", "constant"),
    Claim("bandwidth_psi", "power_psi_low_pass", AS_GOOD_DB),
    Claim("power_psi_low_pass", EQN11_SCALED),
    Claim("power_psi_low_pass", "bandwidth_psi"),
)


class Verdict(NamedTuple):
    """Hold a claim, what the rule saves in dB, and the p-value, which pays for all claims."""

    claim: Claim
    saved: Interval
    p_value: float

    @property
    def is_confirmed(self) -> bool:
        """Whether the claim holds with the p-value that is called sure."""
        return self.p_value < SURE and self.saved.mean > -self.claim.margin


class Confirmation(NamedTuple):
    """Hold the regrets of trained rules on the new recordings, and the claims."""

    regrets: tuple[RuleRegret, ...]
    verdicts: tuple[Verdict, ...]


def confirmation(results: str, claims: Sequence[Claim] = CLAIMS) -> Confirmation:
    """Test claims with the regrets of a results folder.

    Claims about rules that were not trained there are left out.

    Args:
        results: A results folder of recordings that nothing was fitted to.
        claims: The claims, which pay for their number together.

    Raises:
        InputError: the folder does not exist, or a file is damaged.

    Example:
        >>> confirmation("other_recordings").verdicts[0].is_confirmed
    """
    recordings = stored_recordings(Store(results, create=False))
    regrets = {regret.rule: regret for regret in confirmed(results, recordings)}
    known = [claim for claim in claims if claim.rule in regrets and claim.other in regrets]
    saved = [saving(regrets[claim.rule], regrets[claim.other]) for claim in known]
    beyond = [one.shifted(claim.margin) for claim, one in zip(known, saved, strict=True)]
    p_values = holm([p_value(one) for one in beyond])
    verdicts = tuple(map(Verdict, known, saved, p_values))
    return Confirmation(tuple(regrets.values()), verdicts)
