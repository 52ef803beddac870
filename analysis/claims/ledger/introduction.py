"""List the claims of the paper's abstract and Section 1."""

from analysis.claims.claim import Claim, at_least, at_most, near
from analysis.claims.evidence_fits import above_zero_output, difference, falling, is_first
from analysis.claims.evidence_numbers import Part, measured, of_all
from analysis.claims.evidence_trends import speed
from analysis.claims.ledger.named import BROADBAND, CLIPS, IMAGES, NOISY_SOUNDS, OTHERS

CLAIMS: tuple[Claim, ...] = (
    Claim(
        "Abstract",
        "Without low frequencies, a SIREN fails to fit the whole signal, also the frequencies that "
        "it can represent. On tetris it leaves all error below 0.1 of Nyquist, and in total.",
        measured(
            "spectra_of_fit",
            Part("siren whole error", "error's share of the energy: in total", at_least(0.95)),
            Part("siren low error", "below 0.1 of Nyquist", at_least(0.95)),
        ),
    ),
    Claim(
        "Abstract",
        "SIREN² converges faster: it reaches the peaks of others in less than half of the epochs.",
        speed("audio_architectures", "siren2", OTHERS, 0.5, CLIPS),
    ),
    Claim(
        "Abstract",
        "SIREN² outperforms the state of the art on sounds.",
        difference(
            "audio_architectures",
            ["siren2"],
            OTHERS,
            at_least(0),
            targets=CLIPS,
            label="SIREN² minus the best other network",
        ),
    ),
    Claim(
        "Abstract",
        "SIREN² is notably better on images: by 1 dB or more than SIREN.",
        difference("image_architectures", ["siren2"], ["siren"], at_least(1), targets=IMAGES),
    ),
    Claim(
        "Abstract",
        "SIREN² is better at denoising: than the best other network, on sounds and on an image.",
        of_all(
            difference(
                "audio_denoising",
                ["siren2"],
                ["finer_pp", "finer", "siren", "wire"],
                at_least(0),
                targets=NOISY_SOUNDS,
                label="SIREN² minus the best other",
            ),
            is_first("image_denoising", "2D-Riemann", "siren2"),
        ),
    ),
    Claim(
        "Fig. 1", "SIREN's PSNR falls from S1 to S4.", falling("bottleneck", "siren", BROADBAND[:4])
    ),
    Claim(
        "Fig. 1",
        "SIREN fits nothing of the later signals (S5 to S8).",
        above_zero_output("bottleneck", ["siren"], at_most(1), targets=BROADBAND[4:]),
    ),
    Claim(
        "Fig. 1",
        "SIREN² keeps a high PSNR on all eight signals: 15 dB or more above zero output.",
        of_all(
            above_zero_output("bottleneck", ["siren2_eqn11"], at_least(15), targets=BROADBAND),
            above_zero_output(
                "bottleneck",
                ["siren2"],
                at_least(15),
                targets=BROADBAND,
                label="with the recommended rule",
            ),
        ),
    ),
    Claim(
        "Eqn. 1",
        "A SIREN is this equation. Ours is, to rounding.",
        measured("definitions", Part("Eqn. 1", "largest relative difference", at_most(1e-12))),
    ),
    Claim(
        "Sec. 1",
        "Fourier features make the number of parameters grow with the square of their number. (At "
        "a fixed width, the exponent is 2.)",
        measured("parameters", Part("exponent of Fourier features", "exponent", near(2, 0.05))),
    ),
)
