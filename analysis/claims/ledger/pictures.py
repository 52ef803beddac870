"""List the claims of Section 5.2: images."""

from analysis.claims.claim import Claim, at_least, at_most
from analysis.claims.evidence_fits import difference
from analysis.claims.evidence_numbers import Part, measured, of_all
from analysis.claims.ledger.named import IMAGES
from analysis.claims.rows import rows_of_comparison, rows_of_sets
from analysis.comparison.published import TABLE_2_SETS

CLAIMS: tuple[Claim, ...] = (
    *rows_of_comparison("Table 2", "image_architectures"),
    *rows_of_sets("Table 2", TABLE_2_SETS),
    Claim(
        "Sec. 5.2",
        "SIREN² is better than SIREN on every image. (A part for each.)",
        of_all(
            *(
                difference(
                    "image_architectures",
                    ["siren2"],
                    ["siren"],
                    at_least(0),
                    targets=[name],
                    label=name,
                )
                for name in IMAGES
            )
        ),
    ),
    Claim(
        "Sec. 5.2",
        "On color images FINER is best (castle).",
        difference("image_architectures", ["finer"], ["siren2"], at_least(0), targets=["castle"]),
    ),
    Claim(
        "Fig. 10",
        "SIREN² has less error than SIREN at high frequencies, in the mean over four images.",
        measured("bands_of_image", Part("high, over siren", "over SIREN", at_most(0), " dB", 1)),
    ),
)
