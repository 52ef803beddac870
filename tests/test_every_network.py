"""One contract that every network of the project passes."""

import copy
import dataclasses
import shutil
from types import SimpleNamespace

import numpy as np
import pytest
import torch
from torch import Tensor

from benchmarks.reference import psnr_curve
from inr_models import FitConfig, fit, make_network, with_width
from inr_models.fitting.blocked_step import has_slopes
from inr_models.fitting.fit import _check_tf32
from inr_models.fitting.objective import REGRESSION
from inr_models.fitting.task import Task
from inr_models.fitting.training import Training
from inr_models.networks.catalog import WITHOUT_TF32
from inr_models.networks.coordinate_mlp import CoordinateMLP
from tests.every_network import EVERY
from tests.refusals import refused

CONFIG = FitConfig(epochs=20, learning_rate=2e-4, decay=0.9, decay_every=7)
BY_NAME = pytest.mark.parametrize("name", EVERY)
WAYS = [
    (execution, step) for execution in ("loop", "stack") for step in ("eager", "blocked")
]  # fmt: skip


def network(name: str, seed: int = 0, d: int = 1, c: int = 1) -> CoordinateMLP:
    return make_network(EVERY[name], in_features=d, out_features=c, seed=seed)


def problem(d: int = 1) -> tuple[Tensor, Tensor]:
    """Coordinates and values of several CPU blocks, the last one shorter: a sound, an image."""
    if d == 1:
        coords = torch.linspace(-1, 1, 1500)[:, None]
        return coords, 0.8 * torch.sin(12 * (coords + 1.5) ** 2)
    coords = torch.cartesian_prod(*[torch.linspace(-1, 1, 36)] * 2)
    return coords, 0.8 * torch.sin(4 * coords[:, :1] - 3 * coords[:, 1:] ** 2 + torch.arange(3.0))


def doubled(net: CoordinateMLP) -> CoordinateMLP:
    """The same network in float64, or complex128."""
    double = copy.deepcopy(net)
    for module in double.modules():
        for name, tensor in [*module._parameters.items(), *module._buffers.items()]:
            if tensor is not None:
                kind = torch.complex128 if tensor.is_complex() else torch.float64
                store = module._parameters if name in module._parameters else module._buffers
                moved = tensor.detach().to(kind)
                trained = store is module._parameters
                store[name] = torch.nn.Parameter(moved) if trained else moved
    return double


@BY_NAME
@pytest.mark.parametrize(("d", "c"), [(1, 1), (2, 3), (3, 1)])
def test_it_maps_any_number_of_coordinates_to_any_number_of_real_values(name, d, c):
    net = network(name, d=d, c=c)
    out = net(torch.rand(7, d) * 2 - 1)
    assert out.shape == (7, c)
    assert out.dtype == torch.float32
    assert out.std() > 1e-3, "the output is constant"
    assert net.num_parameters() == EVERY[name].num_parameters(in_features=d, out_features=c)


@BY_NAME
def test_gradients_are_those_of_differences_in_float64(name):
    # As published, these two leave out the slope of |z| + 1.
    is_exact = name not in ("finer", "finer_pp")
    net = doubled(network(name))
    coords = torch.linspace(-0.9, 0.83, 11, dtype=torch.float64)[:, None]
    names, params = zip(*net.named_parameters(), strict=True)

    def output(*values: Tensor) -> Tensor:
        return torch.func.functional_call(net, dict(zip(names, values, strict=True)), (coords,))

    agrees = torch.autograd.gradcheck(
        output, params, eps=1e-7, atol=1e-4, fast_mode=True, raise_exception=False
    )
    assert agrees == is_exact


@BY_NAME
def test_initialization_sets_every_number_and_one_step_moves_it(name):
    net = EVERY[name].build(1, 1)
    with torch.no_grad():
        for tensor in [*net.parameters(), *net.encoding.buffers()]:
            tensor.fill_(torch.nan)
        EVERY[name].initialize(net, torch.Generator().manual_seed(0))
    assert all(torch.isfinite(torch.view_as_real(p) if p.is_complex() else p).all()
               for p in [*net.parameters(), *net.encoding.buffers()])  # fmt: skip
    training = Training([net], Task(*problem()), [1e-3])
    before = training.theta.clone()
    training.run(1)
    # A ReLU of which no sample is positive has no gradient, nor has what feeds it; Gaussians and
    # wavelets are 0 in float32 far out, and an imaginary output bias is no part of the value.
    least = {"relu_pe": 0.7, "relu_pe_authors": 0.7, "gauss": 0.9, "wire": 0.9}.get(name, 1.0)
    assert (training.theta != before).float().mean() >= least


@BY_NAME
def test_a_seed_means_the_same_bits_another_seed_others_and_torchs_own_state_is_left(name):
    torch.manual_seed(1)
    state = torch.get_rng_state()
    first = network(name, seed=3)
    assert torch.equal(torch.get_rng_state(), state)
    torch.manual_seed(2)
    again, other = network(name, seed=3).state_dict(), network(name, seed=4).state_dict()
    for key, values in first.state_dict().items():
        assert torch.equal(values, again[key]), key
        constant = "activations" in key
        assert torch.equal(values, other[key]) == constant, key


@BY_NAME
@pytest.mark.parametrize("d", [1, 2])
@pytest.mark.parametrize(("execution", "step"), WAYS)
def test_every_way_to_fit_it_is_float64_to_a_ten_thousandth_db(name, d, execution, step):
    coords, values = problem(d)
    nets = [network(name, seed, d, values.shape[1]) for seed in range(2)]
    if step == "blocked" and not has_slopes(nets[0]):
        pytest.skip("no slopes in closed form")
    results = dict(fit(nets, coords, values, CONFIG, execution=execution, step=step))
    assert results.keys() == {0, 1}
    for seed, result in results.items():
        assert (result.stack, result.path) == (1 + (execution == "stack"), step)
        curve = psnr_curve(doubled(nets[seed]), coords.double(), values.double(), CONFIG)
        expected = np.array(list(curve))
        assert expected[-1] > expected[0] + 0.1, "nothing was learned"
        at = result.epochs < len(expected)
        np.testing.assert_allclose(result.psnr[at], expected[result.epochs[at]], rtol=0, atol=1e-4)


@BY_NAME
def test_a_checkpoint_goes_on_to_the_bit_and_the_best_weights_give_the_best_score(name):
    rates = [5e-4] * 12
    whole = Training([network(name)], Task(*problem()), rates)
    whole.run(12)
    part = Training([network(name)], Task(*problem()), rates)
    part.run(5)
    resumed = Training([network(name)], Task(*problem()), rates)
    resumed.theta.fill_(torch.nan)
    resumed.load(part.save())
    resumed.run(7)
    assert torch.equal(resumed.theta, whole.theta)
    assert torch.equal(resumed.errors[..., :12], whole.errors[..., :12])
    net, (coords, values) = network(name), problem()
    net.load_state_dict(whole.best_weights()[0], strict=False)
    score = (net(coords) - values).square().mean()
    torch.testing.assert_close(score, whole.best_error[0], rtol=1e-4, atol=0)


@pytest.mark.parametrize(
    "name",
    [n if n in ("finer", "wire") else pytest.param(n, marks=pytest.mark.slow) for n in EVERY],
)
@pytest.mark.skipif(not shutil.which("g++"), reason="no compiler")
def test_compiled_it_is_what_it_is(name):
    coords, values = problem()
    net = network(name)
    compiled = torch.compile(copy.deepcopy(net))
    for one in (net, compiled):
        (one(coords) - values).square().mean().backward()
    torch.testing.assert_close(compiled(coords), net(coords), rtol=1e-4, atol=1e-5)
    for ours, theirs in zip(compiled.parameters(), net.parameters(), strict=True):
        torch.testing.assert_close(ours.grad, theirs.grad, rtol=1e-3, atol=1e-5)


@pytest.mark.slow
@pytest.mark.parametrize("name", [n for n in EVERY if has_slopes(network(n))])
@pytest.mark.parametrize("execution", ["loop", "stack"])
@pytest.mark.skipif(not shutil.which("g++"), reason="no compiler")
def test_its_compiled_blocks_are_float64_too(name, execution):
    coords, values = problem()
    nets = [network(name, seed) for seed in range(2)]
    results = dict(fit(nets, coords, values, CONFIG, execution=execution, step="compiled"))
    curve = psnr_curve(doubled(nets[1]), coords.double(), values.double(), CONFIG)
    expected = np.array(list(curve))
    result = results[1]
    at = result.epochs < len(expected)
    np.testing.assert_allclose(result.psnr[at], expected[result.epochs[at]], rtol=0, atol=1e-4)


CONSTANTS = ("omega_first", "omega_hidden", "scale", "beta", "sigma")


def constants(name: str) -> dict[str, float]:
    """Return the constants of a network's activations and encoding, by field."""
    config = EVERY[name]
    return {field: getattr(config, field) for field in CONSTANTS if hasattr(config, field)}


def test_every_network_but_relu_has_a_constant():
    assert {name for name in EVERY if not constants(name)} == {"relu_pe", "relu_pe_authors"}


@pytest.mark.parametrize("name", [name for name in EVERY if constants(name)])
def test_stacked_networks_keep_their_own_constants(name):
    config = EVERY[name]
    changed = {field: 1.3 * value for field, value in constants(name).items()}
    coords, values = problem()
    nets = [
        make_network(c, in_features=1, out_features=1, seed=0)
        for c in (config, dataclasses.replace(config, **changed))
    ]
    alone, together = (
        dict(fit(nets, coords, values, CONFIG, execution=e)) for e in ("loop", "stack")
    )
    assert abs(alone[0].psnr_peak - alone[1].psnr_peak) > 1e-2
    for index, result in alone.items():
        np.testing.assert_allclose(together[index].psnr, result.psnr, atol=1e-4)


@BY_NAME
def test_products_are_counted_as_torch_counts_them(name):
    from torch.utils.flop_counter import FlopCounterMode

    net = network(name)
    coords, values = problem()
    with FlopCounterMode(display=False) as counter:
        (net(coords) - values).square().mean().backward()
    counted = counter.get_total_flops() / len(coords)
    if EVERY[name].is_complex:
        # torch counts a complex product as a real one, and it is four. The first layer's is real.
        first = 2 * 2 * EVERY[name].width
        counted = first + 4 * (counted - first)
    # What makes a matrix of a tensor train's cores is the same for any number of samples.
    slack = 0.1 if name == "siren2_tt" else 0.01
    ours = EVERY[name].flops_per_sample(in_features=1, out_features=1)
    assert ours == pytest.approx(counted, rel=slack)


@BY_NAME
def test_its_width_changes_with_what_follows_from_it_alone(name):
    wider = with_width(EVERY[name], 48)
    assert wider.width == 48
    before = dataclasses.asdict(EVERY[name])
    follows = {field: before[field] for field in EVERY[name].fields_at(48)}
    assert dataclasses.asdict(wider) | follows == before
    allowed = {
        "siren2_tt": {"width", "tt_modes"},
        "siren_rff": {"width", "num_frequencies"},
        "siren_rff_authors": {"width", "num_frequencies"},
    }
    assert follows.keys() == allowed.get(name, {"width"})


@pytest.mark.parametrize("name", ["siren", "siren_rff_authors", "wire"])
def test_a_direct_fit_refuses_tf32_where_studies_do(name, monkeypatch):
    """The card is made up, since the check asks it for two facts alone."""
    monkeypatch.setattr(torch.cuda, "get_device_capability", lambda device: (9, 0))
    network = make_network(EVERY[name], in_features=1, out_features=1, seed=0)
    coords = SimpleNamespace(device=torch.device("cuda"))
    task = SimpleNamespace(coords=coords, step=None, objective=REGRESSION)
    if name in WITHOUT_TF32:
        with refused("unsupported", "precision", "tf32"):
            _check_tf32(network, task)
    else:
        _check_tf32(network, task)


def test_tf32_is_not_for_networks_that_autograd_alone_trains_or_with_huge_phases():
    networks = {
        name: make_network(EVERY[name], in_features=1, out_features=1, seed=0) for name in EVERY
    }
    without_slopes = {name for name in networks if not has_slopes(networks[name])}
    assert without_slopes | {"siren_rff_authors"} == set(WITHOUT_TF32)
