"""A report is shown again only while all that it was drawn from is as it was."""

import dataclasses
import io

import pytest
from rich.console import Console

from studies.command.kept_report import FILE, keep, kept_text, state_of
from studies.engine.planning.run import run_json
from studies.engine.store.store import Store
from tests.fakes.runs import SOUND, make_run

URI = "sqlite:///mlflow.db"
WINDOW = Console(file=io.StringIO(), width=80)
RUN = make_run(SOUND)


@pytest.fixture
def store(tmp_path):
    store = Store(str(tmp_path / "results"))
    store.write_bytes(f"{RUN.folder}/study.json", run_json(RUN))
    store.write_bytes(f"{RUN.folder}/report.html", b"<p>drawn</p>")
    store.write_bytes("fits/part-1.parquet", b"rows")
    keep(RUN, store, state_of(RUN, store, URI, WINDOW), "a table")
    return store


def shown_again(store, run=RUN, uri=URI, window=WINDOW):
    return kept_text(run, store, state_of(run, store, uri, window))


def test_what_was_shown_is_shown_again_whatever_other_runs_have_written(store):
    assert shown_again(store) == "a table"
    store.write_bytes("_studies/another/report.html", b"<p>another</p>")
    store.write_bytes("_mlflow/mlflow.db", b"its time changes whenever MLflow reads it")
    assert shown_again(store) == "a table"


@pytest.mark.parametrize(
    "path",
    ["fits/part-2.parquet", "_curves/part-2.parquet", "_outputs/key.npy", "recordings.csv"],
)
def test_a_new_file_of_the_results_has_the_report_drawn_anew(store, path):
    store.write_bytes(path, b"new")
    assert shown_again(store) is None


@pytest.mark.parametrize("name", ["report.html", "study.json"])
def test_a_report_that_somebody_has_changed_or_removed_is_drawn_anew(store, name):
    before = store.read_bytes(f"{RUN.folder}/{name}")
    store.write_bytes(f"{RUN.folder}/{name}", before[::-1])
    assert shown_again(store) is None
    store.delete(f"{RUN.folder}/{name}")
    assert shown_again(store) is None


@pytest.mark.parametrize("content", [b"", b"[]", b"{}", b"\xff", b'{"state": 1, "files": 2}'])
def test_a_damaged_record_of_what_was_shown_has_the_report_drawn_anew(store, content):
    store.write_bytes(f"{RUN.folder}/{FILE}", content)
    assert shown_again(store) is None


def test_another_run_window_or_tracking_has_the_report_drawn_anew(store):
    noted = dataclasses.replace(RUN, notes=("a note",))
    assert noted.folder == RUN.folder
    assert shown_again(store, run=noted) is None
    assert shown_again(store, window=Console(file=io.StringIO(), width=100)) is None
    assert shown_again(store, uri="http://127.0.0.1:5000") is None


def test_other_code_has_the_report_drawn_anew(store, tmp_path, monkeypatch):
    own = tmp_path / "own_study.py"
    own.write_text("STUDY = 1")
    monkeypatch.setattr("__main__.__file__", str(own), raising=False)
    keep(RUN, store, state_of(RUN, store, URI, WINDOW), "a table")
    assert shown_again(store) == "a table"
    own.write_text("STUDY = 12")
    assert shown_again(store) is None
