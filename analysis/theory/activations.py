"""Describe a network's activations by distributions and spectra, layer by layer (Fig. 3)."""

import copy
from collections.abc import Mapping
from typing import Any, NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray
from scipy import stats
from torch import Tensor

from analysis.theory.densities import Distribution
from analysis.theory.layer_pass import layer_passes
from inr_models.errors import InputError
from inr_models.networks.coordinate_mlp import CoordinateMLP

Array = NDArray[np.float64]

NUM_BINS = 81


class Activations(NamedTuple):
    """Describes the features of one layer, before or after its activation.

    Attributes:
        values: All features at all samples, [n, width]. Complex features count as two real ones.
        power: The power spectrum `|FFT|^2 / n^2`, averaged over features, with a value for each of
            `shares`. Both halves of the spectrum are counted, so that it sums to the mean square.
    """

    values: Array
    power: Array

    @property
    def shares(self) -> Array:
        """The frequencies of the spectrum, as shares of Nyquist."""
        return 2 * np.fft.rfftfreq(len(self.values)).astype(np.float64)

    @property
    def centroid(self) -> float:
        """The mean frequency by power, as a share of Nyquist, without the features' means."""
        return float(np.average(self.shares[1:], weights=self.power[1:]))

    def histogram(self, edges: Array | None = None) -> tuple[Array, Array]:
        """Return the density of the values, and the edges of its bins.

        Args:
            edges: By default `NUM_BINS` bins of equal widths over 99.9 % of the values.
        """
        if edges is None:
            bound = float(np.quantile(np.abs(self.values), 0.999)) or 1.0
            edges = np.linspace(-bound, bound, NUM_BINS + 1)
        counts, _ = np.histogram(self.values, edges)
        return counts / (self.values.size * np.diff(edges)), edges

    def distance(self, distribution: Distribution) -> float:
        """Return the largest difference of the cumulative distributions (Kolmogorov, Smirnov)."""
        test: Any = stats.ks_1samp(self.values.ravel(), distribution)
        return float(test.statistic)


class Layer(NamedTuple):
    """Holds what a hidden layer has before and after its activation.

    Before it are the phases omega (W h + b) where the activation has an omega or a like factor, as
    in the paper's figures.
    """

    before: Activations
    after: Activations


def activations_of(network: CoordinateMLP, coords: Tensor) -> tuple[list[Layer], Activations]:
    """Return each hidden layer of a network, and its output, on equidistant samples.

    Args:
        network: Any network of the catalog with dense layers.
        coords: Coordinates [n, d]. For spectra they are along a line, in order.

    Raises:
        InputError: The network is a tensor train.

    Example:
        >>> coords = torch.linspace(-1, 1, 64)[:, None]
        >>> network = make_network(SirenConfig(width=8), in_features=1, out_features=1, seed=0)
        >>> layers, output = activations_of(network, coords)
        >>> len(layers), layers[0].after.values.shape, output.power.shape
        (4, (64, 8), (33,))
    """
    *hidden, output = layer_passes(network, coords)
    following = [*(layer.input for layer in hidden[1:]), output.input]
    layers = []
    for layer, after, activation in zip(hidden, following, network.activations, strict=True):
        factor = float(getattr(activation, "gain", getattr(activation, "omega", 1.0)))
        layers.append(Layer(described(factor * layer.output), described(after)))
    return layers, described(torch.real(output.output))


def at_weights(network: CoordinateMLP, weights: Mapping[str, Tensor]) -> CoordinateMLP:
    """Return a copy of a network with other parameters, for example those of a snapshot of `fit`.

    Args:
        network: The network, which stays as it is.
        weights: A tensor for each of its parameters, by name.

    Raises:
        InputError: The weights are not those of such a network.

    Example:
        >>> network = at_weights(networks[0], dict(networks[1].named_parameters()))
        >>> bool((network(coords) == networks[1](coords)).all())
        True
    """
    names = {name for name, _ in network.named_parameters()}
    if names != set(weights):
        raise InputError.at("wrong-kind", "weights", "give one for each parameter of the network.")
    network = copy.deepcopy(network)
    network.load_state_dict(weights, strict=False)  # it has no buffers
    return network


def described(features: Tensor) -> Activations:
    """Return features [n, width] at equidistant samples with their power spectrum.

    Example:
        >>> described(coords).values.shape
        (2048, 1)
    """
    if features.is_complex():
        features = torch.view_as_real(features).flatten(1)
    spectrum = torch.fft.rfft(features, dim=0, norm="forward").abs().square().mean(1)
    # Each line but the mean, and Nyquist's where there is one, stands for two frequencies.
    last = None if len(features) % 2 else -1
    spectrum[1:last] *= 2
    return Activations(features.numpy(), spectrum.numpy())
