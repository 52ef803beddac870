"""A new objective is one class: a fit takes it, a key knows it, a row shows it."""

import dataclasses
import json

import numpy as np
import pytest
import torch

from inr_models import FitConfig, SirenConfig, fit, make_network
from inr_models.fitting.objective import REGRESSION
from inr_models.fitting.task import Task
from inr_models.fitting.training import Training
from studies.engine.planning.trial import Trial
from studies.engine.running.batch import run_batch
from studies.engine.signals.signal import coordinates
from studies.engine.store.store import Store
from tests.fakes.runs import make_signal
from tests.toy_objectives import HeldOut, Slope

COORDS = torch.from_numpy(coordinates((600,)))
VALUES = 0.5 * torch.sin(25 * COORDS) + 0.3 * torch.rand(
    600, 1, generator=torch.Generator().manual_seed(0)
)
CONFIG = FitConfig(epochs=60, learning_rate=1e-3)


def networks(num: int = 1) -> list:
    config = SirenConfig(width=24, depth=2)
    return [make_network(config, in_features=1, out_features=1, seed=seed) for seed in range(num)]


def trained(objective, values=VALUES, **options) -> Training:
    rates = [CONFIG.learning_rate_at(epoch) for epoch in range(CONFIG.epochs)]
    training = Training(networks(), Task(COORDS, values, objective, **options), rates)
    training.run(CONFIG.epochs)
    training.score()
    return training


def test_the_fast_path_and_autograd_agree_on_both_errors():
    fast, slow = trained(HeldOut()), trained(HeldOut(), step="eager")
    assert (fast.path, slow.path) == ("blocked", "eager")
    assert fast.errors.shape == (2, 1, CONFIG.epochs + 1)
    torch.testing.assert_close(fast.errors, slow.errors, rtol=1e-3, atol=0)
    assert fast.errors[0, 0, -1] < 0.5 * fast.errors[0, 0, 0], "nothing was learned"


def test_samples_that_are_held_out_do_not_train():
    changed = VALUES.clone()
    changed[::4] = 1
    mine, other = trained(HeldOut()), trained(HeldOut(), changed)
    assert torch.equal(mine.theta, other.theta)
    assert not torch.equal(mine.errors[1], other.errors[1])
    changed[1] = 1
    assert not torch.equal(mine.theta, trained(HeldOut(), changed).theta)


@pytest.mark.parametrize("execution", ["loop", "stack"])
def test_the_error_that_chooses_decides_the_best_weights(execution):
    nets = networks(2)
    results = dict(fit(nets, COORDS, VALUES, CONFIG, objective=HeldOut(), execution=execution))
    held_out = torch.arange(len(VALUES)) % 4 == 0
    assert results.keys() == {0, 1}
    for index, result in results.items():
        nets[index].load_state_dict(result.best_weights, strict=False)
        squares = (nets[index](COORDS) - VALUES).detach().square()
        assert result.best_errors == {
            "kept_mse": pytest.approx(squares[~held_out].mean().item(), rel=1e-4),
            "held_out_mse": pytest.approx(squares[held_out].mean().item(), rel=1e-4),
        }
        assert result.mse_best == result.best_errors["held_out_mse"]
        assert result.psnr_peak == pytest.approx(-10 * np.log10(result.mse_best))


def test_an_objective_without_slopes_goes_by_autograd_and_may_differentiate_the_network():
    slope = torch.cos(10 * COORDS)
    ((_, result),) = fit(networks(), COORDS, slope, CONFIG, objective=Slope())
    assert result.path == "eager"
    assert result.psnr_peak > result.psnr[0] + 3, "nothing was learned"
    with pytest.raises(ValueError, match="objective slope"):
        list(fit(networks(), COORDS, slope, CONFIG, objective=Slope(), step="blocked"))


def test_an_objective_has_its_own_key_and_regression_is_left_out():
    plain = Trial(signal="0" * 64, network=SirenConfig(), fit=CONFIG, seed=0)
    held_out = dataclasses.replace(plain, objective=HeldOut())
    third = dataclasses.replace(plain, objective=HeldOut(every=3))
    assert len({trial.key for trial in (plain, held_out, third)}) == 3
    assert "objective" not in json.loads(plain.config)
    assert json.loads(held_out.config)["objective"] == {"name": "held_out"}
    assert json.loads(third.config)["objective"] == {"name": "held_out", "every": 3}
    content = json.loads(third.config)
    assert third.config == json.dumps(content, sort_keys=True, separators=(",", ":"))


@pytest.mark.parametrize(("objective", "shown"), [(HeldOut(), "held_out"), (REGRESSION, None)])
def test_a_row_shows_its_objective(tmp_path, objective, shown):
    signal = dataclasses.replace(make_signal(n=600), values=VALUES.numpy())
    trial = Trial(
        signal=signal.sha256,
        network=SirenConfig(width=24, depth=2),
        fit=CONFIG,
        seed=0,
        objective=objective,
    )
    (outcome,) = run_batch("test", signal, [trial], torch.device("cpu"))
    store = Store(str(tmp_path))
    store.append([outcome.row], outcome.curve)
    (row,) = store.fits([trial.key]).to_pylist()
    assert row["objective"] == shown
    assert row["status"] in ("ok", "dead")
    ((_, result),) = fit(networks(), COORDS, VALUES, CONFIG, objective=objective)
    assert row["metric_psnr_peak"] == result.psnr_peak
