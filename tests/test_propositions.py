"""Theorem 3.1 and Propositions 1 and 2, where they hold and where they stop."""

import math

import numpy as np
import pytest

from analysis.theory.propositions import proposition_1, proposition_2, theorem_3_1


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


def test_proposition_1_is_exact():
    one, many = proposition_1(30.0)
    np.testing.assert_allclose(many.power, 900 * one.power, rtol=1e-9)
    np.testing.assert_allclose(many.values, 30 * one.values, rtol=1e-12)


def test_proposition_2_holds_for_wide_layers_and_stops_for_narrow_ones():
    """A larger omega also multiplies the biases: omega^2 / (3 width) in the variance."""
    ratios = {}
    for width in (64, 2048):
        both = proposition_2(0.5, s0=300, width=width, num_samples=512)
        ratios[width] = both.omega.values.std() / both.noise.values.std()
    # With biases the ratio of the variances is g^2 (1 + b) to g^2 + b, b = omega^2 / (3 width).
    for width, ratio in ratios.items():
        g2, b = 1 + width * 0.5**2 / 2, 900 / (3 * width)
        expected = math.sqrt(g2 * (1 + b) / (g2 + b))
        assert ratio == pytest.approx(expected, rel=0.2 if width == 64 else 0.05)
    assert ratios[64] > 1.8
    assert ratios[2048] < 1.15


def test_noise_and_omega_give_the_same_spectrum_of_a_wide_layer():
    both = proposition_2(0.1, s0=300, width=2048, num_samples=512)
    assert both.omega.centroid == pytest.approx(both.noise.centroid, rel=0.1)
    assert both.omega_output.centroid == pytest.approx(both.noise_output.centroid, rel=0.35)
