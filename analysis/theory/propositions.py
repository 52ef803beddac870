"""Measure Theorem 3.1 and Proposition 1 of the paper on drawn networks."""

import math
from collections.abc import Iterator, Sequence
from itertools import product
from typing import Any, NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray
from scipy import stats

from analysis.theory.activations import Activations, described
from analysis.theory.densities import deviation_of_layer_2, gaussian
from analysis.theory.layer_pass import exact_copy
from inr_models import Siren2Config, SirenConfig, make_network
from inr_models.networks.coordinate_mlp import CoordinateMLP
from search_spaces.bandwidth import gain

Array = NDArray[np.float64]

WIDE = 3000.0
"""An s0 at which layer 1 has an arcsine distribution, as the theorem assumes."""


class Deviation(NamedTuple):
    """Compares the distribution of layer 2's phases with Theorem 3.1.

    Attributes:
        s1: the scale of the noise.
        width: features of a layer.
        has_biases: whether the biases are added, which the theorem leaves out.
        measured: the standard deviation on a drawn network.
        theory: sqrt(1 + width s1^2 / 2), with omega^2 / (3 width) in the root for biases.
        tolerance: five standard deviations of the measured value around the theory.
        distance: the largest difference of the cumulative distribution from that of a Gaussian of
            the theory's deviation (Kolmogorov, Smirnov).
    """

    s1: float
    width: int
    has_biases: bool
    measured: float
    theory: float
    tolerance: float
    distance: float

    @property
    def is_within(self) -> bool:
        """Whether the measured deviation lies within the tolerance around the theory."""
        return abs(self.measured - self.theory) <= self.tolerance


def theorem_3_1(
    scales: Sequence[float], widths: Sequence[int], *, num_samples: int = 1024, seed: int = 0
) -> Iterator[Deviation]:
    """Yield the deviation of layer 2's phases at every width and scale, without biases and with.

    Args:
        scales: Values of s1.
        widths: Features of a layer.
        num_samples: Inputs, drawn uniformly from [-1, 1].
        seed: Seed of the network and of the inputs.

    Example:
        >>> results = list(theorem_3_1([0.0, 0.3], [256]))
        >>> all(result.is_within for result in results)
        True
    """
    omega = SirenConfig().omega_hidden
    for width, s1 in product(widths, scales):
        without, biases = phases_of_layer_2(s1, width, num_samples=num_samples, seed=seed)
        for has_biases in (False, True):
            phases = without + biases if has_biases else without
            theory = deviation_of_layer_2(s1, width=width, omega=omega, has_biases=has_biases)
            spread = 5 * _deviation_of_variance(s1, width, num_samples, omega, has_biases)
            measured = float(np.sqrt(np.square(phases).mean()))
            test: Any = stats.ks_1samp(phases.ravel(), gaussian(theory))
            distance = float(test.statistic)
            tolerance = spread / (2 * theory)
            yield Deviation(s1, width, has_biases, measured, theory, tolerance, distance)


def phases_of_layer_2(
    s1: float, width: int, *, num_samples: int = 1024, seed: int = 0
) -> tuple[Array, Array]:
    """Return layer 2's phases omega W h [num_samples, width], and what biases add to them [width].

    Layer 1 has an arcsine distribution, as in Fig. 5 of the paper.

    Args:
        s1: The scale of the noise.
        width: Features of a layer.
        num_samples: Inputs, drawn uniformly from [-1, 1].
        seed: Seed of the network and of the inputs.

    Example:
        >>> phases, biases = phases_of_layer_2(0.0, 256)
        >>> 0.9 < float(phases.std()) < 1.1
        True
    """
    config = Siren2Config(width=width, depth=2, s0=WIDE, s1=s1)
    network = exact_copy(_drawn(config, seed))
    coords = torch.rand(num_samples, 1, generator=torch.Generator().manual_seed(seed)) * 2 - 1
    layer, omega = network.layers[1], config.omega_hidden
    with torch.no_grad():
        inputs = network.activations[0](network.layers[0](coords.double()))
        return (omega * inputs @ layer.weight.T).numpy(), (omega * layer.bias).numpy()


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


def proposition_1(
    factor: float, *, width: int = 64, num_samples: int = 1024, seed: int = 0
) -> tuple[Activations, Activations]:
    """Return layer 1's pre-activations W x for weights from U(-1, 1) and from U(-factor, factor).

    The second are the first times the factor, so their power is its square times as large
    (Proposition 1). Biases are left out.

    Args:
        factor: How many times as large the second network's weights are.
        width: Units of layer 1.
        num_samples: Inputs, evenly spaced in [-1, 1].
        seed: The seed of the weights.

    Example:
        >>> one, many = proposition_1(10.0)
        >>> round(float(many.power.sum() / one.power.sum()), 6)
        100.0
    """
    network = _drawn(SirenConfig(width=width, depth=1), seed)
    coords = torch.linspace(-1, 1, num_samples, dtype=torch.float64)[:, None]
    weight = network.layers[0].weight.detach().double()
    return described(coords @ weight.T), described(coords @ (factor * weight).T)


class Power(NamedTuple):
    """Holds how the power of layer 1's pre-activations grows with the weights (Proposition 1).

    Attributes:
        factor: how many times as large the weights are.
        measured: how many times as large the power is, at the frequency where that is farthest from
            the proposition.
    """

    factor: float
    measured: float

    @property
    def theory(self) -> float:
        """The square of the factor."""
        return self.factor**2

    @property
    def tolerance(self) -> float:
        """The difference that rounding may make."""
        return 1e-9 * self.theory

    @property
    def is_within(self) -> bool:
        """Whether the measured power lies within the tolerance around the theory."""
        return abs(self.measured - self.theory) <= self.tolerance


def powers(factors: Sequence[float], *, width: int, seed: int = 0) -> Iterator[Power]:
    """Yield how the power grows with the weights.

    Args:
        factors: How many times as large the weights are.
        width: Features of the layer.
        seed: Seed of the weights.

    Example:
        >>> [round(power.measured) for power in powers([3.0, 10.0], width=64)]
        [9, 100]
    """
    for factor in factors:
        one, many = proposition_1(factor, width=width, seed=seed)
        # The mean over samples is 0 but for rounding.
        ratios = many.power[1:] / one.power[1:]
        farthest = np.argmax(np.abs(ratios - factor**2))
        yield Power(factor, float(ratios[farthest]))


def _drawn(config: SirenConfig, seed: int) -> CoordinateMLP:
    return make_network(config, in_features=1, out_features=1, seed=seed)
