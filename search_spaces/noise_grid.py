"""The search space of SIREN²: a grid of (s0, s1), or the rectangle that it spans."""

import math
from dataclasses import dataclass, replace

from search_spaces.axes import Axis
from search_spaces.rules.eqn11 import PAPER_SAMPLES
from search_spaces.rules.target import NoiseScales


@dataclass(frozen=True, kw_only=True)
class NoiseGrid:
    """A grid of (s0, s1). The s0 axis is given for `samples` along an axis and scales with them.

    See `search_spaces.audio` and `search_spaces.images` for the bounds in use and why.
    """

    s0: Axis
    s1: Axis
    samples: int = PAPER_SAMPLES

    def at_width(self, given: int, width: int) -> "NoiseGrid":
        """The same gains g and bandwidths K at another width: s1 goes by sqrt(given / width).

        `given` is the width for which the s1 axis is (`search_spaces.bandwidth`).
        """
        return replace(self, s1=self.s1.scaled(math.sqrt(given / width)))

    def axes(self, num_samples: int) -> tuple[tuple[float, ...], tuple[float, ...]]:
        """The s0 and the s1 values for a signal of `num_samples` along its longest axis."""
        scale = num_samples / self.samples
        return tuple(s0 * scale for s0 in self.s0.grid()), self.s1.grid()

    def bounds(self, num_samples: int) -> tuple[tuple[float, float], tuple[float, float]]:
        """The rectangle that the grid spans: (low, high) of s0 and of s1."""
        s0_axis, s1_axis = self.axes(num_samples)
        return (s0_axis[0], s0_axis[-1]), (s1_axis[0], s1_axis[-1])

    def cells(self, num_samples: int) -> list[tuple[tuple[int, int], NoiseScales]]:
        """((row, column), point) of every cell, row by row."""
        s0_axis, s1_axis = self.axes(num_samples)
        return [
            ((i, j), NoiseScales(s0, s1))
            for i, s0 in enumerate(s0_axis)
            for j, s1 in enumerate(s1_axis)
        ]
