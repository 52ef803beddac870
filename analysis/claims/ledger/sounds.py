"""List the claims of Section 5.1: sounds."""

from analysis.claims.claim import Claim, at_least, near
from analysis.claims.evidence_fits import difference
from analysis.claims.evidence_numbers import Part, measured
from analysis.claims.evidence_trends import grows_with_psi
from analysis.claims.ledger.named import CLIPS, OTHERS
from analysis.claims.rows import rows_of_comparison, shares_of_table_1

CLAIMS: tuple[Claim, ...] = (
    Claim(
        "Table 1, sizes",
        "SIREN, FINER, FINER++ and SIREN² have 149,185 parameters, WIRE 149,474, and ReLU-PE and "
        "SIREN-RFF 150,155.",
        measured(
            "parameters",
            Part("Table 1, siren2", "SIREN²", near(149_185, 0), digits=0),
            Part("Table 1, wire", "WIRE", near(149_474, 0), digits=0),
            Part("Table 1, relu_pe_authors", "ReLU-PE", near(150_155, 0), digits=0),
            Part("Table 1, siren_rff_authors", "SIREN-RFF", near(150_155, 0), digits=0),
        ),
    ),
    *rows_of_comparison("Table 1", "audio_architectures"),
    Claim(
        "Table 1, average",
        "SIREN² is better than FINER++ in the mean over the sounds (by 8.0 dB in the table).",
        difference("audio_architectures", ["siren2"], ["finer_pp"], at_least(0), targets=CLIPS),
    ),
    Claim(
        "Sec. 5.1",
        "SIREN² is better than the other networks on all sounds, by the paper's own table.",
        shares_of_table_1("SIREN² is first", lambda row: row["siren2"] == max(row.values())),
    ),
    Claim(
        "Sec. 5.1",
        "SIREN² reaches more than 60 dB, by the paper's own table.",
        shares_of_table_1("above 60 dB", lambda row: row["siren2"] > 60),
    ),
    Claim(
        "Sec. 5.1",
        "The gains are largest on sounds of high frequencies.",
        grows_with_psi("audio_architectures", "siren2", OTHERS, CLIPS),
    ),
    Claim(
        "Sec. 5.1",
        "The noise slightly suppresses low frequencies: on bach, the error below the median "
        "frequency is larger than SIREN's and FINER's, by up to 3 dB.",
        measured(
            "bands_of_sound",
            Part("low, over siren", "over SIREN", near(1.5, 1.5), " dB", 1),
            Part("low, over finer", "over FINER", near(1.5, 1.5), " dB", 1),
        ),
    ),
    Claim(
        "Fig. 9",
        "SIREN² leaves the least error on tetris and shattered (1 dB less than any other or more).",
        difference(
            "audio_architectures",
            ["siren2"],
            OTHERS,
            at_least(1),
            targets=("tetris", "shattered"),
            label="SIREN² minus the best other network",
        ),
    ),
)
