"""The paper's rule (Eqn. 11), and its forms for other lengths and widths.

    s0 = s0_max (1 - exp(-a psi/C)),   s1 = b psi/C

C is the number of channels; an image's psi is divided by it already, as in Table 6 (the published
code divides twice), and a sound here has one. Sound: s0_max = 3500, b = 3, and a = 7, with which
Table 6 was made, though the text says a = 5; for 150,000 samples and 222 features. Images:
s0_max = 50, a = 5, b = 0.4; for 512 x 512 pixels and 256 features.
"""

import math
from dataclasses import dataclass, replace
from typing import Literal

from inr_models.errors import InputError
from search_spaces.rules.target import NoiseScales, Target

PAPER_SAMPLES = 150_000
PAPER_WIDTH = 222
PAPER_SIDE = 512
PAPER_IMAGE_WIDTH = 256


@dataclass(frozen=True, kw_only=True)
class Eqn11:
    """Eqn. 11 with its constants.

    With `samples`, s0 is times side/samples, since Nyquist is pi*n/2 rad per unit of n samples
    along an axis; with `width`, s1 is times sqrt(width/target's), which keeps Theorem 3.1's gain.
    """

    kind: Literal["eqn11"] = "eqn11"

    s0_max: float
    a: float
    b: float
    samples: int | None = None
    width: int | None = None

    def __post_init__(self) -> None:
        for name in ("s0_max", "a", "b", "samples", "width"):
            value = getattr(self, name)
            if value is not None and not 0 <= value < math.inf:
                raise InputError(
                    "out-of-range",
                    name,
                    f"{name} = {value}: give a finite number that is not negative.",
                )

    def __call__(self, target: Target) -> NoiseScales:
        psi = target.descriptor("psi")
        s0 = self.s0_max * (1 - math.exp(-self.a * psi))
        s1 = self.b * psi
        return NoiseScales(
            s0 * (target.side / self.samples if self.samples else 1),
            s1 * (math.sqrt(self.width / target.width) if self.width else 1),
        )


SOUND = Eqn11(s0_max=3500, a=7, b=3)
IMAGE = Eqn11(s0_max=50, a=5, b=0.4)

FORMS = {
    "eqn11": SOUND,
    "eqn11_text": replace(SOUND, a=5),
    "eqn11_length": replace(SOUND, samples=PAPER_SAMPLES),
    "eqn11_length_width": replace(SOUND, samples=PAPER_SAMPLES, width=PAPER_WIDTH),
    "eqn11_image": IMAGE,
    "eqn11_image_length": replace(IMAGE, samples=PAPER_SIDE),
    "eqn11_image_length_width": replace(IMAGE, samples=PAPER_SIDE, width=PAPER_IMAGE_WIDTH),
}
"""As Table 6 and the text have it, and scaled."""
