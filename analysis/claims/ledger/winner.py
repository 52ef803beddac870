"""List the claims of Section 3: WINNER."""

from analysis.claims.claim import Claim, at_least, at_most, near
from analysis.claims.evidence_numbers import Part, measured, of_all
from analysis.claims.evidence_rules import below_best, constants_of, good_share, psi_from, regret
from search_spaces.rules import EQN11_SCALED

CLAIMS: tuple[Claim, ...] = (
    Claim(
        "Sec. 3",
        "SIREN's weights give all pre-activations a unit deviation. (To 5 %.)",
        measured(
            "theorem",
            *(
                Part(f"with biases, width {width}", f"deviation at width {width}", near(1, 0.05))
                for width in (64, 256, 1024)
            ),
        ),
    ),
    Claim(
        "Eqns. 7 and 9",
        "Only the weights into hidden layers 1 and 2 get noise.",
        measured(
            "definitions", Part("Eqn. 7, later layers", "largest change of others", at_most(0))
        ),
    ),
    Claim(
        "Eqn. 8",
        "The noise has the deviation s / omega. (The equation's s / omega reads as a variance. "
        "The proof of Theorem 3.1 has the deviation. To 10 %.)",
        measured(
            "noise",
            Part("layer 1", "deviation over s / omega: layer 1", near(1, 0.1), digits=3),
            Part("layer 2", "layer 2", near(1, 0.1), digits=3),
        ),
    ),
    Claim(
        "Theorem 3.1",
        "Layer 2's pre-activations have the deviation sqrt(1 + d s^2 / 2). Biases are left out. "
        "(To 5 %.)",
        measured(
            "theorem",
            Part("without biases", "measured over theory, at worst", near(1, 0.05), digits=3),
        ),
    ),
    Claim(
        "Fig. 5",
        "They are Gaussian: 0.02 or less from it (Kolmogorov-Smirnov).",
        measured(
            "theorem",
            Part("distance from a Gaussian", "distance at worst", at_most(0.02), digits=3),
        ),
    ),
    Claim(
        "Proposition 2",
        "Noise on layer 2 acts like an omega that is larger by the same factor. Biases can be "
        "neglected for a large width. (To 10 %, at s1 = 1.)",
        measured(
            "proposition_2",
            *(
                Part(f"deviation, width {width}", f"deviations' ratio at {width}", near(1, 0.1))
                for width in (64, 256, 1024, 2048)
            ),
            Part(
                "output's mean frequency, width 256",
                "outputs' mean frequencies at 256",
                near(1, 0.1),
            ),
        ),
    ),
    Claim(
        "Eqn. 10",
        "psi is a mean over magnitudes, as in the formula. (To the four digits of Table 6.)",
        psi_from("psi", "magnitudes", 6e-5),
    ),
    Claim(
        "Sec. 3.1",
        "psi is the mean frequency of the power spectrum, as in the text.",
        psi_from("centroid_power", "powers", 6e-5),
    ),
    Claim("Eqn. 11, text", "a = 5 for sounds. (s0 to 0.1 %.)", constants_of("eqn11_text", 1e-3)),
    Claim(
        "Eqn. 11, Table 6",
        "a = 7 for sounds, as Table 6 was made. (s0 to 0.1 %.)",
        constants_of("eqn11", 1e-3),
    ),
    Claim(
        "Eqn. 11, Fig. 6",
        "Its noise scales are near the optimum: within 1 dB. (Scaled to our length and width.)",
        of_all(
            regret(EQN11_SCALED, at_most(1), "on sounds, Eqn. 11"), below_best("image", at_most(1))
        ),
    ),
    Claim(
        "Fig. 6",
        "Performance is stable over a wide range of noise scales: on half of the map or more, it "
        "is within 3 dB of the best.",
        of_all(good_share("sound", at_least(0.5)), good_share("image", at_least(0.5))),
    ),
)
