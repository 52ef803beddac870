"""Readers of a store beside a writer never fail and lose no row."""

import time

import pytest

from studies.engine.store.growing import GrowingFiles, publish
from studies.engine.store.store import Store
from studies.engine.store.superseded import remove_superseded
from tests.fakes.runs import curve_points
from tests.fakes.runs import stored_row as row

FAILED = {"status": "failed", "error": "x", "metric_psnr_peak": None}


@pytest.fixture
def store(tmp_path) -> Store:
    return Store(str(tmp_path / "results"))


def write_for(store: Store, seconds: float, *, is_thinned: bool) -> int:
    """Write fits and publish a file after every 30, and return how many files that were."""
    end, number = time.monotonic() + seconds, 0
    while time.monotonic() < end:
        files = GrowingFiles(store)
        files.append(row("first", status="ok" if number % 2 else "partial"), [])
        for i in range(30):
            files.append(row(f"k{number}-{i}"), curve_points(f"k{number}-{i}", 0, 1))
        publish(store)
        if is_thinned:
            remove_superseded(store)
        number += 1
    return number
