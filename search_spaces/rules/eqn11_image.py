"""The paper's rule for images (Eqn. 11) and its forms for other sizes and widths.

    s0 = 50 (1 - exp(-5 psi/C)),   s1 = 0.4 psi/C

psi/C is `descriptors.raster_centroid`, divided by the channels C already: that is Table 6, while
the published code divides twice. The paper's images are 512 x 512, its networks have 256 features.
"""

import math

from search_spaces.rules.target import NoiseScales, Target

PAPER_SIDE = 512
PAPER_IMAGE_WIDTH = 256


def eqn11_image(target: Target) -> NoiseScales:
    """Eqn. 11 for images as Table 6 has it."""
    psi = target.descriptors["psi"]
    return NoiseScales(50 * (1 - math.exp(-5 * psi)), 0.4 * psi)


def eqn11_image_length(target: Target) -> NoiseScales:
    """`eqn11_image` with s0 times side/512, since Nyquist is pi*side/2 rad per unit."""
    s0, s1 = eqn11_image(target)
    return NoiseScales(s0 * target.side / PAPER_SIDE, s1)


def eqn11_image_length_width(target: Target) -> NoiseScales:
    """`eqn11_image_length` with s1 times sqrt(256/width), which keeps Theorem 3.1's gain."""
    s0, s1 = eqn11_image_length(target)
    return NoiseScales(s0, s1 * math.sqrt(PAPER_IMAGE_WIDTH / target.width))
