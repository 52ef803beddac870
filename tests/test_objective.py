"""A new objective is one class: a fit takes it, a key knows it, a row shows it."""

import dataclasses
import json

import numpy as np
import pyarrow.compute as pc
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from inr_models import FitConfig, SirenConfig, fit, make_network
from inr_models.fitting.held_out import Blind, HeldOut
from inr_models.fitting.metrics import psnr_db, psnr_of_constant_db, psnr_of_zero_db
from inr_models.fitting.objective import REGRESSION
from inr_models.fitting.task import Task
from inr_models.fitting.training import Training
from studies.engine.planning.trial import Trial
from studies.engine.running.batch import run_batch
from studies.engine.signals.signal import coordinates
from studies.engine.store.store import Store
from tests.fakes.runs import make_signal
from tests.refusals import refused
from tests.toy_objectives import Slope

COORDS = torch.from_numpy(coordinates((600,)))
VALUES = 0.5 * torch.sin(25 * COORDS) + 0.3 * torch.rand(
    600, 1, generator=torch.Generator().manual_seed(0)
)
CONFIG = FitConfig(epochs=60, learning_rate=1e-3)
FITTED = torch.arange(600) % 3 == 0
BY_3 = HeldOut(every=3)


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
    fast, slow = trained(BY_3), trained(BY_3, step="eager")
    assert (fast.path, slow.path) == ("blocked", "eager")
    assert fast.errors.shape == (2, 1, CONFIG.epochs + 1)
    torch.testing.assert_close(fast.errors, slow.errors, rtol=1e-3, atol=0)
    assert fast.errors[0, 0, -1] < 0.5 * fast.errors[0, 0, 0], "nothing was learned"


def test_samples_that_are_held_out_do_not_train():
    changed = VALUES.clone()
    changed[~FITTED] = 1
    before, after = trained(BY_3), trained(BY_3, changed)
    assert torch.equal(before.theta, after.theta)
    assert not torch.equal(before.errors[1], after.errors[1])
    changed[3] = 1
    assert not torch.equal(before.theta, trained(BY_3, changed).theta)


@pytest.mark.parametrize("execution", ["loop", "stack"])
@pytest.mark.parametrize("objective", [BY_3, Blind(every=3)])
def test_the_error_that_chooses_decides_the_best_weights(execution, objective):
    nets = networks(2)
    results = dict(fit(nets, COORDS, VALUES, CONFIG, objective=objective, execution=execution))
    assert results.keys() == {0, 1}
    for index, result in results.items():
        nets[index].load_state_dict(result.best_weights, strict=False)
        squares = (nets[index](COORDS) - VALUES).detach().square()
        assert result.best_errors == {
            "mse": pytest.approx(squares[FITTED].mean().item(), rel=1e-4),
            "held_out_mse": pytest.approx(squares[~FITTED].mean().item(), rel=1e-4),
        }
        assert result.mse_best == result.best_errors[objective.chosen_by]
        np.testing.assert_array_equal(psnr_db(result.curves[objective.chosen_by]), result.psnr)
        assert result.psnr_peak == pytest.approx(-10 * np.log10(result.mse_best))


def test_an_objective_without_slopes_goes_by_autograd_and_may_differentiate_the_network():
    slope = torch.cos(10 * COORDS)
    ((_, result),) = fit(networks(), COORDS, slope, CONFIG, objective=Slope())
    assert result.path == "eager"
    assert result.psnr_peak > result.psnr[0] + 3, "nothing was learned"
    with refused("unsupported", "step", "slope"):
        list(fit(networks(), COORDS, slope, CONFIG, objective=Slope(), step="blocked"))


def test_an_objective_has_its_own_key_and_regression_is_left_out():
    plain = Trial(signal="0" * 64, network=SirenConfig(), fit=CONFIG, seed=0)
    third = dataclasses.replace(plain, objective=BY_3)
    others = [HeldOut(every=2), Blind(every=3), HeldOut(share=0.1), HeldOut(share=0.1, seed=1)]
    keys = {dataclasses.replace(plain, objective=other).key for other in others}
    assert len({plain.key, third.key, *keys}) == 6
    assert "objective" not in json.loads(plain.config)
    assert json.loads(third.config)["objective"] == {"name": "held_out", "every": 3}
    content = json.loads(third.config)
    assert third.config == json.dumps(content, sort_keys=True, separators=(",", ":"))


@pytest.mark.parametrize(("objective", "shown"), [(BY_3, "held_out"), (REGRESSION, None)])
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
    errors = store.curves([trial.key])["errors"]
    if shown:
        fitted = VALUES[FITTED]
        assert row["metric_psnr_zero"] == psnr_of_zero_db(fitted)
        assert row["metric_psnr_constant"] == psnr_of_constant_db(fitted)
        np.testing.assert_array_equal(pc.list_element(errors, 1), result.curves["held_out_mse"])
        assert row["metric_psnr_held_out"] == psnr_db(result.best_errors["held_out_mse"])
    else:
        assert row["metric_psnr_held_out"] is None
        assert errors.null_count == len(errors)


@given(st.integers(2, 40), st.integers(2, 40), st.integers(2, 12))
def test_every_kth_sample_is_fitted_along_each_axis(rows, columns, every):
    objective, coords = HeldOut(every=every), coordinates((rows, columns))
    expected = np.zeros((rows, columns), dtype=bool)
    expected[::every, ::every] = True
    np.testing.assert_array_equal(objective.is_fitted(coords), expected.ravel())


@given(st.integers(40, 500), st.floats(0.05, 0.95), st.integers(0, 5))
def test_a_share_of_the_samples_is_held_out(num, share, seed):
    objective, coords = HeldOut(share=share, seed=seed), coordinates((num,))
    fitted = objective.is_fitted(coords)
    assert (~fitted).sum() == round(share * num)
    np.testing.assert_array_equal(fitted, objective.is_fitted(coords))


def test_a_share_is_drawn_by_its_seed():
    first, second = (HeldOut(share=0.3, seed=seed).is_fitted(coordinates((99,))) for seed in (0, 1))
    assert (first != second).any()


@pytest.mark.parametrize(
    ("code", "field", "settings"),
    [
        ("conflict", "every", {}),
        ("conflict", "every", {"every": 2, "share": 0.1}),
        ("out-of-range", "every", {"every": 0}),
        ("out-of-range", "share", {"share": 0.99}),
        ("out-of-range", "share", {"share": -0.1}),
        ("out-of-range", "share", {"share": float("nan")}),
    ],
)
def test_what_holds_out_nothing_or_nearly_all_is_refused(code, field, settings):
    with refused(code, field):
        HeldOut(**settings)


def test_a_share_of_no_sample_is_refused():
    with refused("out-of-range", "share"):
        HeldOut(share=0.01).is_fitted(coordinates((9,)))
