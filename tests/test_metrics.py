"""The scores that the store keeps: their columns, the headline, and a new one in one line."""

import os
import subprocess
import sys
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from studies.engine.store.metrics import HEADLINE, METRICS, headline
from studies.engine.store.schema import TABLES, arrow_schema
from studies.engine.store.store import Store


def test_a_new_metric_is_one_line_and_ends_up_as_a_column(tmp_path):
    root = Path(__file__).parents[1]
    printed = subprocess.run(
        [sys.executable, str(root / "tests" / "toy_metric.py"), str(tmp_path)],
        env={**os.environ, "PYTHONPATH": str(root)},
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    stored, expected = map(float, printed.split())
    assert 0 < stored == expected
    (file,) = (tmp_path / "fits").glob("*.parquet")
    field = pq.read_schema(file).field("metric_max_error")
    assert field.metadata[b"unit"] == b"share"
    # A process without the metric reads the row.
    (row,) = Store(str(tmp_path)).fits().to_pylist()
    assert row["status"] in ("ok", "dead")
    assert "metric_max_error" not in arrow_schema("fits").names


def test_every_metric_has_its_column_with_unit_and_meaning():
    columns = {column.name: column for column in TABLES["fits"]}
    for metric in METRICS:
        assert columns[metric.column][2:4] == (metric.unit, metric.meaning)
    assert [metric.column for metric in METRICS] == [
        "metric_psnr_peak",
        "metric_psnr_final",
        "metric_mse",
        "metric_psnr_held_out",
    ]


def test_the_headline_is_one_of_the_metrics():
    assert HEADLINE in METRICS
    assert headline({HEADLINE.column: 31.5}) == pytest.approx(31.5)
