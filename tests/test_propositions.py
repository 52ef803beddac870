"""Theorem 3.1 and Propositions 1 and 2, where they hold and where they stop."""

import math

import numpy as np
import pytest

from analysis.theory.noise_and_omega import equivalences, proposition_2, ratio_of_deviations
from analysis.theory.propositions import phases_of_layer_2, powers, proposition_1, theorem_3_1


def test_theorem_3_1_holds_with_biases_and_without():
    results = list(theorem_3_1([0, 0.03, 0.3, 1.0], [64, 256, 1024]))
    assert len(results) == 24
    for result in results:
        assert result.measured == pytest.approx(result.theory, abs=result.tolerance)
        # The tolerance follows from the sample size, and would notice 20 % at 64 features.
        assert result.tolerance < {64: 0.35, 256: 0.12, 1024: 0.03}[result.width] * result.theory
    plain = [r for r in results if r.s1 == 0 and r.width == 64]
    without, biases = sorted(plain, key=lambda r: r.has_biases)
    assert without.theory == 1
    assert biases.theory == pytest.approx(math.sqrt(1 + 900 / 192))
    # Without biases the distribution is Gaussian. Uniform biases of a narrow layer change it.
    assert max(result.distance for result in results if not result.has_biases) < 0.02
    assert biases.distance > 0.02


def test_a_deviation_far_from_the_theory_is_not_within():
    [result] = [r for r in theorem_3_1([0.3], [64]) if not r.has_biases]
    assert result.is_within
    assert not result._replace(measured=result.theory + 1.1 * result.tolerance).is_within
    assert not result._replace(measured=result.theory - 1.1 * result.tolerance).is_within
    assert not result._replace(measured=math.nan).is_within


def test_biases_shift_all_phases_of_a_feature():
    phases, biases = phases_of_layer_2(0.3, 64, num_samples=32)
    assert phases.shape == (32, 64)
    assert biases.shape == (64,)
    assert np.abs(biases).max() <= 30 / math.sqrt(64)
    without, with_biases = theorem_3_1([0.3], [64], num_samples=32)
    assert without.measured == pytest.approx(math.sqrt(np.mean(phases**2)))
    assert with_biases.measured == pytest.approx(math.sqrt(np.mean((phases + biases) ** 2)))


def test_proposition_1_is_exact():
    one, many = proposition_1(30.0)
    np.testing.assert_allclose(many.power, 900 * one.power, rtol=1e-9)
    np.testing.assert_allclose(many.values, 30 * one.values, rtol=1e-12)


def test_the_power_is_measured_where_it_is_farthest_from_proposition_1():
    measured = list(powers([3.0, 100.0], width=64))
    assert [power.theory for power in measured] == [9, 10_000]
    assert all(power.is_within for power in measured)
    assert not measured[0]._replace(measured=9.001).is_within


def test_proposition_2_holds_for_wide_layers_and_stops_for_narrow_ones():
    """A larger omega also multiplies the biases: omega^2 / (3 width) in the variance."""
    ratios = {}
    for width in (64, 2048):
        both = proposition_2(0.5, s0=300, width=width, num_samples=512)
        ratios[width] = both.ratio
    # With biases the ratio of the variances is g^2 (1 + b) to g^2 + b, b = omega^2 / (3 width).
    for width, ratio in ratios.items():
        g2, b = 1 + width * 0.5**2 / 2, 900 / (3 * width)
        expected = math.sqrt(g2 * (1 + b) / (g2 + b))
        assert ratio_of_deviations(0.5, width=width, omega=30) == pytest.approx(expected)
        assert ratio == pytest.approx(expected, rel=0.2 if width == 64 else 0.05)
    assert ratios[64] > 1.8
    assert ratios[2048] < 1.15


def test_noise_and_omega_give_the_same_spectrum_of_a_wide_layer():
    both = proposition_2(0.1, s0=300, width=2048, num_samples=512)
    noise, omega = both.noise, both.omega
    assert omega.before.centroid == pytest.approx(noise.before.centroid, rel=0.1)
    assert omega.after.centroid == pytest.approx(noise.after.centroid, rel=0.1)
    assert both.omega_output.centroid == pytest.approx(both.noise_output.centroid, rel=0.15)


def test_without_biases_proposition_2_holds_in_narrow_layers_too():
    results = {result.has_biases: result for result in equivalences([1.0], [64])}
    assert results[False].theory == 1
    assert results[False].ratio == pytest.approx(1, abs=0.1)
    assert results[False].distance < 0.05
    # Biases shift a feature's phases. They leave its frequencies.
    assert results[True].ratio == pytest.approx(results[True].theory, rel=0.1)
    assert results[True].ratio > 2
    assert results[True].distance > 0.15
    for result in results.values():
        for noise, omega in (result.layer_2, result.output):
            assert omega == pytest.approx(noise, rel=0.1)
        # The noise of s1 = 1 raises the frequencies several times.
        [plain] = [r for r in equivalences([0.0], [64]) if r.has_biases == result.has_biases]
        assert result.output[0] > 3 * plain.output[0]
