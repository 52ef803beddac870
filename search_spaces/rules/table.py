"""Define a rule that is a table with a point for each signal.

A cross-validated rule has different constants for every held-out recording, so its points are
trained from such a table. So are points that somebody chose by hand.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from inr_models.errors import InputError
from search_spaces.rules.target import NoiseScales, Target

LARGEST = 1e9
"""No scale is larger. At a million samples, s0 of Nyquist is 1.6e6."""


@dataclass(frozen=True, kw_only=True)
class Table:
    """The point (s0, s1) of each signal, by the sha256 of its fitted samples."""

    kind: Literal["table"] = "table"

    points: Mapping[str, tuple[float, float]]

    def __post_init__(self) -> None:
        for sha256, point in self.points.items():
            if len(point) != 2 or not all(0 <= value <= LARGEST for value in point):
                raise InputError.at(
                    "out-of-range",
                    "points",
                    f"for {sha256} give two numbers, s0 and s1, from 0 to {LARGEST:g}.",
                )

    def __call__(self, target: Target) -> NoiseScales:
        try:
            return NoiseScales(*self.points[target.sha256])
        except KeyError:
            raise InputError.at(
                "not-there",
                "points",
                f"the rule has none for the signal {target.sha256[:8] or 'given'}; add it, or use "
                "a rule that holds for any signal.",
            ) from None

    @property
    def formula(self) -> str:
        """The rule in words."""
        return f"a table of {len(self.points)} points"
