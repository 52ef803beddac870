"""Define the paper's rule (Eqn. 11), and its forms for other lengths and widths.

    s0 = s0_max (1 - exp(-a psi/C)),   s1 = b psi/C

C is the number of channels. An image's psi is divided by it already, as in Table 6 (the published
code divides twice), and a sound has one channel here. Sounds, for 150,000 samples and 222 features:
s0_max = 3500, b = 3, and a = 7, which Table 6 was made with, though the text says a = 5. Images,
for 512 x 512 pixels and 256 features: s0_max = 50, a = 5, b = 0.4.
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


LARGEST = 1e9
"""No constant is larger, nor a length or a width."""


@dataclass(frozen=True, kw_only=True)
class Eqn11:
    """Eqn. 11 with its constants.

    Attributes:
        s0_max, a, b: the constants of the equation.
        samples: the number of samples along an axis that s0_max is meant for. If given, s0 is
            multiplied by the target's side / samples, because Nyquist is pi n / 2 rad per unit.
        width: the width that b is meant for. If given, s1 is multiplied by
            sqrt(width / target's width), which keeps the gain of Theorem 3.1.
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
            if value is not None and not 0 <= value <= LARGEST:
                why = f"give a number from 0 to {LARGEST:g}."
                raise InputError.of_value("out-of-range", name, value, why)

    def __call__(self, target: Target) -> NoiseScales:
        psi = target.descriptor("psi")
        s0 = self.s0_max * (1 - math.exp(-self.a * psi))
        s1 = self.b * psi
        if self.samples:
            s0 *= target.side / self.samples
        if self.width:
            s1 *= math.sqrt(self.width / target.width)
        return NoiseScales(s0, s1)

    @property
    def formula(self) -> str:
        """The rule as a person would write it down."""
        length = f" n/{self.samples}" if self.samples else ""
        width = f" sqrt({self.width}/width)" if self.width else ""
        return (
            f"s0 = {self.s0_max:g} (1 - exp(-{self.a:g} psi)){length},   s1 = {self.b:g} psi{width}"
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
"""Eqn. 11 as in Table 6, as in the text, and scaled in length and width."""
