"""List the measurements. A new one is a function and a line here."""

from analysis.measured import equations, fits, spectra
from analysis.measured.quantity import Quantity

SMALL = "8,192 samples, 4 x 52, 160 epochs"

_ALL = (
    Quantity("definitions", "width 64, 64 samples, float64", equations.definitions),
    Quantity("noise", "width 1,024", equations.noise),
    Quantity("theorem", "widths 64, 256, 1,024, s1 from 0 to 3", equations.theorem),
    Quantity("proposition_1", "width 256", equations.proposition_1),
    Quantity("proposition_2", "widths 64 to 2,048, s1 = 1", equations.proposition_2),
    Quantity("phases", "4 x 256, 2,048 samples", equations.phases),
    Quantity("parameters", "the paper's sizes", equations.parameters, num_seeds=1),
    Quantity("distributions", "4 x 512, 2,048 samples", spectra.distributions),
    Quantity("layer_1", "32,768 features", spectra.layer_1),
    Quantity("aliasing", "2 x 2,048, 4,096 samples", spectra.aliasing),
    Quantity("kernels", "4 x 256, 1,024 samples", spectra.kernels),
    Quantity("spectra_of_fit", SMALL, fits.spectra_of_fit, ("tetris",), 8_192),
    Quantity("bands_of_sound", SMALL, fits.errors_by_band, ("gt_bach",), 8_192),
    Quantity(
        "bands_of_image",
        "96 x 96 pixels, 4 x 52, 160 epochs",
        fits.errors_by_band,
        ("camera", "castle_512", "noise1", "rock_512"),
        96 * 96,
    ),
    Quantity("dynamics", "512 samples", fits.linear_dynamics, ("gt_bach",), 512),
    Quantity(
        "toy_problem",
        "2,048 samples, 5 x 128, 4,000 epochs",
        fits.toy_problem,
        ("low_tones", "high_tones"),
        2_048,
    ),
    Quantity(
        "toy_problem_whole",
        "65,536 samples, 5 x 128, 100 epochs",
        fits.toy_problem,
        ("low_tones", "high_tones"),
        65_536,
        num_seeds=2,
    ),
)

QUANTITIES = {quantity.name: quantity for quantity in _ALL}
