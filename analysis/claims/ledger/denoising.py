"""List the claims of Sections 5.3 and 5.4: denoising."""

from analysis.claims.claim import Claim, at_most
from analysis.claims.evidence_fits import difference, is_first
from analysis.claims.ledger.named import NOISY_SOUNDS
from analysis.claims.rows import rows_of_table_3

CLAIMS: tuple[Claim, ...] = (
    Claim(
        "Fig. 11",
        "SIREN² denoises the Riemann problem best.",
        is_first("image_denoising", "2D-Riemann", "siren2"),
    ),
    *rows_of_table_3(),
    Claim(
        "Fig. 12, Sec. 5.4",
        "A large first omega degrades denoising of sounds.",
        difference(
            "audio_denoising",
            ["siren_scaled_omega"],
            ["siren"],
            at_most(0),
            targets=NOISY_SOUNDS,
            label="SIREN with the scaled omega minus SIREN with 30:",
        ),
    ),
)
