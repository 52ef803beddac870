"""A results folder that others made or damaged: a sentence, and no code or file of theirs."""

import argparse
import dataclasses
import io
import json
import pickle
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from studies import audio_architectures, audio_grid, audio_search
from studies.command.cli import main
from studies.command.stored_runs import newest_run
from studies.engine.planning.resolving import flags_of, resolve
from studies.engine.planning.run import Run, run_json
from studies.engine.search.journals import Journals
from studies.engine.store.rows import signal_row
from studies.engine.store.store import Store, output_path, target_path
from studies.engine.store.superseded import remove_superseded
from tests.fakes.runs import make_signal
from tests.refusals import refused

SIGNAL = make_signal()
STUDIES = (audio_grid.STUDY, audio_search.STUDY, audio_architectures.STUDY)


def stored(folder: Path, study=audio_grid.STUDY) -> Run:
    """A folder as a run leaves it before its first fit."""
    run, store = resolve(study, "small", [SIGNAL]), Store(str(folder))
    store.add_signals([signal_row(SIGNAL)])
    store.write_bytes(f"{run.folder}/study.json", run_json(run))
    return run


def say(capsys, folder: Path, study=audio_grid.STUDY, verb: str = "status") -> str:
    """What the verb refuses the folder with, in one line; "" where it is content."""
    with pytest.raises(SystemExit) as stop:
        main(study, [verb, "--results", str(folder)])
    printed = capsys.readouterr()
    if stop.value.code == 0:
        return ""
    assert stop.value.code == 2
    assert printed.err.startswith("error: ")
    assert printed.err.count("\n") == 1
    return printed.err


def newest(folder: Path, study=audio_grid.STUDY):
    """Return the run that a status without flags is of, with its signals."""
    flags = dict.fromkeys(flag.name for flag in flags_of(study))
    arguments = argparse.Namespace(scale=None, signals=None, **flags)
    return newest_run(study, arguments, Store(str(folder)))


class Touch:
    """Makes a file where it is unpickled."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def __reduce__(self):
        return Path.touch, (self.path,)


@pytest.mark.parametrize("study", STUDIES, ids=lambda study: study.name)
def test_a_folder_without_fits_has_a_status(capsys, tmp_path, study):
    stored(tmp_path, study)
    assert say(capsys, tmp_path, study) == ""


def test_a_damaged_run_is_named(capsys, tmp_path):
    run = stored(tmp_path)
    path = tmp_path / run.folder / "study.json"
    for content in (b"", b"{", b"\xff\x1b[31m", b"[" * 100_000, path.read_bytes()[:-9]):
        path.write_bytes(content or b" ")
        line = say(capsys, tmp_path)
        assert line.startswith(f"error: {tmp_path}: "), "there is no run"
        assert f"{path} " in line, "and this may have been one"
        with refused("not-there", "--results", f"{path} "):
            newest(tmp_path)


VALUES = st.none() | st.integers(-9, 9) | st.text(max_size=5) | st.lists(st.integers(0, 3))


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_any_field_of_a_run_may_be_wrong(capsys, tmp_path, data):
    run = stored(tmp_path)
    path = tmp_path / run.folder / "study.json"
    value = json.loads(run_json(run))
    parts = [value, value["scale"], value["scale"]["fit"], value["question"]]
    inner = data.draw(st.sampled_from(parts))
    inner[data.draw(st.sampled_from(sorted(inner)))] = data.draw(VALUES)
    path.write_text(json.dumps(value))
    say(capsys, tmp_path)


def test_a_run_reads_no_file_outside_of_its_folder(capsys, tmp_path):
    folder = tmp_path / "results"
    run = stored(folder, audio_architectures.STUDY)
    secret = tmp_path / "secret.npy"
    np.save(secret, np.ones((8192, 1), np.float32))
    climb = "x/../../../secret"
    path = folder / run.folder / "study.json"
    path.write_text(path.read_text().replace(SIGNAL.sha256, climb))
    Store(str(folder)).add_signals([signal_row(SIGNAL) | {"sha256": climb}])
    assert run.folder in say(capsys, folder, audio_architectures.STUDY)
    with refused("not-there", "--results", path):
        newest(folder, audio_architectures.STUDY)
    (folder / "_targets" / "x").mkdir(parents=True)
    assert Store(str(folder)).read_array(target_path(climb)) is not None, "it would be read"


def test_a_run_without_its_signal_or_with_a_damaged_one_is_refused(capsys, tmp_path):
    run = stored(tmp_path)
    for part in tmp_path.glob("_signals/*"):
        part.unlink()
    path = f"{run.folder}/study.json"
    for row in (None, signal_row(SIGNAL) | {"name": None}):
        if row:
            Store(str(tmp_path)).add_signals([row])
        assert say(capsys, tmp_path).startswith(f"error: {tmp_path}/{path}: ")
        with refused("another-version", path, tmp_path):
            newest(tmp_path)
    Store(str(tmp_path)).add_signals([signal_row(SIGNAL)])
    assert newest(tmp_path) == (dataclasses.replace(run, stored_id=run.id), [SIGNAL])


def test_names_that_were_stored_are_printable(capsys, tmp_path):
    stored(tmp_path)
    name = "\x1b]0;pwned\x07\nerror: \u202e"
    Store(str(tmp_path)).add_signals([signal_row(SIGNAL) | {"name": name, "source": name}])
    with pytest.raises(SystemExit):
        main(audio_grid.STUDY, ["status", "--results", str(tmp_path)])
    output = capsys.readouterr().out
    assert "\x1b" not in output
    assert r"\x1b]0;pwned\x07\nerror" in output


@pytest.mark.parametrize("table", ["fits", "_curves", "_signals"])
def test_a_damaged_table_is_refused_by_its_file(capsys, tmp_path, table):
    folder = tmp_path / "results"
    stored(folder)
    store = Store(str(folder))
    for number in range(3):
        row = {"key": f"k{number}", "study": "x", "signal": "x", "sha256": SIGNAL.sha256, "n": 9}
        row |= {"network": "siren", "seed": 0, "status": "ok"}
        store.append([row], [{"key": f"k{number}", "epoch": 0, "psnr": 1.0}])
        store.add_signals([signal_row(SIGNAL) | {"name": f"name {number}"}])
    middle = sorted((folder / table).glob("*.parquet"))[1]
    content = middle.read_bytes()
    for damaged in (b"PAR1" * 9, content[:-20], content[:4] + bytes(300) + content[304:]):
        middle.write_bytes(damaged)
        with refused("damaged", middle):
            Store(str(folder)).read(table, None, None)
    with refused("damaged", middle):
        remove_superseded(Store(str(folder)))
    if table != "_curves":  # which are not read for that
        assert f"error: {middle}: " in say(capsys, folder)


def test_an_extension_type_in_a_tables_schema_is_not_unpickled(tmp_path):
    marker = tmp_path / "ran"
    metadata = {
        "ARROW:extension:name": "arrow.py_extension_type",
        "ARROW:extension:metadata": pickle.dumps(Touch(marker)),
    }
    schema = pa.schema([pa.field("key", pa.string(), metadata=metadata)])
    store = Store(str(tmp_path / "results"))
    (tmp_path / "results" / "fits").mkdir(parents=True)
    pq.write_table(pa.table([["a"]], schema), tmp_path / "results" / "fits" / "a.parquet")
    with refused("another-version", "study", "a.parquet"):
        Store(store.results).fits()
    assert not marker.exists()


def test_a_stored_array_of_objects_is_not_unpickled(tmp_path):
    store, marker = Store(str(tmp_path / "results")), tmp_path / "ran"
    buffer = io.BytesIO()
    np.save(buffer, np.full(3, Touch(marker)), allow_pickle=True)
    lying = b"\x93NUMPY\1\0v\0{'descr':'<f8','fortran_order':False,'shape':(9999999999,9)}"
    for content in (buffer.getvalue(), lying.ljust(128), pickle.dumps(Touch(marker)), b"\x93N"):
        store.write_bytes(output_path("k"), content)
        with refused("damaged", output_path("k"), store.results):
            store.read_array(output_path("k"))
    assert not marker.exists()
    np.load(io.BytesIO(buffer.getvalue()), allow_pickle=True)
    assert marker.exists(), "the trap must work"


@pytest.mark.parametrize(
    "line",
    [
        b"not JSON\n",
        b'{"op_code": 0, "worker_id": "x"}\n',
        b'{"op_code": 99, "worker_id": "x"}\n',
        b"[" * 100_000 + b"\n",
        pickle.dumps(Touch(Path("/nowhere/ran"))) + b"\n",
    ],
    ids=["text", "fields", "code", "deep", "pickle"],
)
@pytest.mark.parametrize("is_earlier", [False, True])
def test_a_damaged_journal_is_refused(capsys, tmp_path, line, is_earlier):
    run = stored(tmp_path, audio_search.STUDY)
    name = f"{run.folder}/optuna.journal"
    if not is_earlier:
        name = Journals(Store(str(tmp_path)), run, run.question.settings).name(SIGNAL)
        (tmp_path / "_searches").mkdir()
    (tmp_path / name).write_bytes(line)
    assert f"{tmp_path}/{name}: " in say(capsys, tmp_path, audio_search.STUDY)


@pytest.mark.parametrize("name", ["../out", "a/b", "-rf", "", "a\nb", "x" * 99, "$x$", "<b>", ".."])
def test_names_of_studies_and_networks_are_parts_of_paths_and_of_metrics(name):
    with refused("wrong-kind", "name"):
        dataclasses.replace(audio_grid.STUDY, name=name)
    small = audio_architectures.STUDY.small
    case = dataclasses.replace(small.cases[0], name=name)
    with refused("wrong-kind", "cases"):
        dataclasses.replace(small, cases=(case,))
