"""Stacks and loops, divergence, and fits that go on from a checkpoint."""

import io
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest
import torch
from torch.func import functional_call

from inr_models import FitConfig, FitResult, Siren2Config, SirenConfig, fit, make_network
from inr_models.fitting.metrics import psnr_db
from inr_models.networks.coordinate_mlp import CoordinateMLP

EXECUTIONS = ("loop", "stack")
CONFIG = FitConfig(epochs=20, learning_rate=1e-3, decay=0.5, decay_every=6)
EARLY_PEAK = FitConfig(epochs=20, learning_rate=0.015, decay=1, decay_every=6)


def networks(num: int = 4) -> list[CoordinateMLP]:
    """Return a SIREN, then SIREN²s of the same shape and other omegas."""
    configs: list[SirenConfig] = [SirenConfig(width=16, depth=3, omega_first=60)]
    configs += [Siren2Config(width=16, depth=3, s0=20 * i, s1=0.2 * i) for i in range(1, num)]
    return [make_network(c, in_features=1, out_features=1, seed=i) for i, c in enumerate(configs)]


def fit_all(nets: Sequence[CoordinateMLP], problem, config=CONFIG, **options) -> list[FitResult]:
    results = dict(fit(nets, *problem, config, **options))
    assert sorted(results) == list(range(len(nets)))
    return [results[i] for i in range(len(nets))]


def assert_same_bits(one: FitResult, other: FitResult) -> None:
    for field in ("mse_best", "epoch_of_peak", "psnr_final", "epochs", "psnr", "diverged"):
        np.testing.assert_array_equal(getattr(one, field), getattr(other, field), err_msg=field)
    assert one.best_weights.keys() == other.best_weights.keys()
    for name, weights in one.best_weights.items():
        assert torch.equal(weights, other.best_weights[name]), name


def test_a_stack_of_unlike_omegas_trains_as_each_network_alone(chirp):
    alone = fit_all(networks(), chirp, execution="loop")
    together = fit_all(networks(), chirp, execution="stack")
    assert len({round(r.psnr_final, 2) for r in alone}) == 4, "the networks must be told apart"
    for one, other in zip(alone, together, strict=True):
        assert (one.stack, other.stack) == (1, 4)
        assert one.psnr_peak > one.psnr[0] + 0.1
        np.testing.assert_allclose(one.psnr, other.psnr, atol=1e-3)
        assert one.best_weights.keys() == other.best_weights.keys()
        for name, weights in one.best_weights.items():
            assert torch.allclose(weights, other.best_weights[name], rtol=0, atol=2e-5), name


@pytest.mark.parametrize("execution", EXECUTIONS)
def test_every_network_has_a_peak_of_its_own(chirp, execution):
    nets = networks(3)
    results = fit_all(nets, chirp, EARLY_PEAK, execution=execution)
    assert len({r.epoch_of_peak for r in results}) == 3, "the peaks must differ to be told apart"
    for net, result in zip(nets, results, strict=True):
        assert result.psnr_peak == max(result.psnr)
        assert result.epoch_of_peak == result.epochs[np.argmax(result.psnr)]
        error = functional_call(net, result.best_weights, (chirp[0],)) - chirp[1]
        assert psnr_db(error.square().mean().item()) == pytest.approx(result.psnr_peak, abs=1e-3)


def test_a_cpu_takes_one_after_the_other(chirp):
    short = tuple(t[:200] for t in chirp)
    results = fit_all(networks(3), short, FitConfig(epochs=2), execution="auto")
    alone = fit_all(networks(3), short, FitConfig(epochs=2), execution="loop")
    for one, other in zip(results, alone, strict=True):
        assert one.stack == 1
        assert_same_bits(one, other)


def test_more_networks_than_a_stack_holds_are_all_fitted(chirp):
    problem = tuple(t[:300] for t in chirp)
    results = fit_all(networks(18), problem, FitConfig(epochs=1), execution="stack")
    alone = fit_all(networks(18)[17:], problem, FitConfig(epochs=1), execution="loop")
    np.testing.assert_allclose(results[17].psnr, alone[0].psnr, atol=1e-3)


def test_a_diverged_replicate_is_marked_and_leaves_the_others_as_they_were(chirp):
    healthy = fit_all(networks(3), chirp, execution="stack")
    nets = networks(3)
    with torch.no_grad():
        nets[1].linears[-1].bias.fill_(1e20)
    results = fit_all(nets, chirp, execution="stack")
    assert [r.diverged for r in results] == [False, True, False]
    assert_same_bits(results[0], healthy[0])
    assert_same_bits(results[2], healthy[2])
    assert np.isnan(results[1].psnr_final)
    assert len(results[1].psnr) == 0


class PowerCut(Exception):
    pass


class Memory:
    """Keeps checkpoints in memory, with a power cut after save number `cut`."""

    def __init__(self, cut: int = 0) -> None:
        self.states: dict[tuple[int, ...], bytes] = {}
        self.saves, self.cut = 0, cut

    def load(self, indices: tuple[int, ...]) -> bytes | None:
        return self.states.get(indices)

    def save(self, indices: tuple[int, ...], state: bytes) -> None:
        self.states[indices] = state
        self.saves += 1
        if self.saves == self.cut:
            raise PowerCut


@pytest.mark.parametrize("execution", EXECUTIONS)
def test_a_fit_that_diverges_ends_early_with_its_finite_part(chirp, execution):
    nets, memory = networks(2), Memory()
    config = FitConfig(epochs=10_000, learning_rate=1e30, decay_every=5)
    results = fit_all(
        nets, chirp, config, execution=execution, checkpoints=memory, checkpoint_seconds=0
    )
    assert memory.saves <= 2, "it went on after the first look"
    for net, result in zip(nets, results, strict=True):
        assert result.diverged
        assert np.isnan(result.psnr_final)
        np.testing.assert_array_equal(result.epochs, [0])
        assert result.psnr_peak == result.psnr[0]
        assert all(torch.equal(p, result.best_weights[k]) for k, p in net.named_parameters())


@pytest.mark.parametrize("config", [CONFIG, EARLY_PEAK])
@pytest.mark.parametrize(
    ("execution", "cut"), [("stack", 1), ("stack", 3), ("loop", 1), ("loop", 4), ("loop", 7)]
)
def test_a_fit_that_was_cut_off_goes_on_to_the_same_bits(
    chirp, config, execution, cut, monkeypatch
):
    monkeypatch.setattr("inr_models.fitting.unit_run.LOOK_EVERY", 6)
    options = {"execution": execution, "checkpoint_seconds": 0}
    whole = fit_all(networks(2), chirp, config, **options)
    if config is EARLY_PEAK:
        assert whole[1].epoch_of_peak < 18, "the third save must come after the peak"
    memory = Memory(cut)
    with pytest.raises(PowerCut):
        fit_all(networks(2), chirp, config, **options, checkpoints=memory)
    resumed = fit_all(networks(2), chirp, config, **options, checkpoints=memory)
    # Saves at the epochs 6, 12, 18 and 20.
    assert memory.saves == (4 if execution == "stack" else 8), "it began again"
    for one, other in zip(whole, resumed, strict=True):
        assert_same_bits(one, other)


def saved(state: object) -> bytes:
    buffer = io.BytesIO()
    torch.save(state, buffer)
    return buffer.getvalue()


def test_a_checkpoint_of_another_version_or_a_damaged_one_is_no_checkpoint(chirp, monkeypatch):
    monkeypatch.setattr("inr_models.fitting.unit_run.LOOK_EVERY", 6)
    whole = fit_all(networks(1), chirp)
    memory = Memory()
    fit_all(networks(1), chirp, checkpoints=memory, checkpoint_seconds=0)
    content = memory.states[(0,)]
    good = torch.load(io.BytesIO(content), weights_only=True)
    for bad in (
        b"",
        content[: len(content) // 2],
        content[:200] + bytes(400) + content[600:],
        saved([good]),
        saved({"params": {}, "epoch": 7}),
        saved({**good, "epoch": 10**9}),
        saved({**good, "theta": good["theta"][:, :-1]}),
        saved({**good, "theta": None}),
        saved({name: value for name, value in good.items() if name != "mean"}),
    ):
        memory.states[(0,)] = bad
        assert_same_bits(fit_all(networks(1), chirp, checkpoints=memory)[0], whole[0])


class Touch:
    def __init__(self, path: Path) -> None:
        self.path = path

    def __reduce__(self):
        return Path.touch, (self.path,)


def test_a_checkpoint_that_carries_code_is_no_checkpoint_and_not_run(chirp, tmp_path):
    marker = tmp_path / "ran"
    memory = Memory()
    memory.states[(0,)] = saved({"params": Touch(marker)})
    (fitted,) = fit_all(networks(1), chirp, checkpoints=memory)
    assert_same_bits(fitted, fit_all(networks(1), chirp)[0])
    assert not marker.exists()
    torch.load(io.BytesIO(memory.states[(0,)]), weights_only=False)
    assert marker.exists(), "the code would not have run anyway"
