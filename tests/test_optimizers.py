"""What every optimizer must do, and what each of them is."""

import math

import pytest
import torch
from torch import Tensor
from torch.optim import _muon as torch_muon

from inr_models import FitConfig, Siren2Config, SirenConfig, WireConfig, fit, make_network
from inr_models.fitting.layout import Layout
from inr_models.fitting.optimizers.catalog import OPTIMIZERS
from inr_models.fitting.optimizers.muon import hidden_matrices, nearly_orthogonal
from inr_models.fitting.signed_distance import SignedDistance
from inr_models.fitting.task import Task
from inr_models.fitting.training import Training
from inr_models.networks.coordinate_mlp import CoordinateMLP
from tests.refusals import refused

COORDS = torch.linspace(-1, 1, 600)[:, None]
VALUES = 0.8 * torch.sin(20 * (COORDS + 1.5) ** 2)
EVERY = pytest.mark.parametrize("optimizer", OPTIMIZERS)
RATES = {"adam": 1e-3, "muon": 2e-3, "lbfgs": 5e-3}


def network(seed: int = 0, depth: int = 3) -> CoordinateMLP:
    config = Siren2Config(width=16, depth=depth, s0=40.0, s1=0.5)
    return make_network(config, in_features=1, out_features=1, seed=seed)


def training(optimizer: str, epochs: int, num: int = 1) -> Training:
    nets = [network(seed) for seed in range(num)]
    return Training(nets, Task(COORDS, VALUES, optimizer=optimizer), [RATES[optimizer]] * epochs)


@EVERY
def test_a_checkpoint_goes_on_to_the_bit(optimizer):
    whole, part, resumed = (training(optimizer, 40, num=2) for _ in range(3))
    whole.run(40)
    part.run(17)
    resumed.theta.fill_(torch.nan)
    resumed.load(part.save())
    resumed.run(23)
    assert torch.equal(resumed.theta, whole.theta)
    assert torch.equal(resumed.errors[..., :40], whole.errors[..., :40])


def test_a_checkpoint_of_another_optimizer_is_not_continued():
    muon, adam = training("muon", 8), training("adam", 8)
    muon.run(3)
    adam.load(muon.save())
    assert adam.epoch == 0


@EVERY
def test_no_network_of_a_stack_sees_another(optimizer):
    together, alone = training(optimizer, 12, num=3), training(optimizer, 12)
    together.run(12)
    alone.run(12)
    torch.testing.assert_close(
        together.errors[:, :1], alone.errors, rtol=2e-3, atol=0, equal_nan=True
    )


@EVERY
def test_it_learns_with_as_many_gradients_as_epochs(optimizer, monkeypatch):
    gradients = []

    def counted(self, theta, gradient, epoch):
        gradients.append(gradient is not None)
        return real(self, theta, gradient, epoch)

    step = type(training(optimizer, 1).step)
    real = step.__call__
    monkeypatch.setattr(step, "__call__", counted)
    config = FitConfig(epochs=60, learning_rate=RATES[optimizer], optimizer=optimizer)
    ((_, result),) = fit([network()], COORDS, VALUES, config)
    assert gradients == [True] * 60 + [False]
    assert result.psnr_peak > result.psnr[0] + 3


@EVERY
def test_a_rate_of_zero_moves_nothing(optimizer):
    still = Training([network()], Task(COORDS, VALUES, optimizer=optimizer), [0.0] * 5)
    before = still.theta.clone()
    still.run(5)
    assert torch.equal(still.theta, before)


def test_muon_orthogonalizes_as_torch_does_to_bfloat16():
    torch.manual_seed(0)
    for shape in ((16, 16), (8, 24), (24, 8)):
        matrices = torch.randn(3, *shape)
        expected = [
            torch_muon._zeropower_via_newtonschulz(
                matrix, (torch_muon.DEFAULT_A, torch_muon.DEFAULT_B, torch_muon.DEFAULT_C), 5, 1e-7
            )
            for matrix in matrices
        ]
        orthogonal = nearly_orthogonal(matrices)
        assert (orthogonal - torch.stack(expected).float()).norm() < 0.03 * orthogonal.norm()


def test_an_update_of_muon_is_that_of_torch_and_adam_moves_the_rest():
    muon, adam = training("muon", 1), training("adam", 1)
    layout, names = Layout(network()), hidden_matrices(network())
    assert names == ["linears.1.weight", "linears.2.weight"]
    before = layout.unpack(muon.theta[0].clone())
    adam.step(adam.theta, adam.gradient, 0)
    slopes = layout.unpack(adam.gradient[0].clone())
    muon.run(1)
    adam.run(1)
    of_muon, of_adam = layout.unpack(muon.theta[0]), layout.unpack(adam.theta[0])
    for name, after in of_muon.items():
        if name not in names:
            step = (of_adam[name] - before[name]) * RATES["muon"] / RATES["adam"]
            torch.testing.assert_close(after - before[name], step, rtol=1e-3, atol=1e-7)
            continue
        expected = torch.nn.Parameter(before[name].clone())
        expected.grad = slopes[name].clone()
        options = {"weight_decay": 0.0, "adjust_lr_fn": "match_rms_adamw"}
        torch.optim.Muon([expected], lr=RATES["muon"], **options).step()
        moved = expected.detach() - before[name]
        assert (after - expected.detach()).norm() < 0.03 * moved.norm()


class Spent(Exception):
    """The evaluations are used up."""


def by_torch(net: CoordinateMLP, num: int) -> list[float]:
    """Return the errors of all evaluations of torch's L-BFGS with its line search."""
    unit = Training([net], Task(COORDS, VALUES), [0.0])
    theta = torch.nn.Parameter(unit.theta.clone())
    errors: list[float] = []

    def closure() -> Tensor:
        if len(errors) == num:
            raise Spent
        (error,) = unit.step(theta.detach(), unit.gradient, 0)
        theta.grad = unit.gradient.clone()
        errors.append(float(error))
        return error[0]

    optimizer = torch.optim.LBFGS(
        [theta], max_iter=10 * num, max_eval=10 * num, tolerance_grad=0, tolerance_change=0,
        history_size=100, line_search_fn="strong_wolfe",
    )  # fmt: skip
    with pytest.raises(Spent):
        optimizer.step(closure)
    return errors


def test_lbfgs_is_as_good_as_torchs_at_equal_evaluations():
    config = FitConfig(epochs=200, learning_rate=1e-2, decay=1.0, optimizer="lbfgs")
    nets = [network(seed) for seed in range(4)]
    ours = [result.psnr_peak for _, result in fit(nets, COORDS, VALUES, config)]
    torchs = [-10 * math.log10(min(by_torch(net, 200))) for net in nets]
    assert min(ours) > 30
    assert sum(ours) / 4 > sum(torchs) / 4 - 1


def test_lbfgs_never_steps_farther_than_the_learning_rate():
    unit = training("lbfgs", 60)
    accepted = unit.optimizer.state["x"]
    for _ in range(60):
        unit.run(1)
        step = (unit.theta - accepted).square().mean().sqrt()
        assert step <= 1.001 * RATES["lbfgs"]


def test_lbfgs_goes_on_after_steps_that_lower_nothing(monkeypatch):
    """An error that is finite at the start alone, so that every search ends without a point."""
    unit = training("lbfgs", 60)
    real = unit.step

    def walled(theta, gradient, epoch):
        (error,) = real(theta, gradient, epoch)
        return (torch.where((theta == start).all(1), error, torch.inf),)

    start = unit.theta.clone()
    monkeypatch.setattr(unit, "step", walled)
    unit.run(60)
    assert unit.theta.isfinite().all()
    assert torch.equal(unit.optimizer.state["x"], start)


def test_what_an_optimizer_cannot_train_is_refused():
    wire = make_network(WireConfig(width=8, depth=2), in_features=1, out_features=1, seed=0)
    shallow = make_network(SirenConfig(width=8, depth=1), in_features=1, out_features=1, seed=0)
    for net in (wire, shallow):
        with refused("unsupported", "optimizer", "muon"):
            fit([net], COORDS, VALUES, FitConfig(epochs=1, optimizer="muon"))
    net = make_network(SirenConfig(width=8, depth=2), in_features=3, out_features=1, seed=0)
    shape = torch.zeros(4, 3), torch.zeros(4, 5)
    with refused("unsupported", "optimizer", "lbfgs"):
        fit([net], *shape, FitConfig(epochs=1, optimizer="lbfgs"), objective=SignedDistance())
