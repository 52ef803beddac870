"""Sounds: the search spaces of SIREN² at two scales, and the first layer's scale.

Eqn. 11 puts the paper's sounds at s0 1,410 to 3,489 and s1 0.2 to 2.5, the region of Fig. 6. The
grids reach past it on every side: down to s0 150 (paper) and 450 (small), where high-psi sounds
stay at zero output, and up to a bandwidth (`search_spaces.bandwidth`) of about twice Nyquist at
the largest corner, since sounds were met whose best cell lay on the edge of a grid that stopped
near Nyquist.
"""

from search_spaces.axes import Linear, Log, Values
from search_spaces.noise_grid import NoiseGrid
from search_spaces.rules.eqn11 import PAPER_SAMPLES

AUDIO_GRID = NoiseGrid(s0=Log(low=150, high=15_000, num=11), s1=Linear(low=0, high=3, num=11))
AUDIO_GRID_SMALL = NoiseGrid(
    s0=Log(low=450, high=28_800, num=4), s1=Values(values=(0, 0.3, 0.8, 1.6, 3))
)

AUDIO_GRID_COARSE = NoiseGrid(
    s0=Log(low=225, high=57_600, num=9), s1=Values(values=(0.1, 0.3, 0.6, 1.0, 1.7))
)
"""45 cells from a bandwidth of 0.2 % of Nyquist to its double at width 52: what a rule is fitted
to."""

AUDIO_GRID_DENSE = NoiseGrid(
    s0=Log(low=225, high=57_600, num=17),
    s1=Values(values=(0.1, 0.2, 0.3, 0.45, 0.6, 1.0, 1.7)),
)
"""119 cells, the coarse ones among them, for a GPU."""


def first_factor(num_samples: int) -> float:
    """What the first layer's omega is multiplied by for sound: 100 at 150,000 samples, 1 at least.

    The paper does so in all networks but SIREN² (Sec. 5.1). For a shorter signal the factor must
    shrink with n, like every frequency in the network's coordinates.
    """
    return max(1.0, 100 * num_samples / PAPER_SAMPLES)
