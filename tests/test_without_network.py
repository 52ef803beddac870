"""What as many numbers give without a network: the largest coefficients of a cosine transform."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.fft import dctn, idctn

from analysis.comparison import page_tables
from analysis.comparison.standings import compare
from analysis.comparison.tables import comparison_parquet, comparison_table
from analysis.comparison.without_network import (
    BAND_DB,
    BASELINES,
    WithoutNetwork,
    largest_coefficients,
    random_features,
)
from studies.engine.outcomes.signal_state import SignalState
from tests.fakes.runs import make_comparison, make_signal

shapes = st.sampled_from([(50, 1), (33, 2), (8, 9, 1), (8, 10, 3)])


def noise(shape: tuple[int, ...]) -> np.ndarray:
    return np.random.default_rng(0).normal(size=shape) * 0.1


@given(shapes, st.integers(0, 700))
def test_the_psnr_is_that_of_the_signal_rebuilt_from_the_coefficients_that_are_kept(shape, numbers):
    values = noise(shape)
    result = largest_coefficients(values, numbers)
    axes = tuple(range(len(shape) - 1))
    coefficients = dctn(values, axes=axes, norm="ortho")
    order = np.argsort(-np.abs(coefficients).ravel())
    kept = np.zeros(values.size)
    kept[order[: numbers // 2]] = coefficients.ravel()[order[: numbers // 2]]
    error = np.square(idctn(kept.reshape(shape), axes=axes, norm="ortho") - values).mean()
    if numbers // 2 >= values.size:
        assert result.is_exact
        assert result.numbers == 2 * values.size
    else:
        assert result.psnr == pytest.approx(-10 * math.log10(error), abs=1e-6)
        assert result.numbers == numbers // 2 * 2


@given(shapes, st.integers(0, 40))
def test_more_numbers_are_never_worse(shape, numbers):
    values = noise(shape)
    for way in (largest_coefficients, random_features):
        fewer, more = (way(values, n).psnr for n in (numbers, numbers + 2 * shape[-1]))
        assert more >= fewer - 1e-9


def test_random_features_have_the_mean_error_of_least_squares_over_drawn_frequencies():
    random = np.random.default_rng(1)
    x = (np.arange(60) + 0.5) / 60
    lines = np.cos(np.pi * np.arange(60) * x[:, None])
    amplitudes = np.where(np.arange(60) < 20, random.normal(size=60), 1e-4)
    values = 0.1 * lines @ amplitudes
    errors = []
    for _ in range(4_000):
        drawn = lines[:, random.choice(20, 8, replace=False)]
        fitted = drawn @ np.linalg.lstsq(drawn, values, rcond=None)[0]
        errors.append(np.square(values - fitted).mean())
    result = random_features(values[:, None], numbers=8)
    assert result.numbers == 8
    assert result.psnr == pytest.approx(-10 * math.log10(np.mean(errors)), abs=0.1)


def test_random_features_take_the_lines_above_the_band_when_it_is_full():
    x = (np.arange(64) + 0.5) / 64
    values = (0.5 * np.cos(np.pi * 3 * x) + 1e-4 * np.cos(np.pi * 30 * x))[:, None]
    assert random_features(values, 29).psnr > BAND_DB
    assert random_features(values, 31).psnr > 200
    assert random_features(np.hstack([values, values]), 61).numbers == 60


@given(shapes)
def test_random_features_lose_nothing_when_there_is_one_for_every_line(shape):
    assert random_features(noise(shape), math.prod(shape)).psnr > 200


@pytest.mark.parametrize(("psnr", "shown"), [(31.4, 31.4), (math.inf, None)])
def test_the_tables_of_a_comparison_end_with_it(psnr, shown):
    signal = make_signal()
    run = make_comparison(signal=signal)
    (standing,) = compare([SignalState(run, signal)], [[]])
    name = BASELINES[0].name
    with_it = standing._replace(baselines={name: WithoutNetwork(psnr, 4_000)})
    last = page_tables.standings(with_it).rows[-1]
    assert last[0] == name
    assert last[2] == shown
    assert 4_000 in last
    assert comparison_table(with_it).row_count == comparison_table(standing).row_count + 1
    assert comparison_parquet([with_it])
