"""Activations at initialization: the paper's distributions, and spectra that add up."""

import math
from typing import Any

import numpy as np
import pytest
import torch
from scipy import stats

from analysis.theory import densities
from analysis.theory.activations import activations_of, at_weights, described
from inr_models import FitConfig, Siren2Config, SirenConfig, TensorTrainConfig, fit, make_network
from search_spaces.bandwidth import gain
from tests.every_network import EVERY
from tests.refusals import refused

SAMPLES, WIDTH = 512, 1024
KS_BOUND = 1.63 / math.sqrt(WIDTH)
"""The critical value at 1 % for as many independent values as features. The samples of one feature
depend on each other."""

DENSE = [name for name, config in EVERY.items() if not isinstance(config, TensorTrainConfig)]


def initial(config, samples=SAMPLES, seed=0):
    coords = torch.linspace(-1, 1, samples)[:, None]
    network = make_network(config, in_features=1, out_features=1, seed=seed)
    return activations_of(network, coords)


@pytest.mark.parametrize("deviation", [0.3, 5.0])
def test_the_law_of_a_product_is_that_of_its_draws(deviation):
    rng = np.random.default_rng(0)
    draws = rng.uniform(-1, 1, 20_000) * rng.normal(0, deviation, 20_000)
    law = densities.product_of_uniform_and_normal(deviation)
    tested: list[Any] = [
        stats.ks_1samp(draws, which) for which in (law, densities.laplace(float(draws.std())))
    ]
    assert tested[0].pvalue > 0.01
    assert tested[1].pvalue < 1e-6


@pytest.mark.parametrize("s1", [0, 0.03, 0.3, 1.0])
def test_layer_2_is_gaussian_with_the_theorems_deviation_and_its_biases(s1):
    layers, _ = initial(Siren2Config(width=WIDTH, s0=1000, s1=s1))
    before = layers[1].before
    expected = densities.deviation_of_layer_2(s1, width=WIDTH, omega=30.0)
    # Relatively, the variance of a feature, a sum over layer 1, deviates by sqrt(2 / width), and
    # the square of a uniform bias by sqrt(0.8). `width` features are averaged.
    without = gain(s1, width=WIDTH) ** 2
    biases = 30**2 / (3 * WIDTH)
    deviation = math.hypot(without * math.sqrt(2 / WIDTH), biases * math.sqrt(0.8))
    tolerance = 5 * deviation / math.sqrt(WIDTH)
    assert before.values.var() == pytest.approx(expected**2, abs=tolerance)
    assert abs(expected**2 - without) > tolerance or s1 > 0.1, "the biases would drown"
    assert before.distance(densities.gaussian(expected)) < KS_BOUND


@pytest.mark.parametrize("config", [SirenConfig(width=WIDTH),
                                    Siren2Config(width=WIDTH, s0=1000, s1=0.3)])  # fmt: skip
def test_later_layers_are_arcsine_distributed(config):
    layers, _ = initial(config)
    for layer in layers[1:]:
        assert layer.after.distance(densities.arcsine()) < KS_BOUND
        assert layer.after.distance(densities.gaussian(math.sqrt(0.5))) > KS_BOUND


def test_layer_1_is_a_product_and_no_laplace_distribution():
    """Fig. 13 calls it Laplace. A wide layer of large noise tells the two apart."""
    layers, _ = initial(Siren2Config(width=2048, depth=2, s0=3000, s1=0.3), samples=512)
    phases = layers[0].before
    # The uniform weights and the biases are 1 % of the noise.
    product = phases.distance(densities.product_of_uniform_and_normal(3000))
    assert product < 0.02
    assert phases.distance(densities.laplace(float(phases.values.std()))) > 2 * product


@pytest.mark.parametrize("samples", [64, 63])
@pytest.mark.parametrize(
    "name", [n for n, c in EVERY.items() if not isinstance(c, TensorTrainConfig)]
)
def test_a_spectrum_sums_to_the_mean_square(name, samples):
    layers, output = initial(EVERY[name], samples)
    described = [output, *(d for layer in layers for d in layer)]
    for one in described:
        assert len(one.power) == samples // 2 + 1
        assert one.power.sum() == pytest.approx(np.square(one.values).mean(), rel=1e-9)
    density, edges = output.histogram()
    assert (density * np.diff(edges)).sum() == pytest.approx(1, abs=0.05)


@pytest.mark.parametrize("samples", [63, 64])
def test_the_centroid_of_a_tone_is_its_frequency(samples):
    tone = torch.cos(2 * math.pi * 10 * torch.arange(samples, dtype=torch.float64) / samples)
    assert described(tone[:, None] + 5).centroid == pytest.approx(20 / samples)


def test_noise_moves_the_spectra_of_all_layers_up():
    plain, plain_output = initial(SirenConfig(width=WIDTH))
    noisy, noisy_output = initial(Siren2Config(width=WIDTH, s0=400, s1=0.1))
    for before, after in zip(plain, noisy, strict=True):
        assert after.after.centroid > 2 * before.after.centroid
    assert noisy_output.centroid > 2 * plain_output.centroid


def test_snapshots_of_a_fit_can_be_looked_at():
    coords = torch.linspace(-1, 1, 128)[:, None]
    network = make_network(SirenConfig(width=16), in_features=1, out_features=1, seed=0)
    values = torch.sin(9 * coords)
    [(_, result)] = fit([network], coords, values, FitConfig(epochs=40), snapshots=(0, 40))
    start, _ = activations_of(network, coords)
    same, _ = activations_of(at_weights(network, result.snapshots[0]), coords)
    np.testing.assert_array_equal(same[3].before.values, start[3].before.values)
    _, output = activations_of(at_weights(network, result.snapshots[40]), coords)
    with refused("wrong-kind", "weights"):
        at_weights(network, {"linears.0.weight": network.layers[0].weight})
    psnr = -10 * math.log10(np.square(output.values - values.numpy()).mean())
    assert psnr == pytest.approx(result.psnr_final, abs=1e-3)
