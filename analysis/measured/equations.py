"""Check the paper's equations and its counts of parameters on drawn networks."""

import math
from dataclasses import replace

import numpy as np
import torch

from analysis.measured.quantity import Numbers
from analysis.measured.spectra import drawn
from analysis.theory.layer_pass import exact_copy
from analysis.theory.noise_and_omega import equivalences
from analysis.theory.propositions import powers, theorem_3_1
from analysis.theory.tangent_kernel import kernel_spectrum, tangent_kernel
from inr_models import MODELS, Siren2Config, SirenConfig, make_network, with_width
from inr_models.networks.coordinate_mlp import CoordinateMLP
from studies.engine.signals.signal import Signal

OMEGA = SirenConfig().omega_hidden

SCALES = (0.0, 0.1, 0.3, 1.0, 3.0)
WIDTHS = (64, 256, 1024)

S0, S1 = 200.0, 0.5
"""Noise that is large enough to be measured in each layer."""


def definitions(_: Signal | None, seed: int) -> Numbers:
    """Return how far the networks are from Eqns. 1, 2, 6 and 7, which are 0 for no difference.

    The output is computed again with numpy, the kernel from the gradient at each sample, and S(k)
    from the kernel's eigenvectors. The differences are relative to the largest value.
    """
    network = exact_copy(_siren(64, seed))
    coords = torch.linspace(-1, 1, 64, dtype=torch.float64)[:, None]
    kernel = tangent_kernel(network, coords)
    return {
        "Eqn. 1": _difference(_by_numpy(network, coords), _output(network, coords)),
        "Eqn. 2": _difference(_by_gradients(network, coords), kernel),
        "Eqn. 6": _difference(_by_eigenvectors(kernel), kernel_spectrum(network, coords)),
        "Eqn. 7, later layers": _change_of_later_layers(seed),
    }


def noise(_: Signal | None, seed: int) -> Numbers:
    """Return the deviation of the noise in layers 1 and 2, over s / omega (Eqn. 8).

    Args:
        seed: The seed of all networks.
    """
    plain, noisy = drawn(1024, 0.0, 0.0, seed), drawn(1024, S0, S1, seed)
    ratios = {}
    for number, scale in ((1, S0), (2, S1)):
        added = noisy.layers[number - 1].weight - plain.layers[number - 1].weight
        ratios[f"layer {number}"] = float(added.detach().double().std()) * OMEGA / scale
    return ratios


def theorem(_: Signal | None, seed: int) -> Numbers:
    """Return layer 2's deviation over that of Theorem 3.1, at the farthest of s1 and width.

    With biases, it is the deviation over that of the theorem, which leaves them out, at s1 = 0.
    """
    ratios = {"without biases": 1.0}
    distances = []
    for result in theorem_3_1(SCALES, WIDTHS, seed=seed):
        if result.has_biases:
            if result.s1 == 0:
                ratios[f"with biases, width {result.width}"] = result.measured
            continue
        distances.append(result.distance)
        ratio = result.measured / result.theory
        if abs(ratio - 1) > abs(ratios["without biases"] - 1):
            ratios["without biases"] = ratio
    return ratios | {"distance from a Gaussian": max(distances)}


def proposition_1(_: Signal | None, seed: int) -> Numbers:
    """Return how the power of layer 1 grows with the weights, over the square of their factor.

    Args:
        seed: The seed of all networks.
    """
    [power] = powers([100.0], width=256, seed=seed)
    return {"over a^2": power.measured / power.theory, "for 100": power.measured}


def proposition_2(_: Signal | None, seed: int) -> Numbers:
    """Return a larger omega's deviations and mean frequencies, over those of noise with s1 = 1.

    Args:
        seed: The seed of all networks.
    """
    numbers = {}
    for result in equivalences([1.0], [*WIDTHS, 2048], seed=seed):
        if result.has_biases:
            with_noise, with_omega = result.output
            numbers[f"deviation, width {result.width}"] = result.ratio
            numbers[f"output's mean frequency, width {result.width}"] = with_omega / with_noise
    return numbers


def phases(_: Signal | None, seed: int) -> Numbers:
    """Return the shares of a SIREN's phases omega (W h + b) within [-3, 3], width 256.

    Args:
        seed: The seed of all networks.
    """
    network = _siren(256, seed)
    layers = _phases(network, torch.linspace(-1, 1, 2048)[:, None])
    inside = [float((phase.abs() <= 3).double().mean()) for phase in layers]
    return {"layer 1": inside[0], "layers 2 to 4": float(np.mean(inside[1:]))}


def parameters(_: Signal | None, __: int) -> Numbers:
    """Return numbers of parameters: those of Tables 1, 2 and 4, and of Fourier features."""
    published = {
        "siren": 222, "finer": 222, "wire": 157, "relu_pe_authors": 193, "siren_rff_authors": 193,
        "finer_pp": 222, "siren2": 222,
    }  # fmt: skip
    counts = {f"Table 1, {name}": _count(name, width) for name, width in published.items()}
    counts["Table 4, siren2"] = _count("siren2", 256)
    counts["Table 4, siren2_tt"] = _count("siren2_tt", 300)
    few, twice, four_times = (_with_features(count) for count in (64, 128, 256))
    growth = (four_times - twice) / (twice - few)
    return counts | {"exponent of Fourier features": math.log2(growth)}


def _count(name: str, width: int) -> float:
    kind = MODELS[name]
    config = kind(s0=S0, s1=S1) if issubclass(kind, Siren2Config) else kind()
    return with_width(config, width).num_parameters(in_features=1, out_features=1)


def _with_features(count: int) -> float:
    config = replace(with_width(MODELS["siren_rff"](), 193), num_frequencies=count)
    return config.num_parameters(in_features=1, out_features=1)


def _siren(width: int, seed: int) -> CoordinateMLP:
    return make_network(SirenConfig(width=width), in_features=1, out_features=1, seed=seed)


def _difference(one: torch.Tensor, other: torch.Tensor) -> float:
    return float((one - other).abs().max() / one.abs().max())


def _output(network: CoordinateMLP, coords: torch.Tensor) -> torch.Tensor:
    with torch.no_grad():
        return network(coords)


def _by_numpy(network: CoordinateMLP, coords: torch.Tensor) -> torch.Tensor:
    features = coords.numpy()
    *hidden, last = network.layers
    for layer in hidden:
        weight, bias = layer.weight.detach().numpy(), layer.bias.detach().numpy()
        features = np.sin(OMEGA * (features @ weight.T + bias))
    return torch.from_numpy(features @ last.weight.detach().numpy().T + last.bias.detach().numpy())


def _by_gradients(network: CoordinateMLP, coords: torch.Tensor) -> torch.Tensor:
    weights = list(network.parameters())
    rows = []
    for output in network(coords)[:, 0]:
        gradients = torch.autograd.grad(output, weights, retain_graph=True)
        rows.append(torch.cat([gradient.flatten() for gradient in gradients]))
    jacobian = torch.stack(rows)
    return jacobian @ jacobian.T


def _by_eigenvectors(kernel: torch.Tensor) -> torch.Tensor:
    values, vectors = torch.linalg.eigh(kernel)
    return torch.fft.fft(vectors, dim=0, norm="ortho").abs().square() @ values


def _change_of_later_layers(seed: int) -> float:
    plain, noisy = drawn(64, 0.0, 0.0, seed), drawn(64, S0, S1, seed)
    pairs = zip(plain.layers[2:], noisy.layers[2:], strict=True)
    return max(float((a.weight - b.weight).detach().abs().max()) for a, b in pairs)


def _phases(network: CoordinateMLP, coords: torch.Tensor) -> list[torch.Tensor]:
    features, results = coords, []
    with torch.no_grad():
        for layer, activation in zip(network.layers[:-1], network.activations, strict=True):
            before = layer(features)
            features = activation(before)
            results.append(OMEGA * before)
    return results
