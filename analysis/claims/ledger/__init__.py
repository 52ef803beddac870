"""List the paper's claims, and others about its networks, a file for each section.

A new claim is one entry in its file.
"""

from analysis.claims.claim import Section
from analysis.claims.ledger import (
    appendix,
    bottleneck,
    denoising,
    introduction,
    limits,
    noise_scales,
    optimizers,
    pictures,
    sounds,
    spectra,
    winner,
)

SECTIONS = (
    Section("Abstract and Section 1", introduction.CLAIMS),
    Section("Section 2: the spectral bottleneck", bottleneck.CLAIMS),
    Section("Section 3: WINNER", winner.CLAIMS),
    Section("Section 4: spectral properties", spectra.CLAIMS),
    Section("Section 5.1: sounds", sounds.CLAIMS),
    Section("Section 5.2: images", pictures.CLAIMS),
    Section("Sections 5.3 and 5.4: denoising", denoising.CLAIMS),
    Section("Section 6: conclusions and limitations", limits.CLAIMS),
    Section("Appendices A and B", appendix.CLAIMS),
    Section("Appendix C: noise scales", noise_scales.CLAIMS),
    Section("Beside the paper: better optimizers", optimizers.CLAIMS),
)
"""The sections, in the order of the paper."""
