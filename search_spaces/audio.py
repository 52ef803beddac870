"""The search space of SIREN² on sound, and plain SIREN's own scale there."""

from dataclasses import dataclass

from search_spaces.axes import Axis
from search_spaces.rules.eqn11 import PAPER_SAMPLES
from search_spaces.rules.target import NoiseScales


@dataclass(frozen=True, kw_only=True)
class NoiseGrid:
    """A grid of (s0, s1). The s0 axis is given for 150,000 samples and scales with n.

    Eqn. 11 puts the paper's sounds at s0 1,410 to 3,489 and s1 0.2 to 2.5, the region of
    Fig. 6. The grids in use reach past it on every side: down to s0 150 (paper) and 450
    (small), where high-psi sounds stay at zero output, and up to a bandwidth
    (`search_spaces.bandwidth`) of about twice Nyquist at the largest corner, since sounds were
    met whose best cell lay on the edge of a grid that stopped near Nyquist.
    """

    s0: Axis
    s1: Axis

    def axes(self, num_samples: int) -> tuple[tuple[float, ...], tuple[float, ...]]:
        """The s0 and the s1 values for a signal of `num_samples`."""
        scale = num_samples / PAPER_SAMPLES
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


def siren_omega_first(num_samples: int) -> float:
    """Plain SIREN's first-layer omega for sound: 3000 at 150,000 samples, 30 at least.

    The paper gives SIREN 100 times omega = 30 (Sec. 5.1). For a shorter signal that must
    shrink with n, like every frequency in the network's coordinates.
    """
    return max(30.0, 3000.0 * num_samples / PAPER_SAMPLES)
