"""An estimate counts what a command takes besides its fits."""

import pytest

from studies.command import start_up


@pytest.fixture
def so_far(monkeypatch) -> float:
    monkeypatch.setattr(start_up.time, "monotonic", lambda: start_up.STARTED + 10.0)
    return 10.0


def test_a_start_counts_what_has_passed_and_what_follows(so_far):
    assert start_up.start_up_seconds(0.0) == pytest.approx(so_far)
    expected = so_far + start_up.REST_PER_START * 8.0
    assert start_up.start_up_seconds(8.0) == pytest.approx(expected)


def test_machines_that_take_minutes_to_start_do_not_make_the_rest_longer(so_far):
    longest = start_up.start_up_seconds(start_up.LONGEST_START)
    assert start_up.start_up_seconds(900.0) == pytest.approx(longest)
