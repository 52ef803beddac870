"""The search spaces of SIREN² for sounds and for images, and the first layer's scale for sounds.

Every grid reaches past the region that Eqn. 11 uses, on each side, up to a bandwidth
(`search_spaces.bandwidth`) of about twice Nyquist or more at the largest corner: on a grid that
stopped near Nyquist, some signals had their best cell on the edge.
"""

from dataclasses import replace

from search_spaces.axes import Linear, Log, Values
from search_spaces.noise_grid import NoiseGrid
from search_spaces.rules.eqn11 import PAPER_SAMPLES, PAPER_SIDE

# Sounds. Eqn. 11 uses s0 from 1,410 to 3,489 and s1 from 0.2 to 2.5 for the paper's sounds, the
# region of its Fig. 6. The grids begin far below in s0, where sounds of high psi stay at zero
# output.
AUDIO_GRID = NoiseGrid(s0=Log(low=150, high=15_000, num=11), s1=Linear(low=0, high=3, num=11))
AUDIO_GRID_SMALL = NoiseGrid(
    s0=Log(low=450, high=28_800, num=4), s1=Values(values=(0, 0.3, 0.8, 1.6, 3))
)

AUDIO_GRID_COARSE = NoiseGrid(
    s0=Log(low=225, high=57_600, num=9), s1=Values(values=(0.1, 0.3, 0.6, 1.0, 1.7))
)
"""45 cells that rules are fitted to: bandwidths from 0.2 % to 200 % of Nyquist at width 52."""

AUDIO_GRID_CHECK = replace(AUDIO_GRID_COARSE, s0=Log(low=225, high=230_400, num=11))
"""The coarse cells, and two rows above them. A network with more parameters than the signal has
values has its optimum there, at a bandwidth of about 90 % of Nyquist and a gain of 1.1 to 2."""

AUDIO_GRID_DENSE = NoiseGrid(
    s0=Log(low=225, high=57_600, num=17),
    s1=Values(values=(0.1, 0.2, 0.3, 0.45, 0.6, 1.0, 1.7)),
)
"""119 cells for a GPU. They include the coarse ones."""

# Images, for a side of 512 pixels, where Nyquist is 804 rad per unit along an axis. Eqn. 11 uses s0
# from 21 to 47 and s1 from 0.04 to 0.24 for the paper's images. A log axis cannot hold s0 = 0, so
# plain SIREN is fitted beside the grid.
IMAGE_GRID = NoiseGrid(
    s0=Log(low=6, high=200, num=8), s1=Values(values=(0, 0.05, 0.1, 0.2, 0.4, 0.8)),
    samples=PAPER_SIDE,
)  # fmt: skip
IMAGE_GRID_SMALL = NoiseGrid(
    s0=Log(low=4, high=400, num=5), s1=Values(values=(0, 0.1, 0.3, 0.8)), samples=PAPER_SIDE
)
IMAGE_GRID_COARSE = NoiseGrid(
    s0=Log(low=8, high=400, num=5), s1=Values(values=(0.1, 0.3, 0.6, 1.0, 1.7)), samples=PAPER_SIDE
)
"""25 cells that test on images whether rules that were fitted to sounds hold there."""

# Noisy signals. The paper searches s0 from 800 to 2,000 for sounds and from 0 to 200 for images,
# with s1 = 0.001 and 0.01 (Secs. 5.3 and 5.4). Lower and higher ones are searched as well.
NOISY_AUDIO_GRID = NoiseGrid(s0=Log(low=20, high=8_000, num=5), s1=Values(values=(1e-3, 1.0)))
NOISY_IMAGE_GRID = NoiseGrid(
    s0=Log(low=1, high=400, num=5), s1=Values(values=(0.01, 1.0)), samples=PAPER_SIDE
)

# Shapes. The paper has s0 = 25 and s1 = 1e-3 for its only one (Table 6), with 4 x 256. Distances
# are smooth, so smaller scales are tried as well. They are frequencies in the box [-1, 1]^3, which
# do not depend on the grid that the distance is scored on.
SHAPE_GRID = NoiseGrid(
    s0=Log(low=0.5, high=64, num=8), s1=Values(values=(1e-3, 0.1, 0.3, 0.8)), samples=0
)
SHAPE_GRID_SMALL = NoiseGrid(
    s0=Log(low=0.5, high=32, num=4), s1=Values(values=(1e-3, 0.2, 0.8)), samples=0
)


def first_factor(num_samples: int) -> float:
    """Return the factor on the first layer's omega for a sound: 100 at 150,000 samples, at least 1.

    The paper uses the factor 100 in all networks but SIREN² (Sec. 5.1). For a shorter signal it
    must shrink with the number of samples, like every frequency in the network's coordinates.
    """
    return max(1.0, 100 * num_samples / PAPER_SAMPLES)
