"""Fit a signal a few times and keep the best network. Each fit has a point and a seed of its own.

A network in hand gains from points and from seeds. A seed shifts the PSNR of all points of a
signal, so a trial is the point that is expected to improve the best network most, on a fresh seed.
"""

from dataclasses import replace
from typing import NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray

from inr_models import FitConfig, InputError, Siren2Config, fit, make_network
from inr_models.networks.coordinate_mlp import CoordinateMLP
from search_spaces.networks import stable
from search_spaces.prior import Belief
from search_spaces.prior.gaussian import Gaussian, Tried
from search_spaces.prior.landscape_prior import DEPTH_DB
from search_spaces.rules import USUAL_FIT, NoiseScales


class Tested(NamedTuple):
    """A fit: its point, the seed of its initialization, and its peak PSNR in dB."""

    scales: NoiseScales
    seed: int
    psnr: float


class FittedNetwork(NamedTuple):
    """Holds the best network of a few fits.

    Attributes:
        network: the network, at the weights of its best epoch.
        config: its config, with the point (s0, s1).
        best: its fit.
        tested: all fits in order.
    """

    network: CoordinateMLP
    config: Siren2Config
    best: Tested
    tested: tuple[Tested, ...]


def best_of(
    values: NDArray,
    config: Siren2Config,
    belief: Belief,
    *,
    trials: int,
    training: FitConfig = USUAL_FIT,
    seed: int = 0,
) -> FittedNetwork:
    """Fit a signal on `trials` seeds and return the best network.

    Args:
        values: [n] samples, or an image [h, w] or [h, w, c], in [-1, 1].
        config: The network at the first point.
        belief: What is known of the landscape before the first fit.
        trials: The number of fits, 1 or more.
        training: How each network is trained.
        seed: The first fit's seed. The others follow it.

    Raises:
        InputError: A value is outside of [-1, 1], or the prior knows nothing of such a signal.

    Example:
        >>> from search_spaces.prior import belief_of
        >>> belief = belief_of(Target.of(samples / 2, width=8, depth=2))
        >>> config = Siren2Config(width=8, depth=2, s0=belief.start.s0, s1=belief.start.s1)
        >>> len(best_of(samples / 2, config, belief, trials=2).tested)
        2
    """
    largest = float(np.abs(values).max())
    if largest > 1:
        why = f"the largest magnitude is {largest:.3g}; scale the values to [-1, 1]."
        raise InputError.at("out-of-range", "signal", why)
    coords, flat = _samples(values, belief.target.dimensions)
    known = belief.moments(belief.lattice)
    tried, networks = Tried(), []
    tested: list[Tested] = []
    for own_seed in range(seed, seed + trials):
        place = next_place(known, tried, belief)
        scales = NoiseScales(*map(stable, belief.lattice[place].tolist()))
        own = replace(config, s0=scales.s0, s1=scales.s1)
        network = make_network(
            own, in_features=coords.shape[1], out_features=flat.shape[1], seed=own_seed
        )
        ((_, result),) = fit([network], coords, flat, training)
        network.load_state_dict(result.best_weights, strict=False)
        networks.append((network, own))
        # A fit that diverged at once has no PSNR.
        psnr = result.psnr_peak if np.isfinite(result.psnr_peak) else -np.inf
        tested.append(Tested(scales, own_seed, psnr))
        if np.isfinite(psnr):
            tried = Tried([*tried.places, place], [*tried.values, psnr])
    best = max(range(trials), key=lambda i: tested[i].psnr)
    network, own = networks[best]
    return FittedNetwork(network, own, tested[best], tuple(tested))


def next_place(known: Gaussian, tried: Tried, belief: Belief, first: int = 0) -> int:
    """Return the point of the next fit on a fresh seed.

    It is where the best PSNR is expected to improve most, if nothing was learnt of a seed before.

    Args:
        known: What is known of the points before the first fit.
        tried: The fits so far, each on a seed of its own.
        belief: For the noise of fits and seeds.
        first: The point of the first fit.
    """
    if not tried.places:
        return first
    noise = belief.noise + belief.seed_noise
    posterior = tried.posterior(known, noise, DEPTH_DB)
    return int(posterior.expected_improvement(max(tried.values), noise).argmax())


def _samples(values: NDArray, dimensions: int) -> tuple[torch.Tensor, torch.Tensor]:
    """Return coordinates [n, d] from -1 to 1, the last axis fastest, and values [n, c]."""
    given = np.ascontiguousarray(values, dtype=np.float32)
    shape = given.shape[:dimensions]
    axes = [torch.linspace(-1, 1, num) for num in shape]
    coords = torch.stack(torch.meshgrid(*axes, indexing="ij"), dim=-1).reshape(-1, dimensions)
    return coords, torch.from_numpy(given.reshape(len(coords), -1))
