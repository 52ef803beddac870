"""Images: the search spaces of SIREN² at two scales, for a side of 512 pixels.

Eqn. 11 puts the paper's images at s0 21 to 47 and s1 0.04 to 0.24. The grids start below and reach
to a bandwidth (`search_spaces.bandwidth`) of about twice Nyquist, pi * 512 / 2 = 804 rad per unit
along an axis, at the largest corner. s0 = 0 is no point of a log axis: plain SIREN is fitted
beside the grid.
"""

from search_spaces.axes import Log, Values
from search_spaces.noise_grid import NoiseGrid
from search_spaces.rules.eqn11 import PAPER_SIDE

IMAGE_GRID = NoiseGrid(
    s0=Log(low=6, high=200, num=8), s1=Values(values=(0, 0.05, 0.1, 0.2, 0.4, 0.8)),
    samples=PAPER_SIDE,
)  # fmt: skip
IMAGE_GRID_SMALL = NoiseGrid(
    s0=Log(low=4, high=400, num=5), s1=Values(values=(0, 0.1, 0.3, 0.8)), samples=PAPER_SIDE
)
