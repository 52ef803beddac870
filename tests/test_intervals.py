"""Intervals over recordings and seeds: what they cover, where seeds are shared and where not."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from analysis.statistics.intervals import Interval, holm, mean_interval, p_value, paired_interval
from analysis.statistics.ratios import ratio_interval

REPEATS = 200


def test_students_interval_of_paired_differences():
    differences = [1.0, 2.0, 4.0, 2.5, 3.0]
    expected = stats.t.interval(0.95, 4, np.mean(differences), stats.sem(differences))
    assert paired_interval(differences)[1:3] == pytest.approx(expected)
    assert math.isnan(paired_interval([1.0]).low)


@pytest.mark.parametrize("num", [2, 3, 5, 6, 12, 40])
def test_the_interval_over_recordings_covers(num):
    rng = np.random.default_rng(num)
    covered = 0
    for _ in range(REPEATS):
        # Two clips of every recording, alike as clips of one recording are.
        recordings = np.repeat(np.arange(num), 2)
        values = np.repeat(rng.normal(2, 1, num), 2) + rng.normal(0, 0.1, 2 * num)
        own_seeds = [{seed: value} for seed, value in enumerate(values.tolist())]
        interval = mean_interval(own_seeds, recordings.tolist())
        covered += interval.low <= 2 <= interval.high
    low, high = stats.binom.interval(0.999, REPEATS, 0.95)
    assert low <= covered <= high


def test_one_recording_has_no_interval_however_many_clips_it_gave():
    interval = mean_interval([{0: 1.0}, {1: 2.0}, {2: 3.0}], ["a.wav"] * 3)
    assert interval.mean == 2.0
    assert math.isnan(interval.low)


def with_a_common_effect(rng: np.random.Generator, num_seeds: int) -> list[dict[int, float]]:
    """84 recordings whose seeds shift all of them, by 0.66 dB rms. The true mean is 0."""
    table = rng.normal(0, 1.5, (84, 1)) + rng.normal(0, 0.5, (84, num_seeds))
    table += rng.normal(0, 0.66, num_seeds)
    return [dict(enumerate(row)) for row in table.tolist()]


@pytest.mark.parametrize("num_seeds", [5, 8, 20])
def test_the_interval_covers_where_seeds_shift_all_recordings(num_seeds, monkeypatch):
    monkeypatch.setattr("analysis.statistics.intervals.RESAMPLES", 1000)
    rng, repeats, covered = np.random.default_rng(num_seeds), 1000, 0
    for _ in range(repeats):
        interval = mean_interval(with_a_common_effect(rng, num_seeds), range(84))
        covered += interval.low <= 0 <= interval.high
    assert 0.93 <= covered / repeats <= 0.97
    assert interval.num_seeds == num_seeds
    assert not interval.is_direction_only


@pytest.mark.parametrize("num_seeds", [2, 3])
def test_few_shared_seeds_cover_too_but_are_marked(num_seeds, monkeypatch):
    monkeypatch.setattr("analysis.statistics.intervals.RESAMPLES", 1000)
    rng, covered = np.random.default_rng(num_seeds), 0
    for _ in range(400):
        interval = mean_interval(with_a_common_effect(rng, num_seeds), range(84))
        covered += interval.low <= 0 <= interval.high
    assert covered >= stats.binom.interval(0.999, 400, 0.95)[0]
    assert interval.is_direction_only


def test_seeds_that_signals_do_not_share_average_out():
    rng, covered, widths = np.random.default_rng(0), 0, []
    for _ in range(400):
        own = []
        for signal in range(84):
            shift, noise = rng.normal(0, 1.5), rng.normal(0, math.hypot(0.66, 0.5), 2)
            own.append({2 * signal + i: shift + float(noise[i]) for i in range(2)})
        interval = mean_interval(own, range(84))
        covered += interval.low <= 0 <= interval.high
        widths.append(interval.high - interval.low)
        assert not interval.is_direction_only
    low, high = stats.binom.interval(0.999, 400, 0.95)
    assert low <= covered <= high
    expected = 2 * stats.t.ppf(0.975, 83) * math.sqrt((1.5**2 + (0.66**2 + 0.5**2) / 2) / 84)
    assert np.mean(widths) == pytest.approx(expected, rel=0.03)


def test_signals_of_one_seed_alone_weigh_in_with_that_seeds_effect():
    """Half of the signals have seed 0 alone, so its effect moves the mean by 3/4 as much."""
    rng = np.random.default_rng(1)
    effect = rng.normal(0, 2, 2)
    both = [{0: float(effect[0]), 1: float(effect[1])} for _ in range(20)]
    alone = [{0: float(effect[0])} for _ in range(20)]
    variance = effect.var(ddof=1)
    quantile = stats.t.ppf(0.975, 1)
    interval = mean_interval(both, range(20))
    assert interval.high - interval.mean == pytest.approx(quantile * math.sqrt(variance / 2))
    # Signals differ by their seeds now, so some of the width is that over recordings.
    mixed = mean_interval(both + alone, range(40))
    least = quantile * math.sqrt(variance * (0.75**2 + 0.25**2))
    assert mixed.high - mixed.mean > least
    assert mixed.high - mixed.mean == pytest.approx(least, rel=0.01)
    assert mean_interval(alone, range(20)).is_direction_only


def test_the_p_value_agrees_with_the_interval():
    assert p_value(Interval(1.0, 0.0, 2.0)) == pytest.approx(0.05)
    assert p_value(Interval(-1.0, -2.0, 0.0)) == pytest.approx(0.05)
    assert p_value(Interval(3.0, 2.0, 4.0)) < 1e-7
    assert p_value(Interval(1.0, 1.0, 1.0)) == 0
    assert math.isnan(p_value(Interval(0.0, 0.0, 0.0)))


def test_the_p_value_of_few_signals_is_students():
    values = [0.3, 0.9, 0.5, 1.4]
    interval = mean_interval([{i: value} for i, value in enumerate(values)], range(4))
    wanted = stats.ttest_1samp(values, 0.0).pvalue
    assert p_value(interval) == pytest.approx(wanted)
    assert p_value(paired_interval(values)) == pytest.approx(wanted)
    assert p_value(-interval) == pytest.approx(wanted)


@given(st.lists(st.floats(0, 1) | st.just(math.nan), max_size=8))
def test_holms_p_values_pay_for_their_number(p_values):
    adjusted = holm(p_values)
    known = [p for p in p_values if not math.isnan(p)]
    for p, paid in zip(p_values, adjusted, strict=True):
        if math.isnan(p):
            assert math.isnan(paid)
        else:
            # Bonferroni's are never smaller, and a correction never helps.
            assert p <= paid <= min(1, len(known) * p)
    in_order = sorted(pair for pair in zip(p_values, adjusted, strict=True) if pair[0] == pair[0])
    assert [paid for _, paid in in_order] == sorted(paid for _, paid in in_order)


def test_holms_p_values_of_a_worked_example():
    assert holm([0.01, 0.04, 0.03, 0.005]) == pytest.approx([0.03, 0.06, 0.06, 0.02])


def test_a_ratio_has_fiellers_interval():
    rng = np.random.default_rng(5)
    bottoms = rng.normal(3, 0.8, 30)
    tops = 0.3 * bottoms + rng.normal(0, 0.3, 30)
    ratio = ratio_interval(
        *(
            [{seed: float(value)} for seed, value in enumerate(values)]
            for values in (tops, bottoms)
        ),
        range(30),
    )
    # The roots of the quadratic in Fieller (1954), with Student's t.
    t = stats.t.ppf(0.975, 29)
    cov = np.cov(tops, bottoms) / 30
    a = bottoms.mean() ** 2 - t**2 * cov[1, 1]
    b = -2 * (tops.mean() * bottoms.mean() - t**2 * cov[0, 1])
    c = tops.mean() ** 2 - t**2 * cov[0, 0]
    low, high = np.sort(np.roots([a, b, c]))
    assert ratio.mean == pytest.approx(tops.mean() / bottoms.mean())
    assert ratio.low == pytest.approx(low, abs=0.1 * (high - low))
    assert ratio.high == pytest.approx(high, abs=0.1 * (high - low))


def test_a_ratio_to_what_may_be_nothing_is_unknown():
    rng = np.random.default_rng(6)
    tops, bottoms = rng.normal(1, 1, 20), rng.normal(0, 1, 20)
    by_seed = [[{s: float(v)} for s, v in enumerate(values)] for values in (tops, bottoms)]
    assert math.isnan(ratio_interval(*by_seed, range(20)).mean)


def test_an_effect_of_seeds_that_cannot_be_estimated_is_marked():
    """Five seeds are shared, but no two recordings have the same two of them."""
    values = [{i % 5: float(i), (i + 1 + i // 5) % 5: 1.0} for i in range(10)]
    assert len({frozenset(by_seed) for by_seed in values}) == 10
    assert mean_interval(values, range(10)).is_direction_only
