"""List the paper's claims, and how each is tested. A new claim is one entry here."""

from analysis.claims.claim import Claim, at_least, at_most, near, untested
from analysis.claims.evidence_fits import (
    above_zero_output,
    difference,
    drop,
    falling,
    is_first,
)
from analysis.claims.evidence_numbers import Part, measured, of_all
from analysis.claims.evidence_rules import (
    below_best,
    constants_of,
    diagnosed,
    good_share,
    less_regret,
    psi_from,
    regret,
    short_fits,
)
from analysis.claims.evidence_trends import grows_with_psi, speed, spread
from analysis.claims.rows import (
    NO_FILE,
    rows_of_comparison,
    rows_of_sets,
    rows_of_table_3,
    rows_of_table_4,
    rows_of_table_6,
    shares_of_table_1,
)
from analysis.comparison.published import TABLE_2_SETS, TABLE_5, TABLES, UNAVAILABLE
from search_spaces.rules import EQN11_SCALED
from studies.engine.signals.broadband import CUTOFFS

CLIPS = tuple(name for name in TABLES["audio_architectures"] if name not in UNAVAILABLE)
IMAGES = tuple(name for name, row in TABLES["image_architectures"].items() if row)
OTHERS = ("siren", "finer", "wire", "relu_pe_authors", "siren_rff_authors", "finer_pp")
"""The networks that Table 1 compares SIREN² with."""

NOISY_SOUNDS = ("bach", "dilse", "counting")
"""The sounds of Table 3 that are available."""

DENOISED = "python studies/audio_denoising.py run --scale small --seeds 5"
DENOISED_IMAGE = "python studies/image_denoising.py run --scale small --seeds 5"
SHAPE = "python studies/shape_fitting.py run --scale small --seeds 5"

USUAL = ["siren2 lr x1 decay {decay}"]
"""SIREN² with the usual learning rate and decay."""

MEASURED = "python -m analysis.measured"
AUDIO = "python studies/audio_architectures.py run --scale small"
IMAGE = "python studies/image_architectures.py run --scale small"
TRAINING = "python studies/audio_training.py run --scale small"
FIG_1 = "python studies/bottleneck.py run --scale small"
TENSOR_TRAIN = "python studies/tensor_train.py run --scale small"
RULE_CHECK = "python studies/rule_check.py run --scale small"
NOISE_SCALES = "python -m analysis.noise_scales"

INTRODUCTION = "Abstract and Section 1"
BOTTLENECK = "Section 2: the spectral bottleneck"
WINNER = "Section 3: WINNER"
SPECTRA = "Section 4: spectral properties"
SOUNDS = "Section 5.1: sounds"
PICTURES = "Section 5.2: images"
DENOISING = "Sections 5.3 and 5.4: denoising"
LIMITS = "Section 6: conclusions and limitations"
APPENDIX = "Appendices A and B"
TABLE_6 = "Appendix C: noise scales"

BROADBAND = tuple(CUTOFFS)
"""S1 to S8."""


CLAIMS: tuple[Claim, ...] = (
    Claim(
        INTRODUCTION,
        "Abstract",
        "Without low frequencies, a SIREN fails to fit the whole signal, also the frequencies that "
        "it can represent. On tetris it leaves all error below 0.1 of Nyquist, and in total.",
        measured(
            "spectra_of_fit",
            Part("siren whole error", "error's share of the energy: in total", at_least(0.95)),
            Part("siren low error", "below 0.1 of Nyquist", at_least(0.95)),
        ),
        MEASURED,
    ),
    Claim(
        INTRODUCTION,
        "Abstract",
        "SIREN² converges faster: it reaches the peaks of others in less than half of the epochs.",
        speed("audio_architectures", "siren2", OTHERS, 0.5, CLIPS),
        AUDIO,
    ),
    Claim(
        INTRODUCTION,
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
        AUDIO,
    ),
    Claim(
        INTRODUCTION,
        "Abstract",
        "SIREN² is notably better on images: by 1 dB or more than SIREN.",
        difference(
            "image_architectures",
            ["siren2"],
            ["siren"],
            at_least(1),
            targets=IMAGES,
            label="SIREN² minus SIREN",
        ),
        IMAGE,
    ),
    Claim(
        INTRODUCTION,
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
        DENOISED,
    ),
    Claim(
        INTRODUCTION,
        "Fig. 1",
        "SIREN's PSNR falls from S1 to S4.",
        falling("bottleneck", "siren", BROADBAND[:4]),
        FIG_1,
    ),
    Claim(
        INTRODUCTION,
        "Fig. 1",
        "SIREN fits nothing of the later signals (S5 to S8).",
        above_zero_output("bottleneck", ["siren"], at_most(1), targets=BROADBAND[4:]),
        FIG_1,
    ),
    Claim(
        INTRODUCTION,
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
        FIG_1,
    ),
    Claim(
        INTRODUCTION,
        "Eqn. 1",
        "A SIREN is this equation. Ours is, to rounding.",
        measured("definitions", Part("Eqn. 1", "largest relative difference", at_most(1e-12))),
        MEASURED,
    ),
    Claim(
        INTRODUCTION,
        "Sec. 1",
        "Fourier features make the number of parameters grow with the square of their number. (At "
        "a fixed width, the exponent is 2.)",
        measured("parameters", Part("exponent of Fourier features", "exponent", near(2, 0.05))),
        MEASURED,
    ),
    Claim(
        BOTTLENECK,
        "Sec. 2.1",
        "A SIREN's pre-activations mostly lie within [-3, 3]. (90 % or more of them, in every "
        "layer.)",
        measured(
            "phases",
            Part("layer 1", "share within: layer 1", at_least(0.9), digits=3),
            Part("layers 2 to 4", "layers 2 to 4", at_least(0.9), digits=3),
        ),
        MEASURED,
    ),
    Claim(
        BOTTLENECK,
        "Sec. 2.1",
        "Inputs scaled by 100 raise the power of the pre-activations by about the same factor.",
        measured("proposition_1", Part("for 100", "factor of the power", near(100, 10), digits=0)),
        MEASURED,
    ),
    Claim(
        BOTTLENECK,
        "Proposition 1",
        "Weights that are a times as large give a^2 times the power.",
        measured("proposition_1", Part("over a^2", "factor over a^2", near(1, 1e-9), digits=4)),
        MEASURED,
    ),
    Claim(
        BOTTLENECK,
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
        TRAINING,
    ),
    Claim(
        BOTTLENECK,
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
        TRAINING,
    ),
    Claim(
        BOTTLENECK,
        "Fig. 2b",
        "A wider network does not resolve it: SIREN stays at zero output on tetris.",
        above_zero_output(
            "audio_training",
            ["siren width*"],
            at_most(1),
            targets=["tetris"],
            label="SIREN of half and of twice the width",
        ),
        TRAINING,
    ),
    Claim(
        BOTTLENECK,
        "Remark in Sec. 2.1",
        "WIRE, FINER, HOSC and Gauss all converge to zero output on tetris (13.4 dB).",
        above_zero_output(
            "audio_architectures",
            ["wire", "finer", "hosc", "gauss"],
            at_most(1),
            targets=["tetris"],
        ),
        AUDIO,
    ),
    Claim(
        BOTTLENECK,
        "Remark in Sec. 2.1",
        "Random Fourier features rescue the fit of tetris. (1 dB or more above zero output.)",
        above_zero_output(
            "audio_architectures", ["siren_rff_authors"], at_least(1), targets=["tetris"]
        ),
        AUDIO,
    ),
    Claim(
        BOTTLENECK,
        "Remark in Sec. 2.1",
        "A broad first bias (FINER++) rescues the fit of tetris. (1 dB or more, likewise.)",
        above_zero_output("audio_architectures", ["finer_pp"], at_least(1), targets=["tetris"]),
        AUDIO,
    ),
    Claim(
        BOTTLENECK,
        "Eqn. 2",
        "The kernel is the Gram matrix of the gradients. Ours is, to rounding.",
        measured("definitions", Part("Eqn. 2", "largest relative difference", at_most(1e-12))),
        MEASURED,
    ),
    Claim(
        BOTTLENECK,
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
        MEASURED,
    ),
    Claim(
        BOTTLENECK,
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
        MEASURED,
    ),
    Claim(
        BOTTLENECK,
        "Eqn. 5, Fig. 4a",
        "A SIREN of 5 x 128 learns the three low tones (10 dB or more above zero output), and S(k) "
        "rises there during the fit.",
        of_all(
            measured(
                "toy_problem",
                Part("gain over zero output, dB", "above zero output", at_least(10), " dB"),
                Part("S(k) at the tones, dB", "S(k) changes by", at_least(0), " dB", 1),
                signal="low_tones",
            ),
            measured(
                "toy_problem_whole",
                Part("S(k) at the tones, dB", "at 65,536 samples by", at_least(0), " dB", 1),
                signal="low_tones",
            ),
        ),
        MEASURED,
    ),
    Claim(
        BOTTLENECK,
        "Eqn. 5, Fig. 4b",
        "It learns nothing of the three high tones, and S(k) falls there during the fit.",
        of_all(
            measured(
                "toy_problem",
                Part("gain over zero output, dB", "above zero output", at_most(1), " dB"),
                Part("S(k) at the tones, dB", "S(k) changes by", at_most(0), " dB", 1),
                signal="high_tones",
            ),
            measured(
                "toy_problem_whole",
                Part("S(k) at the tones, dB", "at 65,536 samples by", at_most(0), " dB", 1),
                signal="high_tones",
            ),
        ),
        MEASURED,
    ),
    Claim(
        BOTTLENECK,
        "Eqn. 6",
        "S(k) is the spectrum of the eigenvectors, weighted by the eigenvalues. Ours is.",
        measured("definitions", Part("Eqn. 6", "largest relative difference", at_most(1e-10))),
        MEASURED,
    ),
    Claim(
        BOTTLENECK,
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
        MEASURED,
    ),
    Claim(
        BOTTLENECK,
        "Remark in Sec. 2.2",
        "The network fails to learn even the low frequencies within its support: 95 % of the "
        "error below 0.1 of Nyquist remain.",
        measured("spectra_of_fit", Part("siren low error", "error's share", at_least(0.95))),
        MEASURED,
    ),
    Claim(
        BOTTLENECK,
        "Sec. 2.2",
        "The cause is a mismatch of spectra at initialization, so that the untrained network tells "
        "whether it will fail. (It is right on all networks for most recordings.)",
        diagnosed,
        "python -m analysis.diagnosis_proof",
    ),
    Claim(
        WINNER,
        "Sec. 3",
        "SIREN's weights give all pre-activations a unit deviation. (To 5 %.)",
        measured(
            "theorem",
            *(
                Part(f"with biases, width {width}", f"deviation at width {width}", near(1, 0.05))
                for width in (64, 256, 1024)
            ),
        ),
        MEASURED,
    ),
    Claim(
        WINNER,
        "Eqns. 7 and 9",
        "Only the weights into hidden layers 1 and 2 get noise.",
        measured(
            "definitions", Part("Eqn. 7, later layers", "largest change of others", at_most(0))
        ),
        MEASURED,
    ),
    Claim(
        WINNER,
        "Eqn. 8",
        "The noise has the deviation s / omega. (The equation's s / omega reads as a variance. "
        "The proof of Theorem 3.1 has the deviation. To 10 %.)",
        measured(
            "noise",
            Part("layer 1", "deviation over s / omega: layer 1", near(1, 0.1), digits=3),
            Part("layer 2", "layer 2", near(1, 0.1), digits=3),
        ),
        MEASURED,
    ),
    Claim(
        WINNER,
        "Theorem 3.1",
        "Layer 2's pre-activations have the deviation sqrt(1 + d s^2 / 2). Biases are left out. "
        "(To 5 %.)",
        measured(
            "theorem",
            Part("without biases", "measured over theory, at worst", near(1, 0.05), digits=3),
        ),
        MEASURED,
    ),
    Claim(
        WINNER,
        "Fig. 5",
        "They are Gaussian: 0.02 or less from it (Kolmogorov-Smirnov).",
        measured(
            "theorem",
            Part("distance from a Gaussian", "distance at worst", at_most(0.02), digits=3),
        ),
        MEASURED,
    ),
    Claim(
        WINNER,
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
        MEASURED,
    ),
    Claim(
        WINNER,
        "Eqn. 10",
        "psi is a mean over magnitudes, as in the formula. (To the four digits of Table 6.)",
        psi_from("psi", "magnitudes", 6e-5),
        NOISE_SCALES,
    ),
    Claim(
        WINNER,
        "Sec. 3.1",
        "psi is the mean frequency of the power spectrum, as in the text.",
        psi_from("centroid_power", "powers", 6e-5),
        NOISE_SCALES,
    ),
    Claim(
        WINNER,
        "Eqn. 11, text",
        "a = 5 for sounds. (s0 to 0.1 %.)",
        constants_of("eqn11_text", 1e-3),
        NOISE_SCALES,
    ),
    Claim(
        WINNER,
        "Eqn. 11, Table 6",
        "a = 7 for sounds, as Table 6 was made. (s0 to 0.1 %.)",
        constants_of("eqn11", 1e-3),
        NOISE_SCALES,
    ),
    Claim(
        WINNER,
        "Eqn. 11, Fig. 6",
        "Its noise scales are near the optimum: within 1 dB. (Scaled to our length and width.)",
        of_all(
            regret(EQN11_SCALED, at_most(1), "on sounds, Eqn. 11"),
            below_best("image", at_most(1)),
        ),
        RULE_CHECK,
    ),
    Claim(
        WINNER,
        "Fig. 6",
        "Performance is stable over a wide range of noise scales: on half of the map or more, it "
        "is within 3 dB of the best.",
        of_all(good_share("sound", at_least(0.5)), good_share("image", at_least(0.5))),
        RULE_CHECK,
    ),
    Claim(
        SPECTRA,
        "Fig. 7, Sec. 4.1",
        "The larger s0 and s1, the more slowly the kernel's eigenvalues decay (rank correlation "
        "of 0.9 or more).",
        measured(
            "kernels",
            Part("eigenvalues and s0", "with s0", at_least(0.9)),
            Part("eigenvalues and s1", "with s1", at_least(0.9)),
        ),
        MEASURED,
    ),
    Claim(
        SPECTRA,
        "Fig. 7a",
        "Noise (10, 0.5) reduces the kernel's off-diagonal correlations, here to below 0.8 times.",
        measured(
            "kernels",
            Part("off-diagonal siren", "mean correlation: SIREN"),
            Part("off-diagonal siren2", "SIREN²"),
            Part("off-diagonal ratio", "ratio", at_most(0.8)),
        ),
        MEASURED,
    ),
    Claim(
        SPECTRA,
        "Fig. 7b",
        "A SIREN's S(k) is concentrated at low frequencies, here 90 % or more below 0.1 of "
        "Nyquist, and that of SIREN² is broader.",
        measured(
            "kernels",
            Part("low share siren", "share below 0.1: SIREN", at_least(0.9), digits=3),
            Part("low share siren2", "SIREN²", at_most(0.9), digits=3),
        ),
        MEASURED,
    ),
    Claim(
        SPECTRA,
        "Fig. 8",
        "Pre-activations are about Gaussian and post-activations follow the arcsine law, in SIREN "
        "and SIREN², in layers 2 and 3: 0.05 or less from them (Kolmogorov-Smirnov).",
        measured(
            "distributions",
            *(
                Part(
                    f"{name} {kind} {layer} from {law}",
                    f"{label}, layer {layer}: {law}",
                    at_most(0.05),
                    digits=3,
                )
                for name, label in (("siren", "SIREN"), ("siren2", "SIREN²"))
                for layer in (2, 3)
                for kind, law in (("before", "Gaussian"), ("after", "arcsine"))
            ),
        ),
        MEASURED,
    ),
    Claim(
        SPECTRA,
        "Fig. 8",
        "At its 1,024 inputs the figure shows the spectrum of layer 2 of SIREN². (Above their "
        "Nyquist frequency, power is folded back: it should be less than 5 %.)",
        measured("aliasing", Part("layer 2", "share above Nyquist", at_most(0.05))),
        MEASURED,
    ),
    Claim(
        SOUNDS,
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
        MEASURED,
    ),
    *rows_of_comparison(SOUNDS, "Table 1", "audio_architectures", AUDIO),
    Claim(
        SOUNDS,
        "Table 1, average",
        "SIREN² is better than FINER++ in the mean over the sounds (by 8.0 dB in the table).",
        difference(
            "audio_architectures",
            ["siren2"],
            ["finer_pp"],
            at_least(0),
            targets=CLIPS,
            label="SIREN² minus FINER++",
        ),
        AUDIO,
    ),
    Claim(
        SOUNDS,
        "Sec. 5.1",
        "SIREN² is better than the other networks on all sounds, by the paper's own table.",
        shares_of_table_1("SIREN² is first", lambda row: row["siren2"] == max(row.values())),
    ),
    Claim(
        SOUNDS,
        "Sec. 5.1",
        "SIREN² reaches more than 60 dB, by the paper's own table.",
        shares_of_table_1("above 60 dB", lambda row: row["siren2"] > 60),
    ),
    Claim(
        SOUNDS,
        "Sec. 5.1",
        "The gains are largest on sounds of high frequencies.",
        grows_with_psi("audio_architectures", "siren2", OTHERS, CLIPS),
        AUDIO,
    ),
    Claim(
        SOUNDS,
        "Sec. 5.1",
        "The noise slightly suppresses low frequencies: on bach, the error below the median "
        "frequency is larger than SIREN's and FINER's, by up to 3 dB.",
        measured(
            "bands_of_sound",
            Part("low, over siren", "over SIREN", near(1.5, 1.5), " dB", 1),
            Part("low, over finer", "over FINER", near(1.5, 1.5), " dB", 1),
        ),
        MEASURED,
    ),
    Claim(
        SOUNDS,
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
        AUDIO,
    ),
    *rows_of_comparison(PICTURES, "Table 2", "image_architectures", IMAGE),
    *rows_of_sets(PICTURES, "Table 2", TABLE_2_SETS, IMAGE),
    Claim(
        PICTURES,
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
        IMAGE,
    ),
    Claim(
        PICTURES,
        "Sec. 5.2",
        "On color images FINER is best (castle).",
        difference(
            "image_architectures",
            ["finer"],
            ["siren2"],
            at_least(0),
            targets=["castle"],
            label="FINER minus SIREN²",
        ),
        IMAGE,
    ),
    Claim(
        PICTURES,
        "Fig. 10",
        "SIREN² has less error than SIREN at high frequencies, in the mean over four images.",
        measured("bands_of_image", Part("high, over siren", "over SIREN", at_most(0), " dB", 1)),
        MEASURED,
    ),
    Claim(
        DENOISING,
        "Fig. 11",
        "SIREN² denoises the Riemann problem best.",
        is_first("image_denoising", "2D-Riemann", "siren2"),
        DENOISED_IMAGE,
    ),
    *rows_of_table_3(DENOISING, DENOISED),
    Claim(
        DENOISING,
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
        DENOISED,
    ),
    Claim(
        LIMITS,
        "Sec. 6",
        "The noise adds no parameters: SIREN² has those of SIREN.",
        measured(
            "parameters",
            Part("Table 1, siren", "SIREN", near(149_185, 0), digits=0),
            Part("Table 1, siren2", "SIREN²", near(149_185, 0), digits=0),
        ),
        MEASURED,
    ),
    Claim(
        LIMITS,
        "Limitation (a)",
        "Representative samples could give the scales: the best constant point of other "
        "recordings is as good as Eqn. 11, to 1 dB.",
        less_regret(
            "held_out_constant",
            EQN11_SCALED,
            at_most(1),
            "the regret of a constant minus that of Eqn. 11",
        ),
        RULE_CHECK,
    ),
    Claim(
        LIMITS,
        "Limitation (a)",
        "Early training could give them: the point that is best after 20 epochs is as good as "
        "Eqn. 11, to 1 dB.",
        short_fits("psnr_20", EQN11_SCALED, at_most(1)),
        "python -m analysis.contest",
    ),
    Claim(
        LIMITS,
        "Limitation (b)",
        "SIREN² is highly sensitive to the learning rate and its decay: the best and the worst of "
        "nine settings differ by 3 dB or more.",
        spread("audio_training", ["siren2 lr*"], at_least(3), CLIPS),
        TRAINING,
    ),
    Claim(
        LIMITS,
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
        TRAINING,
    ),
    Claim(
        LIMITS,
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
        TRAINING,
    ),
    Claim(
        LIMITS,
        "Fig. 2, Sec. 5.1",
        "The rate decays by 2 % (Fig. 2) or by 1 % (Sec. 5.1) every 20 epochs, as if that did not "
        "matter. (They differ by 1 dB or less. At the small scale these are 10 % and 5 %.)",
        spread("audio_training", [*USUAL, "siren2 lr x1 decay {faster_decay}"], at_most(1), CLIPS),
        TRAINING,
    ),
    Claim(
        APPENDIX,
        "Fig. 13, App. A",
        "Layer 1's pre-activations look like a Laplace distribution: 0.02 or less from it "
        "(Kolmogorov-Smirnov). (Without biases and uniform weights, they are a product x w.)",
        measured(
            "layer_1",
            Part("all from Laplace", "distance", at_most(0.02), digits=3),
            Part("noise alone from Laplace", "of the noise alone", None, digits=3),
            Part("noise alone from the product", "and its distance from x w", None, digits=3),
        ),
        MEASURED,
    ),
    Claim(
        APPENDIX,
        "Fig. 13, App. A",
        "Noise raises the power at high frequencies in all layers.",
        measured(
            "distributions",
            *(
                Part(f"layer {layer} high, dB", f"layer {layer}", at_least(0), " dB", 1)
                for layer in (1, 2, 3, 4)
            ),
        ),
        MEASURED,
    ),
    Claim(
        APPENDIX,
        "Fig. 13, App. A",
        "It lowers the power at low frequencies in layers 3 and 4.",
        measured(
            "distributions",
            *(
                Part(f"layer {layer} low, dB", f"layer {layer}", at_most(0), " dB", 1)
                for layer in (3, 4)
            ),
        ),
        MEASURED,
    ),
    Claim(
        APPENDIX,
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
        MEASURED,
    ),
    Claim(
        APPENDIX,
        "Fig. 14, App. A",
        "Those of SIREN² move toward the signal's, from layer 3 on.",
        measured(
            "spectra_of_fit",
            Part("siren2, change of layer 3", "layer 3", at_least(0), digits=4),
            Part("siren2, change of layer 4", "layer 4", at_least(0), digits=4),
            Part("siren2, change of output", "output", at_least(0), digits=4),
        ),
        MEASURED,
    ),
    Claim(
        APPENDIX,
        "Fig. 14, App. A",
        "The deviation of its pre-activations grows from layer 3 on.",
        measured(
            "spectra_of_fit",
            Part("siren2, growth of deviation 3", "factor in layer 3", at_least(1)),
            Part("siren2, growth of deviation 4", "layer 4", at_least(1)),
        ),
        MEASURED,
    ),
    *rows_of_table_4(APPENDIX, TENSOR_TRAIN),
    Claim(
        APPENDIX,
        "Table 4, Fig. 15",
        "The network with a tensor train has 182,426 parameters instead of 198,145.",
        measured(
            "parameters",
            Part("Table 4, siren2", "dense", near(198_145, 0), digits=0),
            Part("Table 4, siren2_tt", "tensor train", near(182_426, 0), digits=0),
        ),
        MEASURED,
    ),
    *rows_of_sets(APPENDIX, "Table 5", TABLE_5, IMAGE),
    Claim(APPENDIX, "Fig. 16", "SIREN² denoises sparrow and galaxy best.", untested(NO_FILE)),
    Claim(
        APPENDIX,
        "Fig. 17, B.4",
        "SIREN² fits a signed distance function to 55 dB, FINER++ to 51 (here the dragon).",
        difference(
            "shape_fitting",
            ["siren2"],
            ["finer_pp"],
            at_least(0),
            targets=["dragon_50k"],
            label="SIREN² minus FINER++",
        ),
        SHAPE,
    ),
    Claim(
        APPENDIX,
        "Fig. 17, B.4",
        "SIREN, WIRE and FINER fit a signed distance function worse than SIREN² and FINER++.",
        is_first("shape_fitting", "dragon_50k", "siren2"),
        SHAPE,
    ),
    *rows_of_table_6(TABLE_6, NOISE_SCALES),
    Claim(
        TABLE_6,
        "App. C",
        "psi alone is unlikely to be enough: a rule that also knows another statistic is better.",
        less_regret(
            "held_out_power_psi_low_pass",
            "held_out_power_psi",
            at_most(0),
            "regret with a second statistic minus that with psi alone",
        ),
        RULE_CHECK,
    ),
)
"""The claims, in the order of the paper."""
