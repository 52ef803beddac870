"""The predictors of good noise scales, each against a computation by other means."""

import dataclasses

import numpy as np
import pytest
import torch
from scipy import stats

from analysis.predictors.predictors import (
    WINDOW,
    Drawn,
    draw,
    kernel_eigenvalues,
    kernel_power,
    log_effective_rank,
    nearness,
    negative_cross_entropy,
    output_bands,
    overlap,
    stable_rank,
    view_of,
    without_mean,
)
from analysis.theory.layer_pass import layer_passes
from inr_models import Siren2Config
from search_spaces.bandwidth import bandwidth, gain
from search_spaces.descriptors.bands import bands
from search_spaces.rules.spectrum_matching import untrained_bands
from studies.engine.signals.signal import coordinates
from tests.fakes.runs import make_signal

SAMPLES = 64
COORDS = torch.from_numpy(coordinates((SAMPLES,)))
DRAWN = draw(Siren2Config(width=8, depth=2, s0=20.0, s1=0.5), COORDS)
NOISE = np.random.default_rng(2).uniform(-1, 1, (SAMPLES, 1)).astype(np.float32)
NOISY = dataclasses.replace(make_signal(n=SAMPLES), values=NOISE, bands=bands(NOISE[:, 0]))
VIEW = view_of(NOISY, {DRAWN.scales: 12.5})


def jacobians(drawn: Drawn) -> list[np.ndarray]:
    """Return the derivatives [n, parameters] of the output of each draw, by autograd."""
    of_draws = []
    for network in drawn.networks:
        exact = network.double()
        rows = []
        for coordinate in drawn.coords.double():
            exact.zero_grad()
            exact(coordinate[None]).sum().backward()
            gradients = [p.grad for p in exact.parameters()]
            rows.append(torch.cat([g.ravel() for g in gradients if g is not None]).numpy().copy())
        of_draws.append(np.array(rows))
        network.float()
    return of_draws


def test_conditioning_is_the_effective_rank_that_numpy_computes():
    ranks = []
    for jacobian in jacobians(DRAWN):
        values = np.clip(np.linalg.eigvalsh(jacobian @ jacobian.T), 0, None)
        shares = values[values > 0] / values.sum()
        ranks.append(np.exp(-(shares * np.log(shares)).sum()))
    score = log_effective_rank(kernel_eigenvalues(DRAWN), VIEW)
    assert score == pytest.approx(np.log10(ranks).mean(), rel=1e-5)


def test_the_kernel_is_looked_at_on_neighbouring_samples_in_the_middle():
    coords = torch.from_numpy(coordinates((WINDOW + 6,)))
    drawn = Drawn(DRAWN.scales, DRAWN.networks[:1], coords)
    inside = Drawn(DRAWN.scales, DRAWN.networks[:1], coords[3:-3])
    (values,), (expected,) = kernel_eigenvalues(drawn), kernel_eigenvalues(inside)
    assert len(values) == WINDOW
    assert torch.equal(values, expected)


def test_the_overlap_is_that_of_spectra_that_numpy_computes():
    shares = []
    for jacobian in jacobians(DRAWN):
        power = np.square(np.abs(np.fft.fft(jacobian, axis=0))).sum(axis=1)[1:]
        shares.append(power / power.sum())
    of_kernel = np.mean(shares, axis=0)
    of_signal = np.square(np.abs(np.fft.fft(NOISE[:, 0].astype(float))))[1:]
    of_signal /= of_signal.sum()
    seen = kernel_power(DRAWN)
    assert seen == pytest.approx(of_kernel, rel=1e-5)
    assert overlap(seen, VIEW) == pytest.approx(np.sqrt(of_kernel * of_signal).sum(), rel=1e-5)
    cross_entropy = -(of_signal * np.log(of_kernel)).sum()
    assert negative_cross_entropy(seen, VIEW) == pytest.approx(-cross_entropy, rel=1e-5)


def test_spectra_that_are_equal_score_highest():
    for score in (overlap, negative_cross_entropy):
        equal = score(VIEW.power, VIEW)
        assert equal > score(np.full_like(VIEW.power, 1 / len(VIEW.power)), VIEW)
    assert overlap(VIEW.power, VIEW) == pytest.approx(1)
    nothing = np.zeros_like(VIEW.power)
    assert np.isfinite(negative_cross_entropy(nothing, VIEW))
    assert nearness(VIEW.bands, VIEW) == 0


def test_the_mean_of_a_signal_does_not_count():
    louder = dataclasses.replace(NOISY, values=NOISE / 2 + np.float32(0.4))
    assert view_of(louder, {}).power == pytest.approx(VIEW.power, rel=1e-3)
    assert without_mean(np.array([5.0, 1.0, 3.0])).sum() == 1


def test_spectrum_distance_is_that_of_the_rule_and_of_scipy():
    target = NOISY.target(8, 2)
    s0, s1 = DRAWN.scales
    share = bandwidth(s0, s1, width=8) / target.nyquist
    of_rule = untrained_bands(share, gain(s1, width=8), 8, 2, (SAMPLES,))
    seen = output_bands(DRAWN)
    assert seen == pytest.approx(np.array(of_rule), abs=1e-5)
    places = np.arange(len(seen)) / len(seen)
    distance = stats.wasserstein_distance(places, places, seen, VIEW.bands)
    assert nearness(seen, VIEW) == pytest.approx(-distance, rel=1e-6)


def test_the_stable_rank_is_that_of_two_norms():
    ranks = []
    for network in DRAWN.networks:
        features = layer_passes(network, COORDS)[-1].input.numpy()
        ranks.append((np.linalg.norm(features) / np.linalg.norm(features, 2)) ** 2)
    assert stable_rank(DRAWN) == pytest.approx(np.mean(ranks), rel=1e-4)
