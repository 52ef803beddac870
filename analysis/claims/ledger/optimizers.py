"""List what other papers claim of optimizers for coordinate networks."""

from analysis.claims.claim import Claim, at_least, at_most
from analysis.claims.evidence_optimizers import gains, rules_regret

CLAIMS: tuple[Claim, ...] = (
    Claim(
        "arXiv 2512.14366",
        "Muon reaches a higher PSNR than Adam with the same network. (At equal numbers of "
        "gradients, at the best noise scales of each. A learning rate and its decay were chosen "
        "for each among a few.)",
        gains("muon", at_least(0)),
    ),
    Claim(
        "Not in a paper",
        "The noise scales that were chosen under Adam serve Muon: they lose 1 dB or less.",
        rules_regret("muon", at_most(1)),
    ),
)
