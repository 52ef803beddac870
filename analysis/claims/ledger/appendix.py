"""List the claims of Appendices A and B."""

from analysis.claims.claim import Claim, at_least, at_most, near, untested
from analysis.claims.evidence_fits import difference, is_first
from analysis.claims.evidence_numbers import Part, measured
from analysis.claims.rows import NO_FILE, rows_of_sets, rows_of_table_4
from analysis.comparison.published import TABLE_5

CLAIMS: tuple[Claim, ...] = (
    Claim(
        "Fig. 13, App. A",
        "Layer 1's pre-activations look like a Laplace distribution: 0.02 or less from it "
        "(Kolmogorov-Smirnov). (Without biases and uniform weights, they are a product x w.)",
        measured(
            "layer_1",
            Part("all from Laplace", "distance", at_most(0.02), digits=3),
            Part("noise alone from Laplace", "of the noise alone", None, digits=3),
            Part("noise alone from the product", "and its distance from x w", None, digits=3),
        ),
    ),
    Claim(
        "Fig. 13, App. A",
        "Noise raises the power at high frequencies in all layers.",
        measured(
            "distributions",
            *(
                Part(f"layer {layer} high, dB", f"layer {layer}", at_least(0), " dB", 1)
                for layer in (1, 2, 3, 4)
            ),
        ),
    ),
    Claim(
        "Fig. 13, App. A",
        "It lowers the power at low frequencies in layers 3 and 4.",
        measured(
            "distributions",
            *(
                Part(f"layer {layer} low, dB", f"layer {layer}", at_most(0), " dB", 1)
                for layer in (3, 4)
            ),
        ),
    ),
    Claim(
        "Fig. 14, App. A",
        "A SIREN's spectra stay as they are during a fit of tetris: mean frequencies change by "
        "0.01 of Nyquist or less.",
        measured(
            "spectra_of_fit",
            *(
                Part(f"siren, change of layer {layer}", f"layer {layer}", near(0, 0.01), digits=4)
                for layer in (2, 3, 4)
            ),
            Part("siren, change of output", "output", near(0, 0.01), digits=4),
        ),
    ),
    Claim(
        "Fig. 14, App. A",
        "Those of SIREN² move toward the signal's, from layer 3 on.",
        measured(
            "spectra_of_fit",
            Part("siren2, change of layer 3", "layer 3", at_least(0), digits=4),
            Part("siren2, change of layer 4", "layer 4", at_least(0), digits=4),
            Part("siren2, change of output", "output", at_least(0), digits=4),
        ),
    ),
    Claim(
        "Fig. 14, App. A",
        "The deviation of its pre-activations grows from layer 3 on.",
        measured(
            "spectra_of_fit",
            Part("siren2, growth of deviation 3", "factor in layer 3", at_least(1)),
            Part("siren2, growth of deviation 4", "layer 4", at_least(1)),
        ),
    ),
    *rows_of_table_4(),
    Claim(
        "Table 4, Fig. 15",
        "The network with a tensor train has 182,426 parameters instead of 198,145.",
        measured(
            "parameters",
            Part("Table 4, siren2", "dense", near(198_145, 0), digits=0),
            Part("Table 4, siren2_tt", "tensor train", near(182_426, 0), digits=0),
        ),
    ),
    *rows_of_sets("Table 5", TABLE_5),
    Claim("Fig. 16", "SIREN² denoises sparrow and galaxy best.", untested(NO_FILE)),
    Claim(
        "Fig. 17, B.4",
        "SIREN² fits a signed distance function to 55 dB, FINER++ to 51 (here the dragon).",
        difference("shape_fitting", ["siren2"], ["finer_pp"], at_least(0), targets=["dragon_50k"]),
    ),
    Claim(
        "Fig. 17, B.4",
        "SIREN, WIRE and FINER fit a signed distance function worse than SIREN² and FINER++.",
        is_first("shape_fitting", "dragon_50k", "siren2"),
    ),
)
