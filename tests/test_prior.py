"""The prior over landscapes: what it knows before a fit, and what a few fits add."""

import json
import math

import numpy as np
import optuna
import pytest
import torch
from optuna.distributions import FloatDistribution

from analysis.prior.fitting import fit_prior, nodes
from analysis.prior.landscapes import Landscape
from inr_models import FitConfig
from inr_models.fitting.metrics import psnr_db
from noisescape import siren2_for
from search_spaces.prior import PRIOR, belief_of, prior_json, prior_of
from search_spaces.prior.gaussian import Gaussian, Tried
from search_spaces.rules import RECOMMENDED, RULES, Target
from studies.engine.search.prior_sampler import PriorSampler
from tests.refusals import refused

SPACE = {"s0": FloatDistribution(12, 3200, log=True), "s1": FloatDistribution(0.05, 2)}


def target_of(psi: float, low_pass: float = 0.5) -> Target:
    descriptors = {"psi": psi, "low_pass_40": low_pass}
    return Target(descriptors=descriptors, shape=(8192,), width=52)


def planted(psi: float, rng: np.random.Generator, level: float = 30.0) -> Landscape:
    """A landscape whose optimum lies at log K = log psi - 1 and log g = 1, on two seeds."""
    points = nodes()
    psnr = level - 2 * (points[:, 0] - np.log(psi) + 1) ** 2 - 2 * (points[:, 1] - 1) ** 2
    by_seed = psnr[:, None] + rng.normal(0, 0.1, (len(points), 2))
    return Landscape(target_of(psi), f"{psi}", f"{psi}", points, points, by_seed, (0, 1))


def test_a_fit_moves_a_point_by_its_share_of_the_variance():
    known = Gaussian(np.zeros(2), np.array([[4.0, 2.0], [2.0, 4.0]]))
    after = known.given([0], np.array([10.0]), noise=1.0)
    np.testing.assert_allclose(after.mean, [8.0, 4.0])
    np.testing.assert_allclose(after.variance, [0.8, 3.2])


def test_nothing_is_learnt_of_where_from_one_level():
    """All of the first fit may be the level, which is unknown, so the answer stays."""
    belief = belief_of(target_of(0.2))
    known = belief.moments(belief.lattice)
    before = known.mean - known.mean.max()
    after = Tried([0], [45.0]).posterior(known, belief.noise, depth=15).mean
    np.testing.assert_allclose(after - after.max(), before, atol=0.1)


def test_what_is_unknown_is_never_suggested():
    known = Gaussian(np.array([0.0, -np.inf, -1.0]), np.eye(3) * 4)
    assert Tried().suggested(known, 1.0, 15) != 1
    assert Tried([0, 2], [0.0, 1.0]).answer(known, 1.0, 15, default=0) != 1


def test_a_prior_learns_how_the_optimum_follows_psi():
    rng = np.random.default_rng(0)
    landscapes = [planted(psi, rng) for psi in np.geomspace(0.02, 0.8, 30).tolist()]
    prior = fit_prior(landscapes)
    shares = []
    for psi in (0.05, 0.4):
        points = np.array([[np.log(psi) - 1 + step, 1.0] for step in (-1.5, 0.0, 1.5)])
        assert prior.at(target_of(psi), points).mean.argmax() == 1
        shares.append(math.exp(prior.noise[0]))
    assert shares[0] == pytest.approx(0.1**2, abs=0.1)


def test_a_prior_survives_its_file():
    again = prior_of(json.loads(prior_json(PRIOR)))
    np.testing.assert_allclose(again.covariance, PRIOR.covariance)
    np.testing.assert_allclose(again.covariance, again.covariance.T)
    assert np.linalg.eigvalsh(again.covariance).min() > 0


def test_the_sampler_begins_at_the_rule_and_works_in_any_study_that_maximizes():
    target = target_of(0.2)
    optuna.logging.set_verbosity(optuna.logging.WARNING)

    def optimum_at_200(trial: optuna.Trial) -> float:
        s0, s1 = (trial.suggest_float(n, d.low, d.high, log=d.log) for n, d in SPACE.items())
        trial.suggest_float("another", 0, 1)
        return 40 - 3 * math.log(s0 / 200) ** 2 - 3 * (s1 - 0.4) ** 2

    sampler = PriorSampler(belief_of(target), SPACE, seed=0)
    study = optuna.create_study(direction="maximize", sampler=sampler)
    study.optimize(optimum_at_200, n_trials=6)
    first = {name: study.trials[0].params[name] for name in SPACE}
    assert first == RULES[RECOMMENDED](target)._asdict()
    values = [trial.value or 0.0 for trial in study.trials]
    assert max(values) > values[0] + 1
    answer = sampler.answer(study)
    assert answer.keys() == SPACE.keys()
    assert abs(math.log(answer["s0"] / 200)) < abs(math.log(first["s0"] / 200))
    study = optuna.create_study(direction="minimize", sampler=sampler)
    with refused("unsupported", "direction"):
        study.optimize(optimum_at_200, n_trials=1)


def test_trials_that_run_are_kept_apart():
    sampler = PriorSampler(belief_of(target_of(0.2)), SPACE, seed=0)
    study = optuna.create_study(direction="maximize", sampler=sampler)
    points = [tuple(study.ask(dict(SPACE)).params.values()) for _ in range(4)]
    logs = np.log(points)
    away = np.abs(logs[:, None] - logs[None]).sum(axis=-1)[np.triu_indices(4, 1)]
    assert away.min() > 0.2


def test_a_few_fits_return_the_best_network_and_a_second_call_the_same_one():
    time = np.linspace(-1, 1, 400)
    values = 0.5 * np.sin(90 * time) + 0.3 * np.sin(200 * time)
    training = FitConfig(epochs=40, learning_rate=5e-4, decay=0.95, decay_every=2)
    fitted, again = (siren2_for(values, trials=3, fit=training, seed=5) for _ in range(2))
    assert [each.seed for each in fitted.tested] == [5, 6, 7]
    assert fitted.best.psnr == max(each.psnr for each in fitted.tested)
    assert fitted.tested == again.tested
    config = fitted.config
    first = RULES[RECOMMENDED](Target.of(values, width=config.width, fit=training))
    assert fitted.tested[0].scales == pytest.approx(first)
    output = fitted.network(torch.from_numpy(time.astype(np.float32))[:, None])[:, 0]
    error = float((output.detach().double() - torch.from_numpy(values)).square().mean())
    assert float(psnr_db(error)) == pytest.approx(fitted.best.psnr, abs=0.1)


def test_fits_of_values_out_of_range_and_of_no_number_are_refused():
    values = np.sin(np.arange(400))
    with refused("out-of-range", "signal", 3):
        siren2_for(3 * values, trials=1)
    with refused("out-of-range", "trials", 0, 1):
        siren2_for(values, trials=0)


def test_a_shape_is_refused_before_a_search():
    shape = Target(descriptors={}, shape=(32, 32, 32), width=52)
    with refused("unsupported", "--sampler", "prior"):
        belief_of(shape)
