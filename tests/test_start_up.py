"""An estimate counts what a command takes besides its fits."""

import pytest

from studies.command import start_up


def test_a_start_counts_what_has_passed_and_what_follows(monkeypatch):
    monkeypatch.setattr(start_up.time, "monotonic", lambda: start_up.STARTED + 10.0)
    assert start_up.start_up_seconds(0.0) == pytest.approx(10.0)
    expected = 10.0 + start_up.REST_PER_IMPORT * 2.0
    assert start_up.start_up_seconds(2.0) == pytest.approx(expected)
