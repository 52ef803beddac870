"""Activations against their formulas in numpy, initializations against theirs, published limits."""

import math

import numpy as np
import pytest
import torch

from inr_models import (
    FinerConfig,
    FinerPlusConfig,
    GaussConfig,
    HoscConfig,
    NormalSirenConfig,
    ReluPeConfig,
    ScaledSirenConfig,
    Siren2Config,
    SirenConfig,
    SirenRffConfig,
    TensorTrainConfig,
    WireConfig,
    make_network,
    width_for,
    with_width,
)
from inr_models.networks.activations import (
    GaborWavelet,
    Gaussian,
    HyperbolicSine,
    Rectifier,
    Sine,
    VariablePeriodicSine,
)
from inr_models.networks.encodings import FourierFeatures, Octaves
from inr_models.networks.relu_pe import octaves_to_nyquist
from inr_models.networks.tensor_train import modes_of
from inr_models.networks.tensor_train_linear import TensorTrainLinear
from tests.refusals import refused

Z = torch.linspace(-2, 2, 401)
z = Z.double().numpy()

FORMULAS = {
    "sine": (Sine(3.0), np.sin(3 * z), 3 * np.cos(3 * z)),
    "finer": (
        VariablePeriodicSine(3.0, factor_gradient=True),
        np.sin(3 * (np.abs(z) + 1) * z),
        3 * (2 * np.abs(z) + 1) * np.cos(3 * (np.abs(z) + 1) * z),
    ),
    "finer as published": (
        VariablePeriodicSine(3.0),
        np.sin(3 * (np.abs(z) + 1) * z),
        3 * (np.abs(z) + 1) * np.cos(3 * (np.abs(z) + 1) * z),
    ),
    "gauss": (
        Gaussian(1.5), np.exp(-((1.5 * z) ** 2)), -2 * 1.5**2 * z * np.exp(-((1.5 * z) ** 2)),
    ),
    "hosc": (
        HyperbolicSine(3.0, 2.0),
        np.tanh(2 * np.sin(3 * z)),
        6 * np.cos(3 * z) / np.cosh(2 * np.sin(3 * z)) ** 2,
    ),
    "relu": (Rectifier(), np.maximum(z, 0), (z > 1e-9).astype(float)),
}  # fmt: skip


def make(config, d: int = 1, seed: int = 0):
    return make_network(config, in_features=d, out_features=1, seed=seed)


def count(config, d: int = 1) -> int:
    return config.num_parameters(in_features=d, out_features=1)


@pytest.mark.parametrize("name", FORMULAS)
def test_an_activation_its_slope_and_its_gradient_are_the_formulas(name):
    module, value, slope = FORMULAS[name]
    leaf = Z.clone().requires_grad_()
    out = module(leaf)
    out.sum().backward()
    np.testing.assert_allclose(out.detach(), value, atol=2e-6)
    # Phases up to 18 rad, three times rounded to 24 bits, times slopes up to 15.
    np.testing.assert_allclose(leaf.grad, slope, rtol=0, atol=15 * 18 * 3 * 2**-24)
    alone = module.value_and_slope(module.gain * Z)
    given = module.value_and_slope(module.gain * Z, torch.empty_like(Z), torch.empty_like(Z))
    for ours, rise in (alone, given):
        np.testing.assert_allclose(ours, value, atol=2e-6)
        slope_by_z = rise * float(module.gain)
        np.testing.assert_allclose(slope_by_z, slope, rtol=0, atol=15 * 18 * 3 * 2**-24)


def test_a_gabor_wavelet_is_the_formula_for_real_and_complex_numbers():
    wavelet = GaborWavelet(3.0, 0.8)
    for arguments in (z, z + 0.3j * z[::-1]):
        expected = np.exp(3j * arguments - np.abs(0.8 * arguments) ** 2)
        given = torch.from_numpy(arguments)
        given = given.to(torch.complex64 if given.is_complex() else torch.float32)
        np.testing.assert_allclose(wavelet(given), expected, atol=3e-6)


def test_octaves_are_sines_and_cosines_up_to_nyquist():
    coords = torch.linspace(-1, 1, 9)[:, None]
    x = coords[:, 0].double().numpy()
    expected = [f(2**k * math.pi * x) for f in (np.sin, np.cos) for k in range(3)]
    np.testing.assert_allclose(Octaves(3)(coords), np.stack(expected, 1), atol=2e-6)
    for n in (2, 3, 8, 512, 8192, 150_000):
        highest = 2 ** (octaves_to_nyquist(n) - 1) * math.pi
        assert highest <= max(math.pi * n / 2, math.pi) < 2 * highest


def test_fourier_features_are_cosines_and_sines_of_2_pi_b_x():
    features = FourierFeatures(5, 2)
    features.frequencies.normal_(generator=torch.Generator().manual_seed(0))
    coords = torch.rand(6, 2)
    phases = 2 * math.pi * coords.double().numpy() @ features.frequencies.double().numpy().T
    expected = np.concatenate([np.cos(phases), np.sin(phases)], 1)
    np.testing.assert_allclose(features(coords), expected, atol=5e-6)


def test_parameter_counts_are_table_1s():
    assert count(SirenConfig()) == count(FinerPlusConfig()) == count(GaussConfig()) == 149_185
    assert count(ReluPeConfig(octaves=97)) == count(SirenRffConfig()) == 150_155
    # The published code counts omega and scale of four layers as well.
    assert count(WireConfig()) + 8 == 149_474
    assert count(WireConfig(width=181)) + 8 == 198_386
    assert count(SirenConfig(width=256)) == 198_145
    # The paper's own count, 182,426, follows from no cores that multiply to 300 x 300.
    assert count(TensorTrainConfig(s0=1, s1=1)) == 184_681


@pytest.mark.parametrize(
    "config", [SirenConfig(), WireConfig(), ReluPeConfig(), SirenRffConfig(), FinerConfig()]
)
def test_the_width_for_a_budget_is_the_nearest(config):
    width = width_for(config, 50_000, in_features=2, out_features=3)
    sizes = [
        with_width(config, w).num_parameters(in_features=2, out_features=3)
        for w in (width - 1, width, width + 1)
    ]
    assert sizes[0] < sizes[1] < sizes[2]
    assert min(sizes, key=lambda size: abs(size - 50_000)) == sizes[1]


def test_widths_of_table_1_follow_from_its_budget():
    assert width_for(SirenConfig(), 149_185) == 222
    assert width_for(WireConfig(), 149_185) == 157
    assert width_for(SirenRffConfig(), 150_155) == 193
    assert width_for(SirenConfig(), 198_145) == 256


@pytest.mark.parametrize("parameters", [5, 10**10])
def test_a_budget_that_no_width_has_is_refused_by_its_size(parameters):
    with refused("out-of-range", "parameters", f"{parameters:,}"):
        width_for(SirenConfig(), parameters)


def test_finer_is_siren_where_its_factor_is_one():
    """Small weights make |z| + 1 tend to 1."""
    siren, finer = make(SirenConfig(width=16)), make(FinerConfig(width=16))
    for net in (siren, finer):
        with torch.no_grad():
            for linear in net.layers:
                linear.weight.mul_(1e-3)
                linear.bias.mul_(1e-3)
    coords = torch.linspace(-1, 1, 50)[:, None]
    torch.testing.assert_close(finer(coords), siren(coords), rtol=0, atol=1e-6)
    assert (make(FinerConfig(width=16))(coords) - make(SirenConfig(width=16))(coords)).std() > 1e-3


def test_hosc_of_small_beta_is_beta_times_a_siren():
    coords = torch.linspace(-1, 1, 50)[:, None]
    net = make(HoscConfig(width=16, depth=1, beta=1e-3))
    siren = make(SirenConfig(width=16, depth=1))
    bias = siren.layers[-1].bias
    expected = 1e-3 * (siren(coords) - bias) + bias
    torch.testing.assert_close(net(coords), expected, rtol=0, atol=1e-7)


def test_a_tensor_train_of_full_rank_is_the_dense_layer():
    sizes = {"width": 12, "depth": 4, "s0": 5.0, "s1": 0.5}
    dense = make(Siren2Config(**sizes))
    train = make(TensorTrainConfig(**sizes, tt_modes=(3, 4), tt_rank=12))
    coords = torch.linspace(-1, 1, 40)[:, None]
    torch.testing.assert_close(train.layers[3].weight, dense.layers[3].weight, rtol=0, atol=1e-7)
    torch.testing.assert_close(train(coords), dense(coords), rtol=0, atol=1e-5)


def test_a_tensor_train_of_lower_rank_keeps_the_norm_and_has_the_cores_of_the_figure():
    net = make(TensorTrainConfig(s0=1, s1=1))
    layer = net.linears[3]
    assert isinstance(layer, TensorTrainLinear)
    shapes = [tuple(core.shape) for core in layer.cores]
    assert shapes == [(1, 10, 8), (8, 30, 8), (8, 10, 8), (8, 30, 1)]
    dense = make(Siren2Config(width=300, s0=1, s1=1)).layers[3].weight
    assert float((layer.weight.norm() / dense.norm()).detach()) == pytest.approx(1, rel=1e-5)
    overlap = (layer.weight * dense).sum() / dense.square().sum()
    assert 0.05 < float(overlap.detach()) < 1


def test_modes_multiply_to_the_width():
    assert [modes_of(w) for w in (1, 7, 60, 300)] == [(1, 1), (1, 7), (4, 15), (10, 30)]


def test_scaled_and_normal_weights_are_sirens_scaled_and_of_its_variance():
    sizes = {"width": 400, "depth": 2}
    siren = make(SirenConfig(**sizes)).state_dict()
    scaled = make(ScaledSirenConfig(**sizes, alpha=2.5)).state_dict()
    normal = make(NormalSirenConfig(**sizes), d=400).state_dict()
    wide = make(SirenConfig(**sizes), d=400).state_dict()
    for name, values in siren.items():
        hidden = name in ("linears.0.weight", "linears.1.weight")
        torch.testing.assert_close(scaled[name], (2.5 if hidden else 1.0) * values)
    for name in ("linears.0.weight", "linears.1.weight"):
        unit = normal[name] / wide[name].std()
        assert float(unit.square().mean()) == pytest.approx(1, abs=0.02)
        assert float(unit.pow(4).mean()) == pytest.approx(3, abs=0.1)


def test_finer_pps_first_biases_fill_minus_k_to_k_and_its_weights_are_finers():
    plain = make(FinerConfig(width=2000, depth=2)).state_dict()
    wide = make(FinerPlusConfig(width=2000, depth=2, first_bias=7)).state_dict()
    for name, values in plain.items():
        assert torch.equal(wide[name], values) == (name != "linears.0.bias")
    bias = wide["linears.0.bias"]
    assert 6.9 < float(bias.abs().max()) <= 7
    assert float(bias.std()) == pytest.approx(7 / math.sqrt(3), rel=0.05)


def test_random_fourier_features_have_the_deviation_sigma():
    net = make(SirenRffConfig(num_frequencies=4000, sigma=12.0, width=4, depth=1))
    frequencies = net.encoding.get_buffer("frequencies")
    assert float(frequencies.std()) == pytest.approx(12, rel=0.05)
    assert float(frequencies.pow(4).mean() / 12**4) == pytest.approx(3, abs=0.5)


def test_a_zero_output_bias_changes_nothing_else():
    plain = make(Siren2Config(width=16, s0=5, s1=1)).state_dict()
    zero = make(Siren2Config(width=16, s0=5, s1=1, zero_output_bias=True)).state_dict()
    changed = [name for name, values in plain.items() if not torch.equal(zero[name], values)]
    assert changed == ["linears.4.bias"]
    assert float(zero["linears.4.bias"]) == 0


@pytest.mark.parametrize(
    ("kind", "fields"),
    [
        (FinerPlusConfig, {"first_bias": -1}),
        (WireConfig, {"scale": math.nan}),
        (WireConfig, {"omega_first": 0}),
        (WireConfig, {"width": 0}),
        (GaussConfig, {"scale": 0}),
        (HoscConfig, {"beta": -1}),
        (ReluPeConfig, {"octaves": 0}),
        (SirenRffConfig, {"sigma": math.inf}),
        (SirenRffConfig, {"num_frequencies": 0}),
        (ScaledSirenConfig, {"alpha": 0}),
        (TensorTrainConfig, {"s0": 1, "s1": 1, "tt_rank": 0}),
        (TensorTrainConfig, {"s0": 1, "s1": 1, "tt_layer": 2}),
        (TensorTrainConfig, {"s0": 1, "s1": 1, "tt_modes": (7, 30)}),
    ],
)
def test_an_impossible_field_is_refused_by_name_and_value(kind, fields):
    name, value = list(fields.items())[-1]
    with refused("out-of-range", name, value):
        kind(**fields)
