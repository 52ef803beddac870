"""A store that grows: a few files, no name that vanishes, and each row once after a run."""

import os
from pathlib import Path

import pandas as pd
import pyarrow.parquet as pq
import pytest

from studies.engine.store.store import Store
from studies.engine.store.superseded import remove_superseded
from tests.fakes.runs import stored_row as row

FAILED = {"status": "failed", "error": "x", "metric_psnr_peak": None}


@pytest.fixture
def store(tmp_path) -> Store:
    return Store(str(tmp_path / "results"))


def keys_of(part: str) -> list[str]:
    return sorted(pq.ParquetFile(part).read()["key"].to_pylist())


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
