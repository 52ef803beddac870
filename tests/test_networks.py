"""Networks: their size, their Eqn. 1, and what initialization draws."""

import math

import numpy as np
import pytest
import torch

import inr_models
from inr_models import MODELS, NetworkConfig, Siren2Config, SirenConfig, make_network
from inr_models.networks.coordinate_mlp import CoordinateMLP
from tests.refusals import refused

CONFIGS = [
    SirenConfig(width=16, depth=3, omega_first=100, omega_hidden=20),
    Siren2Config(width=16, depth=3, omega_first=100, omega_hidden=20, s0=50, s1=0.5),
]


def network(config: NetworkConfig, seed: int = 0, d: int = 1, c: int = 1) -> CoordinateMLP:
    return make_network(config, in_features=d, out_features=c, seed=seed)


def same_bits(one: CoordinateMLP, other: CoordinateMLP) -> bool:
    pairs = zip(one.state_dict().items(), other.state_dict().items(), strict=True)
    return all(k == m and torch.equal(v, w) for (k, v), (m, w) in pairs)


def test_four_hidden_layers_of_222_have_149185_parameters():
    assert network(SirenConfig()).num_parameters() == 149_185
    assert network(Siren2Config(s0=1, s1=1), d=2).num_parameters() == 149_185 + 222


def test_models_are_listed_under_their_names_and_keep_the_names_of_stored_results():
    stored = {
        "siren", "siren2", "finer", "finer_pp", "wire", "gauss", "hosc", "relu_pe", "siren_rff",
        "siren2_tt", "siren_scaled", "siren_normal",
    }  # fmt: skip
    assert stored <= MODELS.keys()
    assert all(config.network == name for name, config in MODELS.items())


def test_every_config_can_be_imported_from_inr_models():
    for config in MODELS.values():
        assert getattr(inr_models, config.__name__) is config


@pytest.mark.parametrize("config", CONFIGS)
def test_output_is_equation_1(config):
    net = network(config, d=2, c=3)
    x = np.random.default_rng(0).uniform(-1, 1, (50, 2))
    h = x
    for layer, linear in enumerate(net.linears):
        w, b = linear.weight.detach().double().numpy(), linear.bias.detach().double().numpy()
        omega = 1 if layer == 3 else config.omega_hidden if layer else config.omega_first
        h = omega * (h @ w.T + b)
        h = h if layer == 3 else np.sin(h)
    out = net.double()(torch.from_numpy(x)).detach().numpy()
    assert out.shape == (50, 3)
    np.testing.assert_allclose(out, h, rtol=0, atol=1e-12)


@pytest.mark.parametrize("d", [1, 2])
def test_weights_and_biases_are_uniform_within_siren_bounds(d):
    net = network(SirenConfig(width=400, depth=3, omega_first=500, omega_hidden=20), d=d, c=200)
    for layer, linear in enumerate(net.linears):
        fan_in = d if layer == 0 else 400
        weight_bound = 1 / d if layer == 0 else math.sqrt(6 / fan_in) / 20
        for values, bound in ((linear.weight, weight_bound), (linear.bias, 1 / math.sqrt(fan_in))):
            num = values.numel()
            assert 0.95 * bound < values.abs().max() <= bound
            # Five standard deviations of a uniform's sample mean and sample second moment.
            assert abs(values.mean().item()) < 5 * bound / math.sqrt(3 * num)
            second = values.square().mean().item() / (bound**2 / 3)
            assert second == pytest.approx(1, abs=5 * math.sqrt(0.8 / num))


@pytest.mark.parametrize("config", CONFIGS)
def test_initialization_sets_every_weight_and_bias(config):
    net = config.build(1, 1)
    with torch.no_grad():
        for param in net.parameters():
            param.fill_(torch.nan)
        config.initialize(net, torch.Generator().manual_seed(0))
    assert all(param.isfinite().all() for param in net.parameters())
    assert same_bits(net, network(config))


@pytest.mark.parametrize("config", CONFIGS)
def test_the_global_random_state_is_neither_changed_nor_read(config):
    torch.manual_seed(1)
    before = torch.get_rng_state()
    first = network(config)
    assert torch.equal(torch.get_rng_state(), before)
    torch.manual_seed(2)
    assert same_bits(first, network(config))


@pytest.mark.parametrize("config", CONFIGS)
def test_a_seed_means_the_same_bits_and_another_seed_others(config):
    assert same_bits(network(config, seed=3), network(config, seed=3))
    for one, other in zip(
        network(config, seed=3).parameters(), network(config, seed=4).parameters(), strict=True
    ):
        assert not torch.equal(one, other)


def test_siren2_without_noise_is_siren_to_the_bit():
    siren = network(SirenConfig(width=32, omega_first=70), seed=5)
    assert same_bits(network(Siren2Config(width=32, omega_first=70, s0=0, s1=0), seed=5), siren)
    assert not same_bits(network(Siren2Config(width=32, omega_first=70, s0=1, s1=0), seed=5), siren)


def test_noise_is_normal_of_deviation_s_over_omega_in_the_first_two_weight_matrices_only():
    sizes = {"width": 1024, "depth": 3, "omega_first": 60.0, "omega_hidden": 20.0}
    plain = network(SirenConfig(**sizes)).state_dict()
    noisy = network(Siren2Config(**sizes, s0=900, s1=0.5)).state_dict()
    deviations = {"linears.0.weight": 900 / 60, "linears.1.weight": 0.5 / 20}
    for name, values in plain.items():
        if name not in deviations:
            assert torch.equal(noisy[name], values), name
            continue
        unit = (noisy[name] - values).double() / deviations[name]
        num = unit.numel()
        assert abs(unit.mean().item()) < 5 / math.sqrt(num)
        assert unit.square().mean().item() == pytest.approx(1, abs=5 * math.sqrt(2 / num))
        assert unit.pow(4).mean().item() == pytest.approx(3, abs=5 * math.sqrt(96 / num))


@pytest.mark.parametrize(
    ("field", "value"),
    [(f, v) for f in ("width", "depth") for v in (0, -1, math.nan)]
    + [(f, v) for f in ("omega_first", "omega_hidden") for v in (0, -30, math.nan, math.inf)],
)
def test_a_siren_of_impossible_size_or_omega_is_refused_by_field(field, value):
    with refused("out-of-range", field, value):
        SirenConfig(**{field: value})


@pytest.mark.parametrize("field", ["s0", "s1"])
@pytest.mark.parametrize("value", [-0.1, math.nan, math.inf])
def test_an_impossible_noise_scale_is_refused_by_field(field, value):
    with refused("out-of-range", field, value):
        Siren2Config(**{"s0": 1, "s1": 1, field: value})


def test_noise_needs_two_hidden_layers():
    with refused("out-of-range", "depth", 1):
        Siren2Config(depth=1, s0=1, s1=1)
