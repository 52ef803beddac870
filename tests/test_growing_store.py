"""A store that grows: a few files, no name that vanishes, and each row once after a run."""

import os
import subprocess
import sys
import textwrap
import time
from pathlib import Path

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st

from studies.engine.store import growing
from studies.engine.store.fits_cache import FitsCache
from studies.engine.store.growing import GrowingFiles, others_write, publish
from studies.engine.store.store import Store
from studies.engine.store.superseded import remove_superseded
from tests.fakes.runs import stored_row as row
from tests.refusals import refused

FAILED = {"status": "failed", "error": "x", "metric_psnr_peak": None}


@pytest.fixture
def store(tmp_path) -> Store:
    return Store(str(tmp_path / "results"))


def keys_of(part: str) -> list[str]:
    return sorted(pq.ParquetFile(part).read()["key"].to_pylist())


def points(key: str, *epochs: int) -> list[dict]:
    return [{"key": key, "epoch": epoch, "psnr": 20.0 + epoch} for epoch in epochs]


def test_rows_grow_in_one_file_that_readers_see_when_it_is_ready(store, monkeypatch):
    files = GrowingFiles(store)
    for i in range(20):
        files.append(row(f"k{i:02}"), points(f"k{i:02}", 0, 1))
    assert store.fits()["key"].to_pylist() == [f"k{i:02}" for i in range(20)]
    assert len(store.curves()) == 40
    assert [len(store.parts(table)) for table in ("fits", "_curves")] == [1, 1]
    assert not list(Path(store.root).glob("[!_]*/*.parquet"))
    publish(store)
    assert pd.read_parquet(store.results)["key"].tolist() == [f"k{i:02}" for i in range(20)]
    assert len(store.read("fits", None, None)) == 20
    assert len(store.curves()) == 40
    publish(store)
    assert [len(store.published(table)) for table in ("fits", "_curves")] == [1, 1]


@pytest.mark.parametrize("why", ["large", "old"])
def test_a_file_that_is_large_or_old_gets_its_final_name(store, monkeypatch, why):
    files = GrowingFiles(store)
    files.append(row("a"), points("a", 0))
    real = time.monotonic
    if why == "large":
        monkeypatch.setattr(growing, "MAX_BYTES", 1)
    else:
        monkeypatch.setattr(growing.time, "monotonic", lambda: real() + growing.SHORTEST + 1)
    files.append(row("b"), [])
    (published,) = store.published("fits")
    assert [keys_of(part) for part in (published, store.parts("fits")[0])] == [["a"], ["b"]]
    assert len(store.published("_curves")) == 1
    content = Path(published).read_bytes()
    files.append(row("c"), [])
    assert Path(published).read_bytes() == content


def test_what_a_killed_run_left_growing_is_read_and_published_by_the_next(store):
    GrowingFiles(store).append(row("a"), points("a", 0))
    assert store.done(["a"]) == {"a"}
    alive = GrowingFiles(store)
    alive.append(row("b"), points("b", 0))
    assert store.done(["a", "b"]) == {"a", "b"}
    publish(store)
    # A writer that is still alive repeats the rows of the file that it does not find again.
    alive.append(row("c"), points("c", 0))
    assert store.fits()["key"].to_pylist() == ["a", "b", "c"]
    publish(store)
    remove_superseded(store)
    assert sorted(pd.read_parquet(store.results)["key"]) == ["a", "b", "c"]
    assert sorted(pd.read_parquet(f"{store.results}/_curves")["key"]) == ["a", "b", "c"]


def test_a_fit_that_is_repeated_while_the_file_grows_is_one_row(store):
    files = GrowingFiles(store)
    files.append(row("a", **FAILED), points("a", 0, 1))
    files.append(row("a"), points("a", 0, 1, 2))
    files.append(row("a", **FAILED), [])
    publish(store)
    assert pd.read_parquet(store.results)["status"].tolist() == ["ok"]
    assert pd.read_parquet(f"{store.results}/_curves")["epoch"].tolist() == [0, 1, 2]


def test_a_failure_that_was_repaired_by_a_later_run_is_one_row(store):
    store.append([row("a", **FAILED), row("b")], points("a", 0))
    before = store.versions("fits")
    store.append([row("a"), row("c")], points("a", 0, 1))
    remove_superseded(store)
    frame = pd.read_parquet(store.results).set_index("key")
    assert frame["status"].to_dict() == {"a": "ok", "b": "ok", "c": "ok"}
    assert sorted(pd.read_parquet(f"{store.results}/_curves")["epoch"]) == [0, 1]
    assert set(before) < set(store.versions("fits")), "a name has vanished"
    now = store.versions("fits")
    remove_superseded(store)
    assert store.versions("fits") == now, "a file was written again without need"


def test_a_writer_is_seen_by_others_from_its_start_to_its_end(store):
    assert not others_write(store)
    files = GrowingFiles(store)
    assert others_write(store)
    files.append(row("a"), [])
    assert others_write(store)
    publish(store)
    assert not others_write(store)
    GrowingFiles(store)
    publish(store)
    assert not others_write(store)
    assert len(store.parts("fits")) == 1


@given(
    st.lists(
        st.lists(
            st.tuples(st.sampled_from("abcd"), st.sampled_from(["ok", "failed", "partial"])),
            min_size=1,
            max_size=4,
            unique_by=lambda pair: pair[0],
        ),
        max_size=6,
    )
)
def test_what_is_removed_is_what_no_report_reads(tmp_path_factory, files):
    store = Store(str(tmp_path_factory.mktemp("results")))
    for rows in files:
        store.append([row(key, status=status) for key, status in rows])
    before = store.fits().to_pylist()
    remove_superseded(store)
    assert store.fits().to_pylist() == before
    assert store.read("fits", None, None).num_rows == len(before)


def test_a_file_that_is_written_again_keeps_the_columns_of_a_newer_version(store):
    store.append([row("a"), row("b")])
    (part,) = store.parts("fits")
    pq.write_table(pq.read_table(part).append_column("metric_new", pa.array([7.0, 8.0])), part)
    store.append([row("b")])
    remove_superseded(store)
    assert pq.read_table(part).select(["key", "metric_new"]).to_pylist() == [
        {"key": "a", "metric_new": 7.0}
    ]


def test_the_cache_reads_a_file_again_that_has_grown(store):
    cache, files = FitsCache(store), GrowingFiles(store)
    files.append(row("a", **FAILED), [])
    assert cache.find(["a", "b"])["a"]["status"] == "failed"
    files.append(row("a"), [])
    files.append(row("b"), [])
    assert {key: brief["status"] for key, brief in cache.find(["a", "b"]).items()} == {
        "a": "ok",
        "b": "ok",
    }


def test_a_read_that_a_writer_disturbs_is_repeated(store):
    """An object store may answer with the first half of one version and the second of another."""
    store.append([row("a")])
    (part,) = map(Path, store.parts("fits"))
    content, calls = part.read_bytes(), []

    def read(versions):
        calls.append(versions)
        if len(calls) == 1:
            part.write_bytes(content[:100])
            try:
                return store.read_parts("fits", list(versions))
            finally:
                part.write_bytes(content)
                os.utime(part, (1, 1))
        return store.read_parts("fits", list(versions))

    assert store.while_written("fits", read)["key"].to_pylist() == ["a"]
    assert len(calls) == 2
    part.write_bytes(content[:100])
    with refused("damaged", part):
        store.fits()


def test_two_drivers_may_remove_superseded_rows_at_once(store, monkeypatch):
    """The other driver replaces a file here between the requests that read it."""
    store.append([row("a", **FAILED), row("b")])
    store.append([row("a"), row("c")])
    read, parts = store.read_parts, store.parts("fits")
    contents = {part: Path(part).read_bytes() for part in parts}
    calls = []

    def disturbed(table, parts, *args):
        calls.append(parts)
        if len(calls) != 4:
            return read(table, parts, *args)
        path = Path(parts[0])
        path.write_bytes(contents[parts[0]][:100])
        try:
            return read(table, parts, *args)
        finally:
            path.write_bytes(contents[parts[0]])
            os.utime(path, (1, 1))

    monkeypatch.setattr(store, "read_parts", disturbed)
    remove_superseded(store)
    assert len(calls) > 4, "the file was not read again"
    assert sorted(pd.read_parquet(store.results)["key"]) == ["a", "b", "c"]


READERS = {
    "pandas": "import pandas as pd\nread = lambda: pd.read_parquet(RESULTS)['key'].nunique()",
    "polars": """
        import polars as pl
        read = lambda: pl.read_parquet(f"{RESULTS}/fits")["key"].n_unique()
        """,
    "duckdb": """
        import duckdb
        query = f"select count(distinct key) from '{RESULTS}/fits/*.parquet'"
        read = lambda: duckdb.sql(query).fetchall()[0][0]
        """,
    "ours": """
        from studies.engine.store.store import Store
        read = lambda: len(Store(RESULTS, create=False).fits(columns=["key"]))
        """,
}


@pytest.mark.parametrize("reader", READERS)
def test_readers_in_a_loop_beside_a_writer_fail_never_and_lose_no_row(store, reader):
    """The writer repeats fits and publishes files.

    Beside pandas and our own reader it also removes what is superseded. Polars and DuckDB open a
    file once for its footer and again for its rows, and fail if it was replaced in between. A study
    replaces files at its end alone, and only if it repeated fits.
    """
    program = f"RESULTS = {store.results!r}\n{textwrap.dedent(READERS[reader]).strip()}\n" + (
        "import os, sys\n"
        "print('ready', flush=True)\n"
        "counts = []\n"
        f"while not os.path.exists({store.results!r} + '/_end'): counts.append(read())\n"
        "assert len(counts) > 3, len(counts)\n"
        "assert counts == sorted(counts), counts\n"
    )
    store.append([row("first", **FAILED)])
    with subprocess.Popen(
        [sys.executable, "-c", program], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "ready\n"
        try:
            num_files = write_for(store, 5, is_thinned=reader in ("pandas", "ours"))
        finally:
            store.write_bytes("_end", b"")
        _, errors = process.communicate(timeout=60)
    assert process.returncode == 0, errors
    assert num_files > 1


def write_for(store: Store, seconds: float, *, is_thinned: bool) -> int:
    """Write fits and publish a file after every 30, and return how many files that were."""
    end, number = time.monotonic() + seconds, 0
    while time.monotonic() < end:
        files = GrowingFiles(store)
        files.append(row("first", status="ok" if number % 2 else "partial"), [])
        for i in range(30):
            files.append(row(f"k{number}-{i}"), points(f"k{number}-{i}", 0, 1))
        publish(store)
        if is_thinned:
            remove_superseded(store)
        number += 1
    return number
