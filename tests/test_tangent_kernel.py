"""The tangent kernel and its spectrum, against Jacobians by finite differences in float64."""

import dataclasses
import itertools
from typing import Any

import numpy as np
import pytest
import torch
from numpy.typing import ArrayLike
from scipy.stats import spearmanr
from torch import Tensor

from analysis.theory.layer_pass import exact_copy, layer_passes
from analysis.theory.tangent_kernel import (
    effective_rank,
    eigenvalues,
    kernel_product,
    kernel_spectrum,
    leading_eigenvalues,
    tangent_kernel,
)
from inr_models import Siren2Config, SirenConfig, TensorTrainConfig, make_network
from inr_models.networks.coordinate_mlp import CoordinateMLP
from inr_models.networks.network_config import NetworkConfig
from search_spaces.bandwidth import bandwidth, nyquist
from studies.engine.signals.signal import coordinates
from tests.every_network import EVERY
from tests.refusals import refused

STEP = 1e-6

DENSE = {
    name: dataclasses.replace(config, width=8, depth=2)
    for name, config in EVERY.items()
    if not isinstance(config, TensorTrainConfig)
}


def grid(*shape: int) -> Tensor:
    return torch.from_numpy(coordinates(shape))


def jacobian(network: CoordinateMLP, coords: Tensor) -> Tensor:
    """Derivatives [channels n, parameters] by central differences, one real number at a time."""
    network = exact_copy(network)
    columns = []
    with torch.no_grad():
        for parameter in network.parameters():
            flat = parameter.view(-1)
            for i in range(len(flat)):
                for unit in (1, 1j) if parameter.is_complex() else (1,):
                    before = flat[i].clone()
                    flat[i] = before + STEP * unit
                    up = network(coords.double())
                    flat[i] = before - STEP * unit
                    down = network(coords.double())
                    flat[i] = before
                    columns.append(((up - down) / (2 * STEP)).T.flatten())
    return torch.stack(columns, 1)


def rank_correlation(first: ArrayLike, second: ArrayLike) -> float:
    """Spearman's."""
    correlation: Any = spearmanr(first, second)
    return float(correlation.statistic)


def dense_kernel(network: CoordinateMLP, coords: Tensor) -> Tensor:
    """The kernel from the Jacobian; channels add up."""
    by_channel = jacobian(network, coords).unflatten(0, (network.out_features, len(coords)))
    return torch.einsum("cnp,cmp->nm", by_channel, by_channel)


def small(config: NetworkConfig, shape: tuple[int, ...], channels: int) -> CoordinateMLP:
    return make_network(config, in_features=len(shape), out_features=channels, seed=3)


@pytest.mark.parametrize("config", DENSE.values(), ids=DENSE)
@pytest.mark.parametrize(("shape", "channels"), [((17,), 1), ((4, 5), 2)])
def test_kernel_and_spectrum_are_those_of_the_jacobian(config, shape, channels):
    network, coords = small(config, shape, channels), grid(*shape)
    expected = dense_kernel(network, coords)
    scale = expected.diagonal().max().item()
    kernel = tangent_kernel(network, coords)
    # Central differences have an error of the order of STEP squared times third derivatives.
    assert (kernel - expected).abs().max().item() < 1e-4 * scale
    on_grid = jacobian(network, coords).unflatten(0, (channels, *shape))
    axes = tuple(range(1, 1 + len(shape)))
    power = torch.fft.fftn(on_grid, dim=axes, norm="ortho").abs().square().sum((0, -1))
    spectrum = kernel_spectrum(network, coords, shape)
    assert spectrum.shape == shape
    assert (spectrum - power).abs().max().item() < 1e-4 * power.max().item()


@pytest.mark.parametrize("shape", [(64,), (63,), (7, 8), (8, 7)])
def test_the_spectrum_sums_to_the_trace_and_is_that_of_eqn_6(shape):
    config = Siren2Config(width=12, depth=3, s0=30, s1=0.5)
    network, coords = small(config, shape, 1), grid(*shape)
    kernel, spectrum = tangent_kernel(network, coords), kernel_spectrum(network, coords, shape)
    assert spectrum.sum().item() == pytest.approx(kernel.trace().item(), rel=1e-10)
    values, vectors = torch.linalg.eigh(kernel)
    modes = torch.fft.fftn(
        vectors.T.reshape(-1, *shape), dim=tuple(range(1, 1 + len(shape))), norm="ortho"
    )
    weighted = torch.tensordot(values, modes.abs().square(), 1)
    torch.testing.assert_close(spectrum, weighted, rtol=1e-8, atol=1e-8 * float(weighted.max()))


def test_the_kernel_is_symmetric_and_positive_semidefinite():
    network = small(Siren2Config(width=16, depth=4, s0=100, s1=1), (200,), 1)
    kernel = tangent_kernel(network, grid(200))
    torch.testing.assert_close(kernel, kernel.T, rtol=1e-12, atol=0)
    values = eigenvalues(kernel)
    assert (values.diff() <= 0).all()
    assert values[-1] > -1e-10 * values[0]
    assert values.sum().item() == pytest.approx(kernel.trace().item(), rel=1e-10)


def test_eigenvalues_decay_more_slowly_at_larger_noise_scales():
    """Up to a bandwidth of a third of Nyquist. Beyond, samples cannot tell frequencies apart."""
    coords = grid(512)
    s0_axis, s1_axis = (0, 12, 25, 50, 100), (0, 0.1, 0.3)
    ranks = np.empty((len(s0_axis), len(s1_axis)))
    shares = np.empty_like(ranks)
    for (i, s0), (j, s1) in itertools.product(enumerate(s0_axis), enumerate(s1_axis)):
        network = small(Siren2Config(width=64, depth=4, s0=s0, s1=s1), (512,), 1)
        ranks[i, j] = effective_rank(eigenvalues(tangent_kernel(network, coords)))
        shares[i, j] = bandwidth(s0, s1, width=64) / nyquist(512)
    assert shares.max() < 1 / 3
    for of_s1 in ranks.T:
        assert rank_correlation(s0_axis, of_s1) == pytest.approx(1)
    for of_s0 in ranks:
        assert rank_correlation(s1_axis, of_s0) == pytest.approx(1)
    assert rank_correlation(shares.ravel(), ranks.ravel()) > 0.9


@pytest.mark.parametrize("config", DENSE.values(), ids=DENSE)
def test_the_kernel_is_multiplied_without_being_stored(config):
    network, coords = small(config, (4, 5), 1), grid(4, 5)
    vector = torch.linspace(-1, 2, 20, dtype=torch.float64)
    product = kernel_product(layer_passes(network, coords), vector)
    expected = tangent_kernel(network, coords) @ vector
    torch.testing.assert_close(product, expected, rtol=1e-9, atol=1e-9 * float(expected.norm()))


@pytest.mark.parametrize("tolerance", [1e-12, 1e-2])
def test_leading_eigenvalues_are_within_the_errors_that_they_state(tolerance):
    """The error bounds hold for good and for rough approximations, with two channels, too."""
    network = small(Siren2Config(width=16, depth=3, s0=60, s1=0.5), (150,), 2)
    exact = eigenvalues(tangent_kernel(network, grid(150))).numpy()
    leading = leading_eigenvalues(network, grid(150), 12, tolerance=tolerance)
    assert (np.diff(leading.values) <= 0).all()
    nearest = np.abs(leading.values[:, None] - exact).min(1)
    rounding = 1e-12 * exact[0]
    assert (nearest <= leading.errors + rounding).all()
    if tolerance < 1e-9:
        np.testing.assert_allclose(leading.values, exact[:12], rtol=1e-9)
        assert leading.errors.max() < 1e-6 * exact[0]


def test_as_many_eigenvalues_as_samples_are_refused():
    network = small(SirenConfig(width=8), (8,), 1)
    for count in (0, 8):
        with refused("out-of-range", "count"):
            leading_eigenvalues(network, grid(8), count)


def test_effective_rank_counts_equal_eigenvalues():
    assert effective_rank(torch.tensor([2.0, 2.0, 2.0, 0.0, -1e-15])) == pytest.approx(3)
    assert effective_rank(torch.tensor([1.0, 0.0])) == 1


def test_each_layer_gives_the_next_one_its_activation():
    network = small(SirenConfig(width=8, depth=3), (20,), 1)
    passes = layer_passes(network, grid(20))
    assert len(passes) == 4
    for layer, following in itertools.pairwise(passes):
        torch.testing.assert_close(torch.sin(30 * layer.output), following.input)
    torch.testing.assert_close(passes[-1].sensitivity, torch.ones(20, 1, dtype=torch.float64))


def test_a_kernel_that_does_not_fit_in_memory_is_refused_with_its_size():
    network = small(SirenConfig(width=8), (2,), 1)
    samples = 10_000_000
    gib = 7 * 8 * samples**2 / 2**30
    with refused("too-large", "coords", f"{samples:,}", f"{gib:,.1f} GiB"):
        tangent_kernel(network, torch.zeros(1, 1).expand(samples, 1))


def test_a_tensor_train_is_refused():
    network = small(
        TensorTrainConfig(width=16, depth=3, s0=1, s1=1, tt_layer=3, tt_modes=(4, 4), tt_rank=2),
        (8,),
        1,
    )
    with refused("unsupported", "network"):
        kernel_spectrum(network, grid(8))
