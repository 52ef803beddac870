"""The hp_ and fit_ columns follow from the configs, and no key of a row is lost."""

import json
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from inr_models import MODELS, FitConfig, SirenConfig
from inr_models.columns import Meaning, described_fields
from studies.engine.store.rows import point_columns
from studies.engine.store.schema import TABLES, arrow_schema, network_fields
from studies.engine.store.store import Store
from tests.every_network import EVERY
from tests.fakes.runs import stored_row

ROOT = Path(__file__).parents[1]
DERIVED = {"hp_s0_nyquist", "hp_bandwidth"}


def names(prefix: str) -> set[str]:
    return {name for name in arrow_schema("fits").names if name.startswith(prefix)}


def test_every_field_of_every_config_has_a_column_and_no_column_is_without_one():
    fields = {f"hp_{field.name}" for kind in MODELS.values() for field in described_fields(kind)}
    assert names("hp_") == fields | DERIVED
    fields = {f"fit_{field.name}" for field in described_fields(FitConfig)}
    assert names("fit_") == fields | {"fit_version"}


@pytest.mark.parametrize("name", EVERY)
def test_the_columns_of_every_network_are_read_as_they_are_written(tmp_path, name):
    row = stored_row("a") | point_columns(EVERY[name], (64, 48))
    store = Store(str(tmp_path))
    store.append([row])
    (stored,) = store.fits().to_pylist()
    for column, value in row.items():
        assert stored[column] == value
        assert type(stored[column]) is type(value) or isinstance(stored[column], float)


def test_the_tables_columns_keep_the_names_the_order_and_the_types_of_stored_results():
    (*_, stored) = sorted((ROOT / "analysis/data/fits").glob("*.parquet"))
    old, new = pq.read_schema(stored), arrow_schema("fits")
    assert [name for name in new.names if name in old.names] == old.names
    assert [new.field(name).type for name in old.names] == old.types


def test_numbers_flags_texts_and_tuples_have_their_arrow_types():
    schema = arrow_schema("fits")
    types = {
        "hp_width": pa.int64(),
        "hp_s0": pa.float64(),
        "hp_zero_output_bias": pa.bool_(),
        "hp_tt_modes": pa.string(),
        "fit_precision": pa.string(),
        "fit_optimizer": pa.string(),
    }
    assert {name: schema.field(name).type for name in types} == types


@pytest.mark.parametrize("table", TABLES)
def test_a_row_with_a_key_that_has_no_column_is_refused_and_nothing_is_written(tmp_path, table):
    store = Store(str(tmp_path / "results"))
    row = {"fits": stored_row("a"), "_curves": {"key": "a"}, "_signals": {"sha256": "ab"}}[table]
    append = {
        "fits": lambda rows: store.append(rows),
        "_curves": lambda rows: store.append([], rows),
        "_signals": store.add_signals,
    }[table]
    with pytest.raises(ValueError, match="hp_wobble"):
        append([row, row | {"hp_wobble": 1.0}])
    assert store.parts(table) == []


def test_a_field_without_a_meaning_is_refused_by_its_name():
    @dataclass(frozen=True, kw_only=True)
    class Plain(SirenConfig):
        wobble: float = 1.0

    with pytest.raises(TypeError, match=r"Plain\.wobble"):
        described_fields(Plain)


def test_networks_that_describe_one_field_differently_are_refused_by_its_name():
    @dataclass(frozen=True, kw_only=True)
    class Other(SirenConfig):
        omega_first: Annotated[float, Meaning("omega of the first layer", unit="Hz")] = 1.0

    with pytest.raises(TypeError, match=r"Other\.omega_first"):
        network_fields([SirenConfig, Other])


def test_a_new_network_is_one_class_and_one_line(tmp_path):
    """It is built, tuned, fitted, keyed and stored, with a column for its own field."""
    command = [sys.executable, "-m", "tests.toy_network", str(tmp_path)]
    done = subprocess.run(command, capture_output=True, text=True, cwd=ROOT)
    assert done.returncode == 0, done.stderr
    assert "siren_loud_bias" not in MODELS
    (part,) = (tmp_path / "fits").glob("*.parquet")
    table = pq.read_table(part)
    field = table.schema.field("hp_bias_factor")
    assert field.type == pa.float64()
    assert field.metadata == {b"unit": b"rad", b"meaning": b"factor on all biases"}
    rows = table.to_pylist()
    assert [row["hp_bias_factor"] for row in rows] == [3.0, 1.0, 9.0]
    assert len({row["key"] for row in rows}) == len({row["metric_psnr_peak"] for row in rows}) == 3
    for row in rows:
        assert row["network"] == "siren_loud_bias"
        assert row["status"] == "ok", row["error"]
        assert row["parameters"] == pytest.approx(500, abs=30)
        content = json.loads(row["config"])["network"]
        assert content["name"] == "siren_loud_bias"
        # The default is left out of the key.
        assert content.get("bias_factor", 3.0) == row["hp_bias_factor"]
