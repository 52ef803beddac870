"""The paper's rule for sound (Eqn. 11) and its forms for other lengths and widths.

    s0 = s0_max (1 - exp(-a psi/C)),   s1 = b psi/C,   s0_max = 3500, b = 3

Table 6 was made with a = 7, though the text says a = 5. C is the number of channels.
The paper's sounds have 150,000 samples and its networks 222 features; the constants are
for those.
"""

import math

from search_spaces.rules.target import NoiseScales, Target

PAPER_SAMPLES = 150_000
PAPER_WIDTH = 222


def eqn11(target: Target) -> NoiseScales:
    """Eqn. 11 as Table 6 has it: a = 7."""
    return _eqn11(target, a=7)


def eqn11_text(target: Target) -> NoiseScales:
    """Eqn. 11 with the text's constant: a = 5."""
    return _eqn11(target, a=5)


def eqn11_length(target: Target) -> NoiseScales:
    """`eqn11` with s0 times n/150,000, since Nyquist is pi*n/2 rad per unit."""
    s0, s1 = eqn11(target)
    return NoiseScales(s0 * target.num_samples / PAPER_SAMPLES, s1)


def eqn11_length_width(target: Target) -> NoiseScales:
    """`eqn11_length` with s1 times sqrt(222/width), which keeps Theorem 3.1's gain."""
    s0, s1 = eqn11_length(target)
    return NoiseScales(s0, s1 * math.sqrt(PAPER_WIDTH / target.width))


def _eqn11(target: Target, a: float) -> NoiseScales:
    psi = target.descriptors["psi"] / target.channels
    return NoiseScales(3500 * (1 - math.exp(-a * psi)), 3 * psi)
