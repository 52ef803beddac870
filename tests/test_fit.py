"""`fit()` against references in float64, and what it promises of its result."""

import math

import numpy as np
import pytest
import torch
from torch import Tensor
from torch.func import functional_call

from inr_models import FitConfig, FitResult, Siren2Config, SirenConfig, fit, make_network
from inr_models.fitting.metrics import curve_epochs, psnr_db
from inr_models.networks.coordinate_mlp import CoordinateMLP
from tests.refusals import refused

SIREN = SirenConfig(width=16, depth=3, omega_first=60)
SIREN2 = Siren2Config(width=16, depth=3, omega_first=30, omega_hidden=25, s0=40, s1=0.3)


def network(config: SirenConfig, seed: int = 0) -> CoordinateMLP:
    return make_network(config, in_features=1, out_features=1, seed=seed)


def fit_one(net: CoordinateMLP, problem: tuple[Tensor, Tensor], config: FitConfig) -> FitResult:
    [(index, result)] = fit([net], *problem, config)
    assert index == 0
    return result


def backprop(p: list[np.ndarray], x: np.ndarray, y: np.ndarray) -> tuple[float, list[np.ndarray]]:
    """MSE and its gradient for SIREN with two hidden layers, by hand; p = W1 b1 W2 b2 W3 b3."""
    w1, b1, w2, b2, w3, b3 = p
    u1 = 60 * (x @ w1.T + b1)
    u2 = 30 * (np.sin(u1) @ w2.T + b2)
    error = np.sin(u2) @ w3.T + b3 - y
    d3 = 2 * error / error.size
    d2 = 30 * np.cos(u2) * (d3 @ w3)
    d1 = 60 * np.cos(u1) * (d2 @ w2)
    grads = [d1.T @ x, d1.sum(0), d2.T @ np.sin(u1), d2.sum(0), d3.T @ np.sin(u2), d3.sum(0)]
    return float(np.mean(error**2)), grads


@pytest.mark.parametrize("updates", [1, 5])
def test_updates_are_adam_on_hand_written_gradients(chirp, updates):
    net = network(SirenConfig(width=16, depth=2, omega_first=60))
    result = fit_one(net, chirp, FitConfig(epochs=updates, learning_rate=1e-3))

    x, y = (t.double().numpy() for t in chirp)
    weights = [p.detach().double().numpy() for p in net.parameters()]
    mean, square, psnr = [0.0] * 6, [0.0] * 6, []
    for k in range(updates + 1):
        mse, grads = backprop(weights, x, y)
        psnr.append(-10 * math.log10(mse))
        if k == updates:
            break
        mean = [0.9 * m + 0.1 * g for m, g in zip(mean, grads, strict=True)]
        square = [0.999 * v + 0.001 * g**2 for v, g in zip(square, grads, strict=True)]
        unbias_m, unbias_v = 1 - 0.9 ** (k + 1), 1 - 0.999 ** (k + 1)
        weights = [
            w - 1e-3 * (m / unbias_m) / (np.sqrt(v / unbias_v) + 1e-8)
            for w, m, v in zip(weights, mean, square, strict=True)
        ]

    np.testing.assert_array_equal(result.epochs, range(updates + 1))
    np.testing.assert_allclose(result.psnr, psnr, atol=1e-4)
    assert result.epoch_of_peak == updates, "the best weights are not those after the last update"
    for best, expected in zip(result.best_weights.values(), weights, strict=True):
        np.testing.assert_allclose(best.numpy(), expected, rtol=0, atol=1e-3 * 1e-3)


@pytest.mark.parametrize("config", [SIREN, SIREN2])
def test_curve_is_that_of_float64_adam_with_step_decay(chirp, config):
    result = fit_one(
        network(config), chirp, FitConfig(epochs=30, learning_rate=1e-3, decay=0.3, decay_every=7)
    )
    net = network(config).double()
    coords, values = (t.double() for t in chirp)
    optimizer = torch.optim.Adam(net.parameters(), lr=1e-3)
    schedule = torch.optim.lr_scheduler.StepLR(optimizer, step_size=7, gamma=0.3)
    psnr = []
    for _ in range(31):
        optimizer.zero_grad()
        mse = (net(coords) - values).square().mean()
        mse.backward()
        psnr.append(-10 * math.log10(mse.item()))
        optimizer.step()
        schedule.step()
    assert max(psnr) - psnr[0] > 0.5, "nothing was learned"
    np.testing.assert_allclose(result.psnr, np.array(psnr)[result.epochs], atol=0.01)


def test_learning_rate_falls_by_the_decay_every_so_many_updates():
    config = FitConfig(epochs=30_000)
    rates = [config.learning_rate_at(k) for k in range(30_000)]
    assert rates[:20] == [1e-4] * 20
    assert rates[20:40] == pytest.approx([0.99e-4] * 20)
    assert sum(rates) == pytest.approx(0.2, rel=1e-5)


def test_best_weights_are_copies_that_reproduce_the_peak(chirp):
    net = network(SIREN)
    result = fit_one(net, chirp, FitConfig(epochs=20, learning_rate=0.01, decay=1))
    assert 0 < result.epoch_of_peak < 20, "the peak must lie inside for this test to tell"
    assert result.psnr_final < result.psnr_peak - 0.1
    error = functional_call(net, result.best_weights, (chirp[0],)) - chirp[1]
    assert psnr_db(error.double().square().mean().item()) == pytest.approx(
        result.psnr_peak, abs=1e-4
    )
    assert result.psnr_peak == pytest.approx(-10 * math.log10(result.mse_best))
    assert result.psnr_peak == max(result.psnr)
    assert result.epoch_of_peak == result.epochs[np.argmax(result.psnr)]


def test_networks_are_left_as_they_were(chirp):
    nets = [network(SIREN, seed) for seed in range(2)]
    before = [{k: v.clone() for k, v in net.state_dict().items()} for net in nets]
    for execution in ("loop", "stack"):
        for _, result in fit(nets, *chirp, FitConfig(epochs=3), execution=execution):
            assert result.epoch_of_peak > 0
        for net, state in zip(nets, before, strict=True):
            assert all(torch.equal(v, state[k]) for k, v in net.state_dict().items())
            assert all(p.grad is None for p in net.parameters())


def test_curve_has_log_spaced_epochs_from_0_to_the_last(chirp):
    for last in (0, 1, 7, 200, 30_000):
        epochs = curve_epochs(last)
        assert (epochs[0], epochs[-1]) == (0, last)
        assert (np.diff(epochs) > 0).all()
        assert len(epochs) <= 51
    np.testing.assert_array_equal(curve_epochs(7), range(8))
    late = epochs[epochs > 100]
    np.testing.assert_allclose(late[1:] / late[:-1], 30_000 ** (1 / 49), rtol=0.02)
    result = fit_one(network(SIREN), chirp, FitConfig(epochs=25))
    np.testing.assert_array_equal(result.epochs, curve_epochs(25))
    assert result.psnr_final == result.psnr[-1]


def test_snapshots_are_the_weights_after_their_epochs(chirp):
    config = FitConfig(epochs=60)
    net = network(SIREN)
    [(_, result)] = fit([net], *chirp, config, snapshots=(0, 7, 60))
    assert list(result.snapshots) == [0, 7, 60]
    coords, values = chirp
    curve = dict(zip(result.epochs.tolist(), result.psnr.tolist(), strict=True))
    for epoch, weights in result.snapshots.items():
        output = functional_call(net, weights, (coords,))
        assert psnr_db(float((output - values).square().mean())) == pytest.approx(
            curve[epoch], abs=1e-3
        )
    assert fit_one(net, chirp, config).snapshots == {}


def test_snapshots_of_a_stack_are_those_of_its_networks(chirp):
    nets = [network(SIREN, seed) for seed in (0, 1)]
    stack = [result for _, result in fit(nets, *chirp, FitConfig(epochs=3), snapshots=(0, 2),
                                         execution="stack")]  # fmt: skip
    for net, result in zip(nets, stack, strict=True):
        [(_, alone)] = fit([net], *chirp, FitConfig(epochs=3), snapshots=(0, 2))
        for epoch in (0, 2):
            torch.testing.assert_close(result.snapshots[epoch], alone.snapshots[epoch])


@pytest.mark.parametrize("epoch", [-1, 4, 1.5, None])
def test_a_snapshot_that_is_no_epoch_of_the_fit_is_refused(chirp, epoch):
    kind = "out-of-range" if isinstance(epoch, int) else "wrong-kind"
    with refused(kind, "snapshots", epoch):
        list(fit([network(SIREN)], *chirp, FitConfig(epochs=3), snapshots=(epoch,)))
