"""Name the signals and the networks that several claims are about."""

from analysis.comparison.published import TABLES, UNAVAILABLE
from studies.engine.signals.broadband import CUTOFFS

CLIPS = tuple(name for name in TABLES["audio_architectures"] if name not in UNAVAILABLE)
IMAGES = tuple(name for name, row in TABLES["image_architectures"].items() if row)

NOISY_SOUNDS = ("bach", "dilse", "counting")
"""The sounds of Table 3 that are available."""

BROADBAND = tuple(CUTOFFS)
"""S1 to S8."""

OTHERS = ("siren", "finer", "wire", "relu_pe_authors", "siren_rff_authors", "finer_pp")
"""The networks that Table 1 compares SIREN² with."""

USUAL = ["siren2 lr x1 decay {decay}"]
"""SIREN² with the usual learning rate and decay."""
