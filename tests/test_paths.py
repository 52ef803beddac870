"""One contract over every way to compute a fit: they all are the reference, to rounding."""

import gc
import shutil
import weakref
from dataclasses import replace
from functools import cache

import numpy as np
import pytest
import torch
from torch import Tensor
from torch.utils._python_dispatch import TorchDispatchMode

from benchmarks.reference import psnr_curve, sequential
from inr_models import FitConfig, FitResult, Siren2Config, SirenConfig, fit
from inr_models import make_network as make
from inr_models.fitting.blocked_step import BlockedStep
from inr_models.fitting.optimizers.catalog import OPTIMIZERS
from inr_models.fitting.products import exact_linear, product_for
from inr_models.fitting.stacking import halved_until_it_fits, networks_in, stack_size
from inr_models.fitting.task import Task
from inr_models.fitting.threads import blocks_of, using_threads
from inr_models.fitting.training import Training
from inr_models.networks.coordinate_mlp import CoordinateMLP
from tests.refusals import refused

CUDA = pytest.param(
    "cuda", marks=pytest.mark.skipif(not torch.cuda.is_available(), reason="no GPU here")
)
NETWORKS = {
    "siren": (SirenConfig(width=52, depth=4, omega_first=300), 1, 1),
    # Wide enough for oneDNN's product.
    "siren2": (Siren2Config(width=130, depth=3, s0=60.0, s1=0.5), 1, 1),
    "siren2 of an image": (Siren2Config(width=32, depth=3, s0=8.0, s1=0.4), 2, 3),
}
PATHS = [
    (execution, step)
    for execution in ("loop", "stack")
    for step in ("eager", "blocked", "compiled")
]
LONG = [path for path in PATHS if path[1] == "compiled" or path == ("loop", "eager")]
CONFIG = FitConfig(epochs=20, learning_rate=2e-4, decay=0.9, decay_every=7)
OF_OPTIMIZERS = {"muon": 2e-3, "lbfgs": 1e-3}
"""Learning rates with which the others learn as much."""


def cases():
    """Every path with every network; compiling takes long, so that is for later."""
    for path in PATHS:
        for name in NETWORKS:
            marks = []
            if path[1] == "compiled":
                marks.append(pytest.mark.skipif(not shutil.which("g++"), reason="no compiler"))
                marks.append(pytest.mark.slow)
            yield pytest.param(*path, name, marks=marks, id=f"{path[0]} {path[1]} {name}")


@cache
def problem(name: str) -> tuple[Tensor, Tensor]:
    """Coordinates and values of several CPU blocks, the last one shorter."""
    _, in_features, out_features = NETWORKS[name]
    if in_features == 1:
        coords = torch.linspace(-1, 1, 2500)[:, None]
        return coords, 0.8 * torch.sin(20 * (coords + 1.5) ** 2)
    axis = torch.linspace(-1, 1, 48)
    coords = torch.cartesian_prod(axis, axis)
    phases = 0.5 * torch.arange(out_features)
    return coords, 0.8 * torch.sin(4 * coords[:, :1] - 3 * coords[:, 1:] ** 2 + phases)


def network(name: str, seed: int) -> CoordinateMLP:
    config, in_features, out_features = NETWORKS[name]
    return make(config, in_features=in_features, out_features=out_features, seed=seed)


@cache
def reference(name: str, seed: int, config: FitConfig = CONFIG) -> np.ndarray:
    """[epochs] PSNR before each update, in float64."""
    coords, values = problem(name)
    model = sequential(network(name, seed)).double()
    return np.array(list(psnr_curve(model, coords.double(), values.double(), config)))


def results(name: str, execution: str, step: str, num: int, config=CONFIG, device="cpu"):
    nets = [network(name, seed).to(device) for seed in range(num)]
    coords, values = (t.to(device) for t in problem(name))
    return dict(fit(nets, coords, values, config, execution=execution, step=step))  # type: ignore[arg-type]


def assert_is_reference(
    name: str, found: dict[int, FitResult], config: FitConfig = CONFIG, atol: float = 1e-4
) -> None:
    for seed, result in found.items():
        expected = reference(name, seed, config)
        assert expected[-1] > expected[0] + 0.4, "nothing was learned"
        at = result.epochs < len(expected)
        np.testing.assert_allclose(result.psnr[at], expected[result.epochs[at]], rtol=0, atol=atol)


@pytest.mark.parametrize(("execution", "step", "name"), list(cases()))
def test_the_first_20_epochs_are_those_of_float64_to_a_ten_thousandth_db(execution, step, name):
    found = results(name, execution, step, 2)
    assert {(r.stack, r.path) for r in found.values()} == {(1 + (execution == "stack"), step)}
    assert_is_reference(name, found)


@pytest.mark.parametrize("optimizer", [name for name in OPTIMIZERS if name != "adam"])
@pytest.mark.parametrize(("execution", "step"), [path for path in PATHS if path[1] != "compiled"])
def test_every_optimizer_follows_its_papers_equations_on_every_path(execution, step, optimizer):
    name = "siren2 of an image"
    config = replace(CONFIG, optimizer=optimizer, learning_rate=OF_OPTIMIZERS[optimizer])
    found = results(name, execution, step, 2, config)
    assert {(r.stack, r.path) for r in found.values()} == {(1 + (execution == "stack"), step)}
    # L-BFGS divides by differences of gradients, which amplifies rounding.
    assert_is_reference(name, found, config, atol=5e-3 if optimizer == "lbfgs" else 1e-4)


@pytest.mark.parametrize("device", [CUDA])
@pytest.mark.parametrize("name", NETWORKS)
@pytest.mark.parametrize(("execution", "step"), PATHS)
def test_a_gpu_and_its_graphs_agree_with_float64_too(execution, step, name, device):
    found = results(name, execution, step, 2, device=device)
    assert {r.path for r in found.values()} == {f"{step} graph"}
    assert_is_reference(name, found)


@pytest.mark.parametrize(
    ("execution", "step"),
    [pytest.param(*path, marks=[pytest.mark.slow] if path in LONG else []) for path in PATHS],
)
def test_final_scores_over_ten_seeds_agree_within_three_standard_errors(execution, step):
    config = FitConfig(epochs=120, learning_rate=2e-3, decay=0.9, decay_every=20)
    found = results("siren2 of an image", execution, step, 10, config)
    finals = np.array([result.psnr_final for result in found.values()])
    # One epoch more, since the reference scores before its updates.
    longer = FitConfig(epochs=121, learning_rate=2e-3, decay=0.9, decay_every=20)
    expected = np.array([reference("siren2 of an image", s, longer)[-1] for s in range(10)])
    assert expected.mean() > 15
    differences = finals - expected
    assert abs(differences.mean()) <= 3 * differences.std(ddof=1) / np.sqrt(len(differences))
    assert abs(differences).max() < expected.std(ddof=1), "seeds are not paired"


class NoReads(TorchDispatchMode):
    """Fails where a number is brought to the host."""

    def __torch_dispatch__(self, func, types, args=(), kwargs=None):
        assert func is not torch.ops.aten._local_scalar_dense.default, "the host looked in"
        return func(*args, **(kwargs or {}))


@pytest.mark.parametrize("num", [1, 3])
@pytest.mark.parametrize(
    ("step", "optimizer"),
    [("eager", "adam"), *(("blocked", optimizer) for optimizer in OPTIMIZERS)],
)
def test_an_update_reads_nothing_back_to_the_host(step, optimizer, num):
    nets = [network("siren", seed) for seed in range(num)]
    task = Task(*problem("siren"), step=step, optimizer=optimizer)
    training = Training(nets, task, [1e-4] * 4)
    with NoReads():
        training.run(4)
        with pytest.raises(AssertionError, match="looked in"):
            training.errors[0, 0, 0].item()
    assert training.errors[:, :, :4].isfinite().all()


def test_where_memory_runs_out_the_stack_is_halved_and_all_are_fitted(monkeypatch):
    sizes = []

    def run(self, epochs):
        sizes.append(self.num_networks)
        if self.num_networks > 2:
            raise torch.OutOfMemoryError("CUDA out of memory")
        return real(self, epochs)

    real = Training.run
    expected = results("siren", "loop", "blocked", 7)
    monkeypatch.setattr(Training, "run", run)
    found = results("siren", "stack", "blocked", 7)
    assert sizes == [7, 4, 2, 2, 2, 1]
    assert sorted(found) == list(range(7))
    for index, result in found.items():
        np.testing.assert_allclose(result.psnr, expected[index].psnr, atol=1e-4)


def test_a_stack_that_is_too_large_to_be_timed_is_halved_as_well():
    def seconds(unit):
        if len(unit) > 3:
            raise torch.OutOfMemoryError("CUDA out of memory")
        return 1.0

    assert halved_until_it_fits(seconds, range(10)) == (range(3), 1.0)


def test_a_trainings_memory_is_freed_with_it():
    training = Training([network("siren", 0)], Task(*problem("siren")), [1e-4])
    assert isinstance(training.step, BlockedStep)
    work = weakref.ref(training.step.works[0])
    gc.disable()
    try:
        del training
        assert work() is None
    finally:
        gc.enable()


def test_one_network_that_memory_has_no_room_for_is_an_error(monkeypatch):
    def run(self, epochs):
        raise torch.OutOfMemoryError("CUDA out of memory")

    monkeypatch.setattr(Training, "run", run)
    with pytest.raises(torch.OutOfMemoryError):
        results("siren", "stack", "blocked", 2)


def test_a_stack_takes_what_memory_there_is():
    net = network("siren", 0)
    assert networks_in(0, net, 8192) == 1
    one = 1 / networks_in(1e12, net, 8192)
    assert networks_in(1e12, net, 2 * 8192) * one == pytest.approx(0.5, rel=0.01)
    # 11 pieces of 52 x 8,192 numbers and more are held of one network.
    assert 11 * 4 * 52 * 8192 < 1e12 * one < 2 * 11 * 4 * 52 * 8192
    assert stack_size([net] * 40, Task(*problem("siren")), "stack") < 40


@pytest.mark.parametrize("num_coords", [1, 2, 3])
@pytest.mark.parametrize("num", [1, 4])
def test_the_first_layer_without_a_product_is_the_product(num, num_coords):
    torch.manual_seed(0)
    weights = torch.randn(num, 16, num_coords + 1)
    coords = torch.cat([torch.randn(num_coords, 50), torch.ones(1, 50)])
    found = exact_linear(weights, coords, torch.empty(num, 16, 50))
    torch.testing.assert_close(found, product_for(weights).multiply(weights, coords, None))


@pytest.mark.parametrize("is_intel", [True, False])
@pytest.mark.parametrize("num_threads", [1, 3])
def test_every_processor_and_number_of_threads_agrees_with_float64(
    is_intel, num_threads, monkeypatch
):
    monkeypatch.setattr("inr_models.fitting.products.is_intel", lambda: is_intel)
    monkeypatch.setattr("inr_models.fitting.threads.LARGE", 0)
    with using_threads(num_threads):
        found = results("siren2", "loop", "blocked", 1)
        assert torch.get_num_threads() == num_threads
    assert_is_reference("siren2", found)


def test_the_bits_of_a_small_fit_do_not_depend_on_the_callers_threads():
    of_threads = []
    for num_threads in (1, 2):
        with using_threads(num_threads):
            of_threads.append(results("siren2", "loop", "blocked", 1)[0].psnr)
    np.testing.assert_array_equal(*of_threads)


@pytest.mark.parametrize(
    ("width", "num_samples", "step", "threads"),
    [
        (52, 150_000, "blocked", 3),
        (52, 8192, "blocked", 1),
        (222, 2048, "blocked", 1),
        (222, 8192, "eager", 3),
    ],
)
def test_the_shape_alone_chooses_the_threads(width, num_samples, step, threads):
    network = make(SirenConfig(width=width), in_features=1, out_features=1, seed=0)
    with using_threads(3):
        assert blocks_of(network, torch.zeros(num_samples, 1), step)[1] == threads
        assert blocks_of(network, torch.zeros(0, 1), step)[1] == 1
    with using_threads(1):
        assert blocks_of(network, torch.zeros(num_samples, 1), step)[1] == 1


def test_tf32_on_a_cpu_is_refused():
    with refused("unsupported", "precision", "tf32"):
        results("siren", "loop", "blocked", 1, FitConfig(epochs=1, precision="tf32"))
