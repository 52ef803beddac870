"""The store: whole files, one row a key, readable by anyone, old files included."""

import duckdb
import pandas as pd
import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from analysis.statistics.recordings import write_recordings
from studies.engine.store.schema import TABLES, arrow_schema
from studies.engine.store.store import Store
from tests.fakes.runs import curve_points
from tests.fakes.runs import stored_row as row
from tests.refusals import refused


@pytest.fixture
def store(tmp_path) -> Store:
    return Store(str(tmp_path / "results"))


def test_three_readers_open_the_results_without_our_code(store):
    curve = [{"key": "a", "epoch": e, "psnr": 20.0 + e} for e in (0, 1, 10)]
    store.append([row("a"), row("b", status="failed", error="x", metric_psnr_peak=None)], curve)
    store.add_signals([{"sha256": "ab", "name": "clip", "num_samples": 256, "psnr_zero": 9.0}])
    store.write_bytes("_studies/x/report.html", b"<html>")
    write_recordings(store, {"clip": "tape"})
    folder = store.results
    for frame in (
        pd.read_parquet(folder),
        pd.read_parquet(f"{folder}/fits"),
        pl.read_parquet(f"{folder}/fits").to_pandas(),
        duckdb.sql(f"select * from '{folder}/fits/*.parquet'").df(),
    ):
        assert list(frame.columns) == [column.name for column in TABLES["fits"]]
        assert set(frame["key"]) == {"a", "b"}
        assert frame.set_index("key").loc["a", "metric_psnr_peak"] == 30.0
        assert frame.set_index("key").loc["b", "metric_psnr_peak"] != 30.0
    assert pd.read_parquet(f"{folder}/_curves")["epoch"].tolist() == [0, 1, 10]


def test_curves_come_by_key_in_the_order_of_their_epochs_and_each_epoch_once(store):
    store.append([row("a")], curve_points("a", 10, 0, 1))
    store.append([row("b")], curve_points("b", 5))
    store.append([row("a")], curve_points("a", 0, 1, 10))
    assert store.curves_by_key(["b", "a", "none"]) == {
        "a": ([0, 1, 10], [20.0, 21.0, 30.0]),
        "b": ([5], [25.0]),
    }
    assert store.curves_by_key(["a"]).keys() == {"a"}
    assert store.curves_by_key([]) == {}


def test_a_signal_is_written_again_where_it_is_another_not_where_digits_differ(store):
    signal = {"sha256": "ab", "name": "clip", "descriptor_psi": 0.3, "bands": [0.1, 0.2]}
    bits = {"descriptor_psi": 0.3 * (1 + 4e-16), "bands": [0.1, 0.2 * (1 + 4e-16)]}
    for changed, num_rows in (
        ({}, 1),
        (bits, 1),
        ({"descriptor_psi": 0.3001}, 2),
        ({"descriptor_psi": 0.3001, "bands": [0.1, 0.2001]}, 3),
        ({"descriptor_psi": 0.3001, "bands": [0.1]}, 4),
        ({"name": "other"}, 5),
    ):
        store.add_signals([signal | changed])
        assert store.read("_signals", None, None).num_rows == num_rows
        assert store.signals().num_rows == 1


def test_every_column_says_its_meaning_in_the_file(store):
    store.append([row("a")])
    (part,) = store.parts("fits")
    for field in pq.read_schema(part):
        assert field.metadata[b"meaning"], field.name
    assert pq.read_schema(part).field("metric_psnr_peak").metadata[b"unit"] == b"dB"


def test_a_result_stands_before_a_failure_and_the_newest_before_the_older(store):
    store.append([row("a", status="failed", error="boom", metric_psnr_peak=None)])
    assert store.done(["a", "b"]) == set()
    store.append([row("a", metric_psnr_peak=31.0)])
    store.append([row("a", status="failed", error="later", metric_psnr_peak=None)])
    assert store.done(["a", "b"]) == {"a"}
    (only,) = store.fits().to_pylist()
    assert only["status"] == "ok"
    assert only["metric_psnr_peak"] == 31.0
    store.append([row("a", metric_psnr_peak=32.0)])
    assert store.fits(["a"]).to_pylist()[0]["metric_psnr_peak"] == 32.0
    assert len(store.fits(["b"])) == 0


def test_a_storage_that_does_not_exist_is_refused():
    with refused("unknown-name", "--results", "nowhere://x"):
        Store("nowhere://x")


def test_an_older_file_without_a_nullable_column_is_read_with_null(store):
    old = pa.Table.from_pylist([row("old")], arrow_schema("fits")).drop_columns(["path"])
    old = old.set_column(
        old.schema.get_field_index("written_at"),
        "written_at",
        pa.array([0], pa.timestamp("us", tz="UTC")),
    )
    store.append([row("new", path="blocked")])
    pq.write_table(old, f"{store.root}/fits/old.parquet")
    rows = {r["key"]: r for r in Store(store.results).fits().to_pylist()}
    assert rows["old"]["path"] is None
    assert rows["new"]["path"] == "blocked"


def test_results_of_another_schema_are_refused(tmp_path):
    folder = tmp_path / "fits"
    folder.mkdir()
    pq.write_table(pa.table({"key": [1, 2], "loss": [0.1, 0.2]}), folder / "x.parquet")
    with refused("another-version", "key", "x.parquet", "string", "int64"):
        Store(str(tmp_path))
    (folder / "x.parquet").write_bytes(b"not parquet at all")
    with refused("damaged", folder / "x.parquet"):
        Store(str(tmp_path))


def test_a_results_folder_that_cannot_be_written_is_refused(tmp_path):
    (tmp_path / "file").write_text("in the way")
    with refused("unwritable", "--results", tmp_path / "file" / "results"):
        Store(str(tmp_path / "file" / "results"))


def test_no_reader_sees_a_half_written_file(store, monkeypatch):
    store.append([row("a")])

    class Crash(Exception):
        pass

    class Filesystem:
        """Acts as the store's file system, but the machine stops before the file gets its name."""

        def __getattr__(self, name):
            return getattr(real, name)

        def move(self, *_):
            raise Crash

    real = store.filesystem
    monkeypatch.setattr(store, "filesystem", Filesystem())
    with pytest.raises(Crash):
        store.append([row("b")])
    monkeypatch.undo()
    assert pd.read_parquet(store.results)["key"].tolist() == ["a"]
    assert store.done(["a", "b"]) == {"a"}


def test_a_condition_on_a_column_that_an_older_file_lacks_lets_it_pass(store):
    store.append([row("a", fit_precision="float32"), row("b", fit_precision="tf32"), row("old")])
    kept = store.fits(where={"fit_precision": "float32"})["key"].to_pylist()
    assert kept == ["a", "old"]


def test_a_fit_of_an_earlier_version_is_one_of_adam_and_of_no_other_optimizer(store):
    store.append([row("a", fit_optimizer="adam"), row("b", fit_optimizer="muon"), row("old")])

    def fits(**where):
        columns = ["fit_optimizer"]
        return store.fits(columns=columns, where=where).select(["key", *columns]).to_pydict()

    assert fits(fit_optimizer="adam") == {"key": ["a", "old"], "fit_optimizer": ["adam"] * 2}
    assert fits(fit_optimizer="muon")["key"] == ["b"]
