"""Axes and the grid of noise scales."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from search_spaces.axes import Axis, Linear, Log, Values
from search_spaces.bandwidth import bandwidth, gain
from search_spaces.noise_grid import NoiseGrid
from tests.refusals import refused


@given(st.floats(-1e3, 1e3), st.floats(1e-3, 1e4), st.integers(2, 60))
def test_linear_axes_run_from_end_to_end_at_equal_distances(low, extent, num):
    grid = Linear(low=low, high=low + extent, num=num).grid()
    assert (grid[0], grid[-1], len(grid)) == (low, low + extent, num)
    np.testing.assert_allclose(np.diff(grid), extent / (num - 1), rtol=1e-6)


@given(st.floats(1e-6, 1e6), st.floats(1.001, 1e6), st.integers(2, 60))
def test_log_axes_run_from_end_to_end_at_equal_ratios(low, ratio, num):
    grid = np.array(Log(low=low, high=low * ratio, num=num).grid())
    assert (grid[0], grid[-1], len(grid)) == (low, low * ratio, num)
    np.testing.assert_allclose(grid[1:] / grid[:-1], ratio ** (1 / (num - 1)), rtol=1e-9)


def test_values_are_the_axis_as_given():
    assert Values(values=(0, 0.3, 1.7)).grid() == (0, 0.3, 1.7)


def bounds(low: float, high: float, num: int = 3) -> dict[str, float]:
    return {"low": low, "high": high, "num": num}


@pytest.mark.parametrize(
    ("axis", "fields"),
    [(Linear, bounds(*b)) for b in ((1, 1), (2, 1), (math.nan, 1), (0, math.inf))]
    + [(Log, bounds(*b)) for b in ((0, 1), (-1, 1), (math.nan, 1), (2, 1), (1, math.inf))],
)
def test_bounds_without_sense_are_refused(axis: type[Axis], fields):
    with refused("out-of-range", "low", fields["low"]):
        axis(**fields)


@pytest.mark.parametrize(("axis", "low", "high"), [(Linear, 0, 1), (Log, 1, 2)])
def test_an_axis_of_one_point_is_refused(axis: type[Axis], low, high):
    with refused("out-of-range", "num", 1):
        axis(**bounds(low, high, num=1))


@pytest.mark.parametrize("values", [(2, 1), (1, 1), (math.nan,), (0, math.inf)])
def test_values_out_of_order_or_not_finite_are_refused(values):
    with refused("out-of-range", "values", values):
        Values(values=values)


def test_an_axis_without_values_is_refused():
    with refused("empty", "values"):
        Values(values=())


def test_a_noise_grid_scales_s0_with_the_length_and_leaves_s1():
    grid = NoiseGrid(s0=Values(values=(150, 3000)), s1=Values(values=(0, 1, 3)))
    assert grid.axes(150_000) == ((150, 3000), (0, 1, 3))
    s0, s1 = grid.axes(7500)
    assert s0 == pytest.approx((7.5, 150))
    assert s1 == (0, 1, 3)
    cells = grid.cells(7500)
    assert [index for index, _ in cells] == [(i, j) for i in range(2) for j in range(3)]
    assert all((p.s0, p.s1) == (s0[i], s1[j]) for (i, j), p in cells)


@pytest.mark.parametrize(
    "s1", [Linear(low=0, high=3, num=4), Log(low=0.1, high=3, num=4), Values(values=(0, 0.3, 3))]
)
@pytest.mark.parametrize("width", [16, 104, 222])
def test_at_another_width_a_grid_has_the_same_bandwidths_and_gains(s1: Axis, width):
    grid = NoiseGrid(s0=Log(low=150, high=3000, num=3), s1=s1)
    other = grid.at_width(52, width)
    for (cell, at), (other_cell, there) in zip(grid.cells(8192), other.cells(8192), strict=True):
        assert cell == other_cell
        assert gain(there.s1, width=width) == pytest.approx(gain(at.s1, width=52))
        assert bandwidth(*there, width=width) == pytest.approx(bandwidth(*at, width=52))
