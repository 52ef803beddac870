"""Match spectra without training, after FreSh (Kania et al., github.com/gmum/FreSh).

The rule draws an untrained network at each candidate point. It takes the point whose output has the
spectrum nearest to the target's in Wasserstein-1 distance, the area between their cumulative
distributions over frequency. The centroid of an untrained network's output stays below about half
of Nyquist, so all targets above that get the widest candidate.
"""

from dataclasses import dataclass
from functools import lru_cache
from typing import Literal

import numpy as np

from inr_models.errors import InputError
from search_spaces.descriptors.bands import NUM_BANDS, bands
from search_spaces.rules.bandwidth_matching import at_share, check_gain, check_positive
from search_spaces.rules.target import NoiseScales, Target

SEEDS = (0, 1)
MAX_SAMPLES = 8_192
"""A longer target is matched on so many samples: shares of Nyquist do not depend on the number."""


@dataclass(frozen=True, kw_only=True)
class SpectrumMatching:
    """The candidates are all pairs of `shares` of Nyquist and `gains`."""

    kind: Literal["spectrum"] = "spectrum"

    shares: tuple[float, ...]
    gains: tuple[float, ...]

    def __post_init__(self) -> None:
        for share in self.shares:
            check_positive("shares", share)
        for gain in self.gains:
            check_gain(gain)
        if not (self.shares and self.gains):
            raise InputError.at("empty", "shares", "give at least one share and one gain.")

    def __call__(self, target: Target) -> NoiseScales:
        if len(target.bands) != NUM_BANDS:
            raise InputError.at(
                "missing", "bands", "spectrum matching needs the signal's, see descriptors.bands."
            )
        wanted = np.cumsum(target.bands)
        if not np.isfinite(wanted).all():
            raise InputError.at(
                "constant", "signal", "it does not vary, so it has no spectrum to match."
            )

        def distance(candidate: tuple[float, float]) -> float:
            output = untrained_bands(*candidate, target.width, target.depth, _small_shape(target))
            return float(np.abs(np.cumsum(output) - wanted).mean())

        candidates = [(share, gain) for share in self.shares for gain in self.gains]
        return at_share(target, *min(candidates, key=distance))

    @property
    def formula(self) -> str:
        """The rule in words."""
        num = len(self.shares) * len(self.gains)
        return f"the one of {num} candidates whose untrained output has the nearest spectrum"


def _small_shape(target: Target) -> tuple[int, ...]:
    shrink = min(1.0, (MAX_SAMPLES / target.num_samples) ** (1 / target.dimensions))
    return tuple(max(2, int(num * shrink)) for num in target.shape)


@lru_cache(maxsize=1 << 12)
def untrained_bands(
    share: float, gain: float, width: int, depth: int, shape: tuple[int, ...]
) -> tuple[float, ...]:
    """Return the `descriptors.bands` of an untrained SIREN²'s output, averaged over SEEDS.

    Args:
        share, gain: the point.
        width, depth: the network's size.
        shape: samples along each axis of the grid that the network is evaluated on.
    """
    import torch  # slow to import, and `status` and reports need no networks

    from inr_models import Siren2Config, make_network

    target = Target(descriptors={}, shape=shape, width=width)
    s0, s1 = at_share(target, share, gain)
    config = Siren2Config(width=width, depth=depth, s0=s0, s1=s1)
    axes = [torch.linspace(-1, 1, num) for num in shape]
    coords = torch.cartesian_prod(*axes).reshape(-1, len(shape))
    of_seeds = []
    with torch.no_grad():
        for seed in SEEDS:
            network = make_network(config, in_features=len(shape), out_features=1, seed=seed)
            of_seeds.append(bands(network(coords).numpy().reshape(*shape, *[1] * (len(shape) - 1))))
    return tuple(np.mean(of_seeds, axis=0).tolist())
