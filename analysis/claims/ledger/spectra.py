"""List the claims of Section 4: spectral properties."""

from analysis.claims.claim import Claim, at_least, at_most
from analysis.claims.evidence_numbers import Part, measured

CLAIMS: tuple[Claim, ...] = (
    Claim(
        "Fig. 7, Sec. 4.1",
        "The larger s0 and s1, the more slowly the kernel's eigenvalues decay (rank correlation "
        "of 0.9 or more).",
        measured(
            "kernels",
            Part("eigenvalues and s0", "with s0", at_least(0.9)),
            Part("eigenvalues and s1", "with s1", at_least(0.9)),
        ),
    ),
    Claim(
        "Fig. 7a",
        "Noise (10, 0.5) reduces the kernel's off-diagonal correlations, here to below 0.8 times.",
        measured(
            "kernels",
            Part("off-diagonal siren", "mean correlation: SIREN"),
            Part("off-diagonal siren2", "SIREN²"),
            Part("off-diagonal ratio", "ratio", at_most(0.8)),
        ),
    ),
    Claim(
        "Fig. 7b",
        "A SIREN's S(k) is concentrated at low frequencies, here 90 % or more below 0.1 of "
        "Nyquist, and that of SIREN² is broader.",
        measured(
            "kernels",
            Part("low share siren", "share below 0.1: SIREN", at_least(0.9), digits=3),
            Part("low share siren2", "SIREN²", at_most(0.9), digits=3),
        ),
    ),
    Claim(
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
    ),
    Claim(
        "Fig. 8",
        "At its 1,024 inputs the figure shows the spectrum of layer 2 of SIREN². (Above their "
        "Nyquist frequency, power is folded back: it should be less than 5 %.)",
        measured("aliasing", Part("layer 2", "share above Nyquist", at_most(0.05))),
    ),
)
