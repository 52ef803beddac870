"""Rules that know the setting: three laws, and which of them a network gets."""

import dataclasses
import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from analysis.settings import family, measured
from analysis.settings.family import fit_regimes, log_ratios, setting_weights
from analysis.settings.measured import BY_SETTING, LOOKUP, log_parameters, measure
from analysis.settings.stored import BANDS, Measured
from analysis.surfaces.surfaces import Surfaces
from inr_models import FitConfig
from search_spaces.bandwidth import bandwidth, gain
from search_spaces.rules import EVEN_LAW, RECOMMENDED, RULES, Target
from search_spaces.rules.regimes import Regimes
from tests.fakes.maps import population

RULE = RULES[RECOMMENDED]
SPECTRUM = {"psi": 0.3, "low_pass_40": 0.6}

LAWS = {
    120: lambda d: np.clip(0.01 / d["psi"] ** 2, 0.05, 0.9),
    52: lambda d: 0.5 * d["psi"],
    13: lambda d: 0.1 * d["psi"],
}
"""The best K of a planted surface as a share of Nyquist, by the network's width."""


def target(n: int = 8192, width: int = 52, depth: int = 4, epochs: int = 300) -> Target:
    fit = FitConfig(epochs=epochs, learning_rate=5e-4, decay=0.95, decay_every=20)
    return Target(descriptors=SPECTRUM, shape=(n,), width=width, depth=depth, fit=fit)


@pytest.fixture(scope="module")
def planted() -> Surfaces:
    """Surfaces of three widths, whose optima follow another law in each."""
    parts = []
    for width, law in LAWS.items():
        part = population(24, best=law)
        targets = tuple(dataclasses.replace(t, width=width) for t in part.targets)
        parts.append(part._replace(targets=targets))
    arrays = {
        name: np.concatenate([getattr(part, name) for part in parts])
        for name in ("psnr", "regret", "noise")
    }
    return Surfaces(
        **{
            name: sum((getattr(part, name) for part in parts), ())
            for name in ("targets", "names", "recordings", "effects")
        },
        descriptors={
            name: np.concatenate([part.descriptors[name] for part in parts])
            for name in parts[0].descriptors
        },
        **arrays,
    )


@given(st.integers(64, 100_000), st.integers(2, 400), st.integers(1, 8), st.integers(1, 10_000))
def test_the_weights_of_the_laws_add_up_to_one(n, width, depth, epochs):
    assert isinstance(RULE, Regimes)
    weights = RULE.weights(target(n, width, depth, epochs))
    assert all(0 <= weight <= 1 for weight in weights)
    assert sum(weights) == pytest.approx(1)


def test_few_values_or_many_for_each_parameter_take_the_law_at_that_end():
    assert isinstance(RULE, Regimes)
    path = (target().fit.path_length / 0.1) ** RULE.few_path
    for width, law, place, factor in ((4000, RULE.few, 0, path), (3, RULE.many, 2, 1.0)):
        at = target(width=width)
        assert RULE.weights(at)[place] == pytest.approx(1, abs=0.01)
        share, expected = law.share_and_gain(at, factor)
        s0, s1 = RULE(at)
        assert gain(s1, width=width) == pytest.approx(expected, rel=0.02)
        assert bandwidth(s0, s1, width=width) / at.nyquist == pytest.approx(share, rel=0.02)


def test_a_deeper_or_longer_trained_network_gets_less_bandwidth_where_it_interpolates():
    assert isinstance(RULE, Regimes)
    few = dataclasses.replace(RULE.few, shares=(0.002, 2.0))  # no limit is reached
    powers = {"few_depth": -2.0, "few_path": -0.5, "depth": 0.0, "path": 0.0}
    rule = dataclasses.replace(RULE, few=few, **powers)

    def share(at: Target) -> float:
        return bandwidth(*rule(at), width=at.width) / at.nyquist

    usual = share(target(512, 120))
    assert share(target(512, 120, depth=2)) == pytest.approx(4 * usual, rel=0.05)
    fit = FitConfig(epochs=300, learning_rate=2e-3, decay=0.95, decay_every=20)
    longer = dataclasses.replace(target(512, 120), fit=fit)
    assert share(longer) == pytest.approx(usual / 2, rel=0.05)


def test_the_sum_of_the_learning_rates_is_that_of_every_update():
    fit = FitConfig(epochs=47, learning_rate=3e-4, decay=0.9, decay_every=10)
    assert fit.path_length == pytest.approx(sum(map(fit.learning_rate_at, range(47))))


def test_a_fit_finds_the_law_of_each_regime(planted):
    fitted = fit_regimes(planted, RULES[EVEN_LAW])
    regret = planted.regret_at(*fitted.points(planted))
    ratio = np.exp(log_ratios(planted))
    assert regret[ratio < 0.5].mean() < 0.3
    assert regret[ratio > 3].mean() < 0.3
    few, many = fitted.rule.few.powers[0], fitted.rule.many.powers[0]
    assert few.bandwidth == pytest.approx(-2, abs=0.4)
    assert many.bandwidth == pytest.approx(1, abs=0.3)
    # What is printed and saved is what was fitted, to three digits.
    saved = planted.regret_of(fitted.rule).regret
    np.testing.assert_allclose(saved, regret, atol=0.1)


def test_every_range_of_values_per_parameter_counts_equally(planted):
    weights = setting_weights(planted.subset(np.arange(30)))  # 24 of one width, 6 of another
    assert weights[:24].sum() == pytest.approx(weights[24:].sum()) == pytest.approx(0.5)


def test_a_rule_is_measured_without_the_recording_that_it_is_measured_on(planted, monkeypatch):
    monkeypatch.setattr(family, "SIMPLEX", (0.5,))
    monkeypatch.setattr(measured, "FOLDS", 2)
    monkeypatch.setattr(measured, "SETTING_FOLDS", 3)
    rows = measure(planted)
    table = Measured(tuple(rows))
    assert table.num_maps == len(planted.targets) == 72
    assert table.num_recordings == 24
    assert sum(len(table.of(BY_SETTING, band)) for band in BANDS) == 72
    assert table.mean(BY_SETTING).mean < table.mean(LOOKUP).mean
    saved = table.saving(BY_SETTING, LOOKUP)
    assert saved.mean == pytest.approx(table.mean(LOOKUP).mean - table.mean(BY_SETTING).mean)
    assert saved.is_direction_only, "all maps share one seed"
    # The left-out points differ from those of a fit to all.
    whole = fit_regimes(planted, RULES[EVEN_LAW]).points(planted)[0]
    shares = np.array([row.share for row in table.of(BY_SETTING)])
    assert not np.allclose(shares, whole)


def test_parameters_alone_tell_other_networks_apart_than_their_ratio(planted):
    by_width = {
        t.width: value for t, value in zip(planted.targets, log_parameters(planted), strict=True)
    }
    assert by_width[13] > by_width[52] > by_width[120]
    assert by_width[52] == pytest.approx(math.log(8_000 / planted.targets[24].num_parameters))
