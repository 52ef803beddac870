"""Measure distributions, spectra and tangent kernels of untrained networks (Figs. 7, 8 and 13)."""

from itertools import product

import numpy as np
import torch

from analysis.measured.quantity import Numbers
from analysis.statistics.ranks import rank_correlation
from analysis.theory.activations import Activations, Layer, activations_of, described
from analysis.theory.densities import arcsine, gaussian, laplace, product_of_uniform_and_normal
from analysis.theory.tangent_kernel import (
    effective_rank,
    eigenvalues,
    kernel_spectrum,
    tangent_kernel,
)
from inr_models import Siren2Config, SirenConfig, make_network
from inr_models.networks.coordinate_mlp import CoordinateMLP
from studies.engine.signals.signal import Signal

OMEGA = SirenConfig().omega_first

POINT = (100.0, 1.0)
"""The noise scales (s0, s1) of Fig. 8."""

HIGH = 0.5
"""High frequencies lie above this share of Nyquist."""

LOW = 0.02
"""Low frequencies lie below this share of Nyquist, the mean left out."""

S0_OF_KERNELS = (0.0, 10.0, 30.0, 100.0)
S1_OF_KERNELS = (0.0, 0.2, 0.5, 1.0)


def distributions(_: Signal | None, seed: int) -> Numbers:
    """Return distances of distributions, and changes of power by noise, at 4 x 512.

    Distances are those of Kolmogorov and Smirnov. Changes are in dB, of SIREN² over SIREN. The
    2,048 inputs are so dense that layer 2 of SIREN² stays below Nyquist.
    """
    plain, __ = activations_of(drawn(512, 0.0, 0.0, seed), _line(2048))
    noisy, __ = activations_of(drawn(512, *POINT, seed), _line(2048))
    numbers = {}
    for name, layers in (("siren", plain), ("siren2", noisy)):
        for number, layer in enumerate(layers[1:], 2):
            before = layer.before
            deviation = float(before.values.std())
            numbers[f"{name} before {number} from Gaussian"] = before.distance(gaussian(deviation))
            numbers[f"{name} after {number} from arcsine"] = layer.after.distance(arcsine())
    for number, (without, with_noise) in enumerate(zip(plain, noisy, strict=True), 1):
        numbers |= _changes(f"layer {number}", without, with_noise)
    return numbers


def _changes(name: str, plain: Layer, noisy: Layer) -> Numbers:
    numbers = {}
    for band, is_high in (("high", True), ("low", False)):
        ours, other = (_power(layer.before, is_high=is_high) for layer in (noisy, plain))
        numbers[f"{name} {band}, dB"] = 10 * float(np.log10(ours / other))
    return numbers


def _power(features: Activations, *, is_high: bool) -> float:
    shares = features.shares
    inside = shares > HIGH if is_high else (shares > 0) & (shares < LOW)
    return float(features.power[inside].sum())


def layer_1(_: Signal | None, seed: int) -> Numbers:
    """Return distances of layer 1's phases from a Laplace distribution, and from x w (Fig. 13).

    It has as many weights as 64 networks of 512 features, so that chance alone makes distances of
    about 0.005. The Laplace distribution is the likeliest one. "with noise alone" leaves out the
    uniform weights and the biases, as x w does.
    """
    coords = _line(256)
    whole, noise = [], []
    for number in range(64):
        noisy, plain = (
            drawn(512, *scales, 64 * seed + number, depth=2) for scales in (POINT, (0.0, 0.0))
        )
        layer = noisy.layers[0]
        with torch.no_grad():
            whole.append(OMEGA * layer(coords))
            noise.append(OMEGA * coords @ (layer.weight - plain.layers[0].weight).T)
    numbers = {}
    for name, parts in (("all", whole), ("noise alone", noise)):
        phases = described(torch.cat(parts, dim=1).double())
        likeliest = laplace(float(np.abs(phases.values).mean() * np.sqrt(2)))
        numbers[f"{name} from Laplace"] = phases.distance(likeliest)
        product = product_of_uniform_and_normal(POINT[0])
        numbers[f"{name} from the product"] = phases.distance(product)
    return numbers


def aliasing(_: Signal | None, seed: int) -> Numbers:
    """Return the share of layer 2's power above the Nyquist frequency of Fig. 8's 1,024 inputs.

    Args:
        seed: The seed of all networks.
    """
    layers, __ = activations_of(drawn(2048, *POINT, seed, depth=2), _line(4 * 1024))
    after = layers[1].after
    above = after.power[after.shares > 1 / 4].sum() / after.power[1:].sum()
    return {"layer 2": float(above)}


def kernels(_: Signal | None, seed: int) -> Numbers:
    """Return how noise changes the kernel of a network of 4 x 256 at 1,024 inputs (Fig. 7).

    The more slowly eigenvalues decay, the higher is the effective rank. Its Spearman correlation
    with one scale is a mean over the values of the other.
    """
    coords = _line(1024)
    ranks = np.zeros((len(S0_OF_KERNELS), len(S1_OF_KERNELS)))
    for i, j in product(range(ranks.shape[0]), range(ranks.shape[1])):
        network = drawn(256, S0_OF_KERNELS[i], S1_OF_KERNELS[j], seed)
        ranks[i, j] = effective_rank(eigenvalues(tangent_kernel(network, coords)))
    numbers = {
        "eigenvalues and s0": float(np.mean([rank_correlation(S0_OF_KERNELS, r) for r in ranks.T])),
        "eigenvalues and s1": float(np.mean([rank_correlation(S1_OF_KERNELS, r) for r in ranks])),
    }
    for name, (s0, s1) in (("siren", (0.0, 0.0)), ("siren2", (10.0, 0.5))):
        network = drawn(256, s0, s1, seed)
        kernel = tangent_kernel(network, coords)
        norms = kernel.diagonal().sqrt()
        correlations = kernel / (norms[:, None] * norms)
        correlations.fill_diagonal_(0)
        mean = correlations.abs().sum() / (len(coords) * (len(coords) - 1))
        numbers[f"off-diagonal {name}"] = float(mean)
        spectrum = kernel_spectrum(network, coords)
        shares = 2 * torch.fft.fftfreq(len(spectrum)).abs()
        numbers[f"low share {name}"] = float(spectrum[shares < 0.1].sum() / spectrum.sum())
    numbers["off-diagonal ratio"] = numbers["off-diagonal siren2"] / numbers["off-diagonal siren"]
    return numbers


def drawn(width: int, s0: float, s1: float, seed: int, depth: int = 4) -> CoordinateMLP:
    """Return an untrained SIREN² of one coordinate and one channel.

    Example:
        >>> drawn(64, 100.0, 0.5, seed=0)(coords).shape
        torch.Size([2048, 1])
    """
    config = Siren2Config(width=width, depth=depth, s0=s0, s1=s1)
    return make_network(config, in_features=1, out_features=1, seed=seed)


def _line(num_samples: int) -> torch.Tensor:
    return torch.linspace(-1, 1, num_samples)[:, None]
