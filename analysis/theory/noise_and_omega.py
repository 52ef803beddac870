"""Compare noise on layer 2 with a larger omega of that layer (Proposition 2 of the paper)."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import product
from typing import Any, NamedTuple

import torch
from scipy import stats

from analysis.theory.activations import Activations, Layer, activations_of
from analysis.theory.densities import deviation_of_layer_2
from inr_models import Siren2Config, SirenConfig, make_network
from inr_models.networks.coordinate_mlp import CoordinateMLP
from search_spaces.bandwidth import gain

OUTPUTS = 16
"""Outputs of the networks. The spectrum of one alone depends on its few weights."""

S0 = 30.0
"""The noise on layer 1 in `equivalences`. Up to g = 23 the bandwidth K stays below Nyquist."""

NUM_SAMPLES = 1024
"""Equidistant samples in `equivalences`."""


class NoiseAndOmega(NamedTuple):
    """Compares noise on layer 2 with a larger omega of layer 2 alone (Proposition 2).

    Attributes:
        noise: layer 2 with noise of scale s1.
        omega: the layer without noise, where its omega is multiplied by g, the weights as drawn.
        noise_output, omega_output: the outputs of the two networks.
    """

    noise: Layer
    omega: Layer
    noise_output: Activations
    omega_output: Activations

    @property
    def ratio(self) -> float:
        """The deviation of the phases with a larger omega, over that with noise."""
        return float(self.omega.before.values.std() / self.noise.before.values.std())

    @property
    def distance(self) -> float:
        """The largest difference of the phases' cumulative distributions."""
        both = self.noise.before.values.ravel(), self.omega.before.values.ravel()
        test: Any = stats.ks_2samp(*both, method="asymp")
        return float(test.statistic)


def proposition_2(
    s1: float,
    *,
    s0: float,
    width: int,
    depth: int = 4,
    num_samples: int = 2048,
    seed: int = 0,
    has_biases: bool = True,
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
        has_biases: Whether layer 2 keeps its biases.

    Example:
        >>> both = proposition_2(0.1, s0=100, width=512, num_samples=256)
        >>> 0.8 < both.ratio < 1.2
        True
    """
    coords = torch.linspace(-1, 1, num_samples)[:, None]
    config = Siren2Config(width=width, depth=depth, s0=s0, s1=s1)
    noisy, plain = _drawn(config, seed), _drawn(replace(config, s1=0.0), seed)
    factor = gain(s1, width=width)
    with torch.no_grad():
        # sin(omega g (W h + b)) is sin(omega (g W h + g b)).
        plain.layers[1].weight.mul_(factor)
        plain.layers[1].bias.mul_(factor)
        if not has_biases:
            noisy.layers[1].bias.zero_()
            plain.layers[1].bias.zero_()
    layers, output = activations_of(noisy, coords)
    scaled, scaled_output = activations_of(plain, coords)
    return NoiseAndOmega(layers[1], scaled[1], output, scaled_output)


def ratio_of_deviations(s1: float, *, width: int, omega: float, has_biases: bool = True) -> float:
    """Return what `NoiseAndOmega.ratio` is in theory: 1 without biases, as Proposition 2 says.

    With biases the ratio of the variances is g^2 (1 + b) to g^2 + b, b = omega^2 / (3 width). It
    rises with s1 from 1 to 1 + b.

    Args:
        s1: The noise scale of layer 2.
        width: Units of a layer.
        omega: The factor omega of hidden layers.
        has_biases: Whether the layers have biases.

    Example:
        >>> round(ratio_of_deviations(1.0, width=64, omega=30.0), 2)
        2.23
    """
    layer = {"width": width, "omega": omega, "has_biases": has_biases}
    larger_omega = gain(s1, width=width) * deviation_of_layer_2(0.0, **layer)
    return larger_omega / deviation_of_layer_2(s1, **layer)


class Equivalence(NamedTuple):
    """Holds how noise on layer 2 compares with a larger omega, in numbers.

    Attributes:
        s1: the scale of the noise.
        width: features of a layer.
        has_biases: whether layer 2 has biases, which the proposition neglects.
        ratio: the deviation of layer 2's phases with a larger omega, over that with noise.
        theory: what the ratio is in theory, see `ratio_of_deviations`.
        distance: the largest difference of the two cumulative distributions.
        layer_2: the mean frequencies after layer 2's activation, with noise and with the larger
            omega, as shares of Nyquist. Before the activation they are those of layer 1.
        output: those of the output.
    """

    s1: float
    width: int
    has_biases: bool
    ratio: float
    theory: float
    distance: float
    layer_2: tuple[float, float]
    output: tuple[float, float]


def equivalences(
    scales: Sequence[float], widths: Sequence[int], *, seed: int = 0
) -> Iterator[Equivalence]:
    """Yield how noise compares with a larger omega, with biases and without.

    Args:
        scales: Values of s1.
        widths: Features of a layer.
        seed: Seed of the networks.

    Example:
        >>> [without, with_biases] = equivalences([1.0], [64])
        >>> without.ratio < 1.1, with_biases.ratio > 2
        (True, True)
    """
    omega = SirenConfig().omega_hidden
    for width, s1, has_biases in product(widths, scales, (False, True)):
        size = {"width": width, "has_biases": has_biases}
        both = proposition_2(s1, s0=S0, num_samples=NUM_SAMPLES, seed=seed, **size)
        yield Equivalence(
            s1=s1,
            **size,
            ratio=both.ratio,
            theory=ratio_of_deviations(s1, omega=omega, **size),
            distance=both.distance,
            layer_2=(both.noise.after.centroid, both.omega.after.centroid),
            output=(both.noise_output.centroid, both.omega_output.centroid),
        )


def _drawn(config: Siren2Config, seed: int) -> CoordinateMLP:
    return make_network(config, in_features=1, out_features=OUTPUTS, seed=seed)
