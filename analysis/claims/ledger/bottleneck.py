"""List the claims of Section 2: the spectral bottleneck."""

from analysis.claims.claim import Claim, Criterion, Evidence, at_least, at_most, near
from analysis.claims.evidence_fits import above_zero_output, difference
from analysis.claims.evidence_numbers import Part, measured, of_all
from analysis.claims.evidence_rules import diagnosed
from analysis.claims.ledger.named import USUAL


def _toy_problem(signal: str, *, gain: Criterion, change: Criterion) -> Evidence:
    """Return the evidence of Eqn. 5: what is learned, and how S(k) changes at the tones."""
    at_tones = "S(k) at the tones, dB"
    return of_all(
        measured(
            "toy_problem",
            Part("gain over zero output, dB", "above zero output", gain, " dB"),
            Part(at_tones, "S(k) changes by", change, " dB", 1),
            signal=signal,
        ),
        measured(
            "toy_problem_whole",
            Part(at_tones, "at 65,536 samples by", change, " dB", 1),
            signal=signal,
        ),
    )


CLAIMS: tuple[Claim, ...] = (
    Claim(
        "Sec. 2.1",
        "A SIREN's pre-activations mostly lie within [-3, 3]. (90 % or more of them, in every "
        "layer.)",
        measured(
            "phases",
            Part("layer 1", "share within: layer 1", at_least(0.9), digits=3),
            Part("layers 2 to 4", "layers 2 to 4", at_least(0.9), digits=3),
        ),
    ),
    Claim(
        "Sec. 2.1",
        "Inputs scaled by 100 raise the power of the pre-activations by about the same factor.",
        measured("proposition_1", Part("for 100", "factor of the power", near(100, 10), digits=0)),
    ),
    Claim(
        "Proposition 1",
        "Weights that are a times as large give a^2 times the power.",
        measured("proposition_1", Part("over a^2", "factor over a^2", near(1, 1e-9), digits=4)),
    ),
    Claim(
        "Fig. 2a",
        "Scaled inputs help SIREN on tetris, by 1 dB or more.",
        difference(
            "audio_training",
            ["siren omega*"],
            ["siren omega x1"],
            at_least(1),
            targets=["tetris"],
            label="the best factor minus no factor",
        ),
    ),
    Claim(
        "Fig. 2a and c",
        "Large errors remain at all factors on the input. (The best one stays 10 dB or more below "
        "SIREN² by Eqn. 11.)",
        difference(
            "audio_training",
            USUAL,
            ["siren omega*"],
            at_least(10),
            targets=["tetris"],
            label="SIREN² minus the best SIREN",
        ),
    ),
    Claim(
        "Fig. 2b",
        "A wider network does not resolve it: SIREN stays at zero output on tetris.",
        above_zero_output(
            "audio_training",
            ["siren width*"],
            at_most(1),
            targets=["tetris"],
            label="SIREN of half and of twice the width",
        ),
    ),
    Claim(
        "Remark in Sec. 2.1",
        "WIRE, FINER, HOSC and Gauss all converge to zero output on tetris (13.4 dB).",
        above_zero_output(
            "audio_architectures",
            ["wire", "finer", "hosc", "gauss"],
            at_most(1),
            targets=["tetris"],
        ),
    ),
    Claim(
        "Remark in Sec. 2.1",
        "Random Fourier features rescue the fit of tetris. (1 dB or more above zero output.)",
        above_zero_output(
            "audio_architectures", ["siren_rff_authors"], at_least(1), targets=["tetris"]
        ),
    ),
    Claim(
        "Remark in Sec. 2.1",
        "A broad first bias (FINER++) rescues the fit of tetris. (1 dB or more, likewise.)",
        above_zero_output("audio_architectures", ["finer_pp"], at_least(1), targets=["tetris"]),
    ),
    Claim(
        "Eqn. 2",
        "The kernel is the Gram matrix of the gradients. Ours is, to rounding.",
        measured("definitions", Part("Eqn. 2", "largest relative difference", at_most(1e-12))),
    ),
    Claim(
        "Eqn. 3",
        "The error decays as the kernel at initialization says: to a tenth of the first error, "
        "after 1, 10 and 100 steps of gradient descent at width 512.",
        measured(
            "dynamics",
            *(
                Part(f"distance, width 512, step {step}", f"distance at step {step}", at_most(0.1))
                for step in (1, 10, 100)
            ),
        ),
    ),
    Claim(
        "Eqn. 4",
        "So does the error at each frequency: actual and predicted losses have a rank correlation "
        "of 0.8 or more after 10 steps.",
        measured(
            "dynamics",
            *(
                Part(f"rank correlation, width {width}", f"width {width}", at_least(0.8))
                for width in (64, 256, 512)
            ),
        ),
    ),
    Claim(
        "Eqn. 5, Fig. 4a",
        "A SIREN of 5 x 128 learns the three low tones (10 dB or more above zero output), and S(k) "
        "rises there during the fit.",
        _toy_problem("low_tones", gain=at_least(10), change=at_least(0)),
    ),
    Claim(
        "Eqn. 5, Fig. 4b",
        "It learns nothing of the three high tones, and S(k) falls there during the fit.",
        _toy_problem("high_tones", gain=at_most(1), change=at_most(0)),
    ),
    Claim(
        "Eqn. 6",
        "S(k) is the spectrum of the eigenvectors, weighted by the eigenvalues. Ours is.",
        measured("definitions", Part("Eqn. 6", "largest relative difference", at_most(1e-10))),
    ),
    Claim(
        "Fig. 3",
        "On tetris, the spectra of a SIREN's layers and output lie far below the signal's, before "
        "and after the fit. (Their mean frequency is below a fifth of the signal's.)",
        measured(
            "spectra_of_fit",
            Part("target", "mean frequency of the signal", None),
            Part(
                "siren before, layer 4 over target",
                "layer 4 before, as a share of it,",
                at_most(0.2),
            ),
            Part("siren after, layer 4 over target", "after", at_most(0.2)),
            Part("siren after, output over target", "output after", at_most(0.2)),
        ),
    ),
    Claim(
        "Remark in Sec. 2.2",
        "The network fails to learn even the low frequencies within its support: 95 % of the "
        "error below 0.1 of Nyquist remain.",
        measured("spectra_of_fit", Part("siren low error", "error's share", at_least(0.95))),
    ),
    Claim(
        "Sec. 2.2",
        "The cause is a mismatch of spectra at initialization, so that the untrained network tells "
        "whether it will fail. (It is right on all networks for most recordings.)",
        diagnosed,
    ),
)
