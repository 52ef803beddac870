"""One contract over every way to compute a fit: they all are the reference, to rounding."""

import shutil
from dataclasses import replace

import numpy as np
import pytest
import torch
from torch.utils._python_dispatch import TorchDispatchMode

from inr_models import FitConfig, SirenConfig
from inr_models import make_network as make
from inr_models.fitting.optimizers.catalog import OPTIMIZERS
from inr_models.fitting.products import exact_linear, product_for
from inr_models.fitting.task import Task
from inr_models.fitting.threads import blocks_of, using_threads
from inr_models.fitting.training import Training
from tests.fitted import CONFIG, NETWORKS, assert_is_reference, network, problem, reference, results
from tests.refusals import refused

CUDA = pytest.param(
    "cuda", marks=pytest.mark.skipif(not torch.cuda.is_available(), reason="no GPU here")
)
PATHS = [
    (execution, step)
    for execution in ("loop", "stack")
    for step in ("eager", "blocked", "compiled")
]
LONG = [path for path in PATHS if path[1] == "compiled" or path == ("loop", "eager")]
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


@pytest.mark.parametrize(("execution", "step", "name"), list(cases()))
def test_the_first_20_epochs_are_those_of_float64_to_a_ten_thousandth_db(execution, step, name):
    by_seed = results(name, execution, step, 2)
    assert {(r.stack, r.path) for r in by_seed.values()} == {(1 + (execution == "stack"), step)}
    assert_is_reference(name, by_seed)


@pytest.mark.parametrize("optimizer", [name for name in OPTIMIZERS if name != "adam"])
@pytest.mark.parametrize(("execution", "step"), [path for path in PATHS if path[1] != "compiled"])
def test_every_optimizer_follows_its_papers_equations_on_every_path(execution, step, optimizer):
    name = "siren2 of an image"
    config = replace(CONFIG, optimizer=optimizer, learning_rate=OF_OPTIMIZERS[optimizer])
    by_seed = results(name, execution, step, 2, config)
    assert {(r.stack, r.path) for r in by_seed.values()} == {(1 + (execution == "stack"), step)}
    # L-BFGS divides by differences of gradients, which amplifies rounding.
    assert_is_reference(name, by_seed, config, atol=5e-3 if optimizer == "lbfgs" else 1e-4)


@pytest.mark.parametrize("device", [CUDA])
@pytest.mark.parametrize("name", NETWORKS)
@pytest.mark.parametrize(("execution", "step"), PATHS)
def test_a_gpu_and_its_graphs_agree_with_float64_too(execution, step, name, device):
    by_seed = results(name, execution, step, 2, device=device)
    assert {r.path for r in by_seed.values()} == {f"{step} graph"}
    assert_is_reference(name, by_seed)


@pytest.mark.parametrize(
    ("execution", "step"),
    [pytest.param(*path, marks=[pytest.mark.slow] if path in LONG else []) for path in PATHS],
)
def test_final_scores_over_ten_seeds_agree_within_three_standard_errors(execution, step):
    config = FitConfig(epochs=120, learning_rate=2e-3, decay=0.9, decay_every=20)
    by_seed = results("siren2 of an image", execution, step, 10, config)
    finals = np.array([result.psnr_final for result in by_seed.values()])
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


@pytest.mark.parametrize("num_coords", [1, 2, 3])
@pytest.mark.parametrize("num", [1, 4])
def test_the_first_layer_without_a_product_is_the_product(num, num_coords):
    torch.manual_seed(0)
    weights = torch.randn(num, 16, num_coords + 1)
    coords = torch.cat([torch.randn(num_coords, 50), torch.ones(1, 50)])
    product = exact_linear(weights, coords, torch.empty(num, 16, 50))
    torch.testing.assert_close(product, product_for(weights).multiply(weights, coords, None))


@pytest.mark.parametrize("is_intel", [True, False])
@pytest.mark.parametrize("num_threads", [1, 3])
def test_every_processor_and_number_of_threads_agrees_with_float64(
    is_intel, num_threads, monkeypatch
):
    monkeypatch.setattr("inr_models.fitting.products.is_intel", lambda: is_intel)
    monkeypatch.setattr("inr_models.fitting.threads.LARGE", 0)
    with using_threads(num_threads):
        by_seed = results("siren2", "loop", "blocked", 1)
        assert torch.get_num_threads() == num_threads
    assert_is_reference("siren2", by_seed)


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
