"""Define the search space of SIREN²: a grid of (s0, s1), or the rectangle that it spans."""

import math
from dataclasses import dataclass, replace

from search_spaces.axes import Axis
from search_spaces.rules.eqn11 import PAPER_SAMPLES
from search_spaces.rules.target import NoiseScales


@dataclass(frozen=True, kw_only=True)
class NoiseGrid:
    """A grid of (s0, s1), see `search_spaces.grids` for the bounds in use.

    Attributes:
        s0: the axis in rad per unit of coordinate, for a signal of `samples` along its longest
            axis. It scales in proportion for other signals.
        s1: the axis of the second layer's scale.
        samples: see `s0`. 0 leaves the axis as it is for every signal.
    """

    s0: Axis
    s1: Axis
    samples: int = PAPER_SAMPLES

    def at_width(self, given: int, width: int) -> "NoiseGrid":
        """Return the grid with the same gains g and bandwidths K at another width.

        The s1 axis is multiplied by sqrt(given / width), see `search_spaces.bandwidth`.

        Args:
            given: the width that the s1 axis is meant for.
            width: the new width.
        """
        return replace(self, s1=self.s1.scaled(math.sqrt(given / width)))

    def axes(self, num_samples: int) -> tuple[tuple[float, ...], tuple[float, ...]]:
        """Return the s0 and s1 values for a signal of `num_samples` along its longest axis."""
        scale = num_samples / self.samples if self.samples else 1.0
        return tuple(s0 * scale for s0 in self.s0.grid()), self.s1.grid()

    def bounds(self, num_samples: int) -> tuple[tuple[float, float], tuple[float, float]]:
        """Return the rectangle that the grid spans: (low, high) of s0 and of s1."""
        s0_axis, s1_axis = self.axes(num_samples)
        return (s0_axis[0], s0_axis[-1]), (s1_axis[0], s1_axis[-1])

    def cells(self, num_samples: int) -> list[tuple[tuple[int, int], NoiseScales]]:
        """Return ((row, column), point) of every cell, row by row.

        Example:
            >>> AUDIO_GRID_SMALL.cells(150_000)[0]
            ((0, 0), NoiseScales(s0=450.0, s1=0))
        """
        s0_axis, s1_axis = self.axes(num_samples)
        return [
            ((i, j), NoiseScales(s0, s1))
            for i, s0 in enumerate(s0_axis)
            for j, s1 in enumerate(s1_axis)
        ]
