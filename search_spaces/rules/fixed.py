"""Define a rule that answers the same point (s0, s1) for every signal."""

from dataclasses import dataclass
from typing import Literal

from inr_models.errors import InputError
from search_spaces.rules.table import LARGEST
from search_spaces.rules.target import NoiseScales, Target


@dataclass(frozen=True, kw_only=True)
class Fixed:
    """One point for every signal, as the paper has for its only shape (Table 6, dragon).

    Unlike `Constant`, it depends neither on the number of samples nor on the width.

    Args:
        s0: In rad per unit of coordinate.
        s1: The scale of the second layer.

    Raises:
        InputError: A scale is out of its range.

    Example:
        >>> Fixed(s0=25, s1=1e-3)(Target.of(samples, width=52))
        NoiseScales(s0=25, s1=0.001)
    """

    kind: Literal["fixed"] = "fixed"

    s0: float
    s1: float

    def __post_init__(self) -> None:
        for name in ("s0", "s1"):
            value = getattr(self, name)
            if not 0 <= value <= LARGEST:
                why = f"give a number from 0 to {LARGEST:g}."
                raise InputError.of_value("out-of-range", name, value, why)

    def __call__(self, target: Target) -> NoiseScales:
        return NoiseScales(self.s0, self.s1)

    @property
    def formula(self) -> str:
        """The rule as a person would write it down."""
        return f"s0 = {self.s0:g},   s1 = {self.s1:g}"
