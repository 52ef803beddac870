"""Measure Theorem 3.1 and Propositions 1 and 2 of the paper on drawn networks."""

import math
from collections.abc import Iterator, Sequence
from itertools import product
from typing import NamedTuple

import torch

from analysis.theory.activations import Activations, activations_of, described
from analysis.theory.densities import deviation_of_layer_2
from analysis.theory.layer_pass import exact_copy
from inr_models import Siren2Config, SirenConfig, make_network
from inr_models.networks.coordinate_mlp import CoordinateMLP
from search_spaces.bandwidth import gain

WIDE = 3000.0
"""An s0 at which layer 1 has an arcsine distribution, as the theorem assumes."""


class Deviation(NamedTuple):
    """Compares the standard deviation of layer 2's phases with Theorem 3.1.

    Attributes:
        s1: the scale of the noise.
        width: features of a layer.
        has_biases: whether the biases are added, which the theorem leaves out.
        measured: on a drawn network.
        theory: sqrt(1 + width s1^2 / 2), with omega^2 / (3 width) in the root for biases.
        tolerance: five standard deviations of the measured value around the theory.
    """

    s1: float
    width: int
    has_biases: bool
    measured: float
    theory: float
    tolerance: float


def theorem_3_1(
    scales: Sequence[float], widths: Sequence[int], *, num_samples: int = 1024, seed: int = 0
) -> Iterator[Deviation]:
    """Yield the deviation of layer 2's phases at every scale and width, with biases and without.

    Args:
        scales: Values of s1.
        widths: Features of a layer.
        num_samples: Inputs, drawn uniformly from [-1, 1].
        seed: Seed of the network and of the inputs.

    Example:
        >>> results = list(theorem_3_1([0.0, 0.3], [256]))
        >>> all(abs(r.measured - r.theory) < r.tolerance for r in results)
        True
    """
    generator = torch.Generator().manual_seed(seed)
    coords = torch.rand(num_samples, 1, generator=generator) * 2 - 1
    for s1, width in product(scales, widths):
        config = Siren2Config(width=width, depth=2, s0=WIDE, s1=s1)
        network = exact_copy(make_network(config, in_features=1, out_features=1, seed=seed))
        layer, omega = network.layers[1], config.omega_hidden
        with torch.no_grad():
            inputs = network.activations[0](network.layers[0](coords.double()))
            without = omega * inputs @ layer.weight.T
        for has_biases in (False, True):
            phases = without + omega * layer.bias.detach() if has_biases else without
            theory = deviation_of_layer_2(s1, width=width, omega=omega, has_biases=has_biases)
            tolerance = 5 * _deviation_of_variance(s1, width, num_samples, omega, has_biases)
            measured = float(phases.square().mean().sqrt())
            yield Deviation(s1, width, has_biases, measured, theory, tolerance / (2 * theory))


def _deviation_of_variance(
    s1: float, width: int, num_samples: int, omega: float, has_biases: bool
) -> float:
    """Return the standard deviation of the mean square of a layer's phases.

    The variance of one feature, a sum over `width` inputs, deviates by sqrt(2 / width) relatively,
    and by as much again from the inputs' own covariance. A squared uniform bias deviates by
    sqrt(0.8). `width` features are averaged.
    """
    without = gain(s1, width=width) ** 2
    parts = [without * math.sqrt(2 / width + 2 / num_samples)]
    if has_biases:
        biases = omega**2 / (3 * width)
        parts += [biases * math.sqrt(0.8), 2 * math.sqrt(biases * without / num_samples)]
    return math.hypot(*parts) / math.sqrt(width)


class NoiseAndOmega(NamedTuple):
    """Compares noise on layer 2 with a larger omega of layer 2 alone (Proposition 2).

    Attributes:
        noise: layer 2's phases with noise of scale s1.
        omega: its phases without noise, where its omega is multiplied by g, the weights as drawn.
        noise_output, omega_output: the outputs of the two networks.
    """

    noise: Activations
    omega: Activations
    noise_output: Activations
    omega_output: Activations


def proposition_2(
    s1: float, *, s0: float, width: int, depth: int = 4, num_samples: int = 2048, seed: int = 0
) -> NoiseAndOmega:
    """Return layer 2 and the output of a network with noise, and of one with a larger omega.

    Both share all uniform weights and the noise of layer 1. A larger omega also multiplies the
    biases, which the proposition neglects. So the two differ where omega^2 / (3 width) is not small
    against 1. SIREN draws weights for its omega: if the larger one were known to the
    initialization, the weights would shrink by it, and nothing would change.

    Args:
        s1: The scale of the noise on layer 2.
        s0: That on layer 1, in both networks.
        width: Features of a layer.
        depth: Hidden layers.
        num_samples: Equidistant samples.
        seed: Seed of both networks.

    Example:
        >>> both = proposition_2(0.1, s0=100, width=512, num_samples=256)
        >>> 0.8 < float(both.omega.values.std() / both.noise.values.std()) < 1.2
        True
    """
    coords = torch.linspace(-1, 1, num_samples)[:, None]
    noisy = _drawn(Siren2Config(width=width, depth=depth, s0=s0, s1=s1), seed)
    plain = _drawn(Siren2Config(width=width, depth=depth, s0=s0, s1=0.0), seed)
    factor = gain(s1, width=width)
    with torch.no_grad():
        # sin(omega g (W h + b)) is sin(omega (g W h + g b)).
        plain.layers[1].weight.mul_(factor)
        plain.layers[1].bias.mul_(factor)
    layers, output = activations_of(noisy, coords)
    scaled, scaled_output = activations_of(plain, coords)
    return NoiseAndOmega(layers[1].before, scaled[1].before, output, scaled_output)


def proposition_1(
    factor: float, *, width: int = 64, num_samples: int = 1024, seed: int = 0
) -> tuple[Activations, Activations]:
    """Return layer 1's pre-activations W x for weights from U(-1, 1) and from U(-factor, factor).

    The second are the first times the factor, so their power is its square times as large
    (Proposition 1). Biases are left out.

    Example:
        >>> one, many = proposition_1(10.0)
        >>> round(float(many.power.sum() / one.power.sum()), 6)
        100.0
    """
    network = _drawn(SirenConfig(width=width, depth=1), seed)
    coords = torch.linspace(-1, 1, num_samples, dtype=torch.float64)[:, None]
    weight = network.layers[0].weight.detach().double()
    return described(coords @ weight.T), described(coords @ (factor * weight).T)


def _drawn(config: SirenConfig, seed: int) -> CoordinateMLP:
    return make_network(config, in_features=1, out_features=1, seed=seed)
