"""List the claims of Section 6: conclusions and limitations."""

from analysis.claims.claim import Claim, at_least, at_most, near
from analysis.claims.evidence_fits import difference, drop
from analysis.claims.evidence_numbers import Part, measured
from analysis.claims.evidence_rules import less_regret, short_fits
from analysis.claims.evidence_trends import spread
from analysis.claims.ledger.named import CLIPS, USUAL
from search_spaces.rules import EQN11_SCALED

CLAIMS: tuple[Claim, ...] = (
    Claim(
        "Sec. 6",
        "The noise adds no parameters: SIREN² has those of SIREN.",
        measured(
            "parameters",
            Part("Table 1, siren", "SIREN", near(149_185, 0), digits=0),
            Part("Table 1, siren2", "SIREN²", near(149_185, 0), digits=0),
        ),
    ),
    Claim(
        "Limitation (a)",
        "Representative samples could give the scales: the best constant point of other "
        "recordings is as good as Eqn. 11, to 1 dB.",
        less_regret(
            "held_out_constant",
            EQN11_SCALED,
            at_most(1),
            "the regret of a constant minus that of Eqn. 11",
        ),
    ),
    Claim(
        "Limitation (a)",
        "Early training could give them: the point that is best after 20 epochs is as good as "
        "Eqn. 11, to 1 dB.",
        short_fits("psnr_20", EQN11_SCALED, at_most(1)),
    ),
    Claim(
        "Limitation (b)",
        "SIREN² is highly sensitive to the learning rate and its decay: the best and the worst of "
        "nine settings differ by 3 dB or more.",
        spread("audio_training", ["siren2 lr*"], at_least(3), CLIPS),
    ),
    Claim(
        "Limitation (b)",
        "Without a schedule the PSNR oscillates. (A fit ends further below its peak, by 1 dB or "
        "more.)",
        difference(
            "audio_training",
            ["siren2 lr x1 decay 1"],
            USUAL,
            at_least(1),
            targets=CLIPS,
            label="the drop without a schedule minus that with it",
            score=drop,
        ),
    ),
    Claim(
        "Limitation (b)",
        "Without a schedule convergence is poor. (The peak is lower, by 1 dB or more.)",
        difference(
            "audio_training",
            USUAL,
            ["siren2 lr x1 decay 1"],
            at_least(1),
            targets=CLIPS,
            label="the peak with a schedule minus that without it",
        ),
    ),
    Claim(
        "Fig. 2, Sec. 5.1",
        "The rate decays by 2 % (Fig. 2) or by 1 % (Sec. 5.1) every 20 epochs, as if that did not "
        "matter. (They differ by 1 dB or less. At the small scale these are 10 % and 5 %.)",
        spread("audio_training", [*USUAL, "siren2 lr x1 decay {faster_decay}"], at_most(1), CLIPS),
    ),
)
