"""SIREN-RFF and ReLU-PE as in the code of the paper's authors, against their equations."""

import math
from collections.abc import Callable

import numpy as np
import pytest
import torch
from scipy import stats

from inr_models import (
    MODELS,
    AuthorsReluPeConfig,
    AuthorsRffConfig,
    NetworkConfig,
    ReluPeConfig,
    SirenRffConfig,
    make_network,
    with_width,
)
from inr_models.networks.coordinate_mlp import CoordinateMLP
from inr_models.networks.encodings import CoordinatesAndOctaves

LEAST_P = 1e-3
DIMENSIONS = pytest.mark.parametrize("d", [1, 2])


def make(config: NetworkConfig, d: int = 1) -> CoordinateMLP:
    return make_network(config, in_features=d, out_features=1, seed=0)


def rad_per_unit(network: CoordinateMLP) -> np.ndarray:
    """Return the angular frequencies [num_frequencies, d] of a network's Fourier features."""
    return 2 * math.pi * network.encoding.get_buffer("frequencies").double().numpy()


def agrees(values: torch.Tensor | np.ndarray, distribution: stats.rv_continuous) -> bool:
    """Return whether a Kolmogorov-Smirnov test lets `values` be of `distribution`."""
    flat = np.asarray(values.detach() if isinstance(values, torch.Tensor) else values).ravel()
    return stats.ks_1samp(flat, distribution.cdf).pvalue > LEAST_P


def symmetric(bound: float) -> stats.rv_continuous:
    """Return U(-bound, bound)."""
    return stats.uniform(-bound, 2 * bound)


@DIMENSIONS
def test_rffs_initial_numbers_have_the_distributions_of_the_authors_code(d):
    net = make(AuthorsRffConfig(width=300, num_frequencies=2_000), d)
    first, *later = net.layers
    assert agrees(rad_per_unit(net), stats.norm(0, 30))
    assert agrees(first.weight, symmetric(1 / d))
    assert agrees(first.bias, symmetric(1 / math.sqrt(4_000)))
    for linear in later:
        assert agrees(linear.weight, symmetric(math.sqrt(6 / 300) / 30))
        assert agrees(linear.bias, symmetric(1 / math.sqrt(300)))


@DIMENSIONS
def test_the_textbooks_rff_has_other_frequencies_and_first_weights(d):
    net = make(SirenRffConfig(width=300, num_frequencies=2_000), d)
    assert agrees(rad_per_unit(net), stats.norm(0, 2 * math.pi * 30))
    assert not agrees(rad_per_unit(net), stats.norm(0, 30))
    assert agrees(net.layers[0].weight, symmetric(1 / 4_000))


@DIMENSIONS
def test_relu_pes_initial_numbers_are_torchs_and_not_hes(d):
    authors, textbook = (
        make(kind(width=300, octaves=20), d) for kind in (AuthorsReluPeConfig, ReluPeConfig)
    )
    for linear in authors.layers:
        default = symmetric(1 / math.sqrt(linear.in_features))
        assert agrees(linear.weight, default)
        assert len(linear.bias) == 1 or agrees(linear.bias, default)
    assert agrees(textbook.layers[1].weight, stats.norm(0, math.sqrt(2 / 300)))
    assert not agrees(textbook.layers[1].weight, symmetric(1 / math.sqrt(300)))


def multilayer(
    net: CoordinateMLP, h: np.ndarray, activations: list[Callable[[np.ndarray], np.ndarray]]
) -> np.ndarray:
    """Return the output [n, 1] in float64 for the encoded coordinates `h` [n, e]."""
    matrices = [
        (layer.weight.detach().double().numpy(), layer.bias.detach().double().numpy())
        for layer in net.layers
    ]
    for (weight, bias), activation in zip(matrices[:-1], activations, strict=True):
        h = activation(h @ weight.T + bias)
    weight, bias = matrices[-1]
    return h @ weight.T + bias


@DIMENSIONS
def test_rffs_output_is_that_of_the_equations(d):
    config = AuthorsRffConfig(width=12, depth=3, num_frequencies=6, omega_first=3000)
    net = make(config, d)
    x = torch.rand(50, d, dtype=torch.float64) * 2 - 1
    phases = x.numpy() @ rad_per_unit(net).T  # no 2 pi but the one that makes the unit rad
    h = np.concatenate([np.cos(phases), np.sin(phases)], 1)
    sines = [lambda z: np.sin(3000 * z), *[lambda z: np.sin(30 * z)] * 2]
    expected = multilayer(net, h, sines)
    assert expected.std() > 1e-3
    np.testing.assert_allclose(net.double()(x).detach(), expected, rtol=0, atol=1e-9)


@DIMENSIONS
def test_relu_pes_output_is_that_of_the_equations(d):
    net = make(AuthorsReluPeConfig(width=12, depth=3), d)
    x = torch.rand(50, d, dtype=torch.float64) * 2 - 1
    columns = [x.numpy()]
    for f in (np.sin, np.cos):
        for axis in range(d):
            columns += [f(2**k * math.pi * x.numpy()[:, axis : axis + 1]) for k in range(7)]
    rectifiers = [lambda z: np.maximum(z, 0)] * 3
    expected = multilayer(net, np.concatenate(columns, 1), rectifiers)
    assert expected.std() > 1e-3
    np.testing.assert_allclose(net.double()(x).detach(), expected, rtol=0, atol=1e-12)


def test_the_encoding_keeps_the_coordinates_to_the_bit_in_a_stack_too():
    encoding = CoordinatesAndOctaves(3)
    coords = torch.rand(5, 7, 2)
    assert encoding(coords).shape == (5, 7, 2 + 2 * 3 * 2)
    assert torch.equal(encoding(coords)[..., :2], coords)


def test_the_authors_networks_have_fewer_parameters_than_the_papers_tables():
    def count(config: NetworkConfig, d: int = 1) -> int:
        num = config.num_parameters(in_features=d, out_features=1)
        assert num == make(config, d).num_parameters()
        return num

    assert count(AuthorsReluPeConfig()) == 115_608
    assert count(AuthorsRffConfig()) == 149_769
    assert count(with_width(AuthorsReluPeConfig(), 256), 2) == 205_569
    # Table 1's 150,155 are those of 194 encoded inputs.
    assert count(AuthorsRffConfig(num_frequencies=97)) == 150_155


@pytest.mark.parametrize("width", [1, 2, 52, 193])
def test_rff_draws_half_as_many_frequencies_as_it_has_features_rounded_down(width):
    assert with_width(AuthorsRffConfig(), width).num_frequencies == max(1, width // 2)


def test_the_present_names_keep_the_textbooks_forms():
    assert MODELS["siren_rff"] is SirenRffConfig
    assert MODELS["relu_pe"] is ReluPeConfig
    assert MODELS["siren_rff_authors"] is AuthorsRffConfig
    assert MODELS["relu_pe_authors"] is AuthorsReluPeConfig
