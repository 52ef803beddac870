"""The journal of a search: what goes on from it, what it is refused for, where it is kept."""

import dataclasses
import subprocess
import sys
import threading
from itertools import islice

import optuna
import pytest

from search_spaces.axes import Values
from search_spaces.noise_grid import NoiseGrid
from studies.engine.search.journal import VERSIONS, RunJournal, open_journal
from studies.engine.store.rows import Row
from studies.engine.store.store import Store
from tests.fakes.runs import make_search, make_signal
from tests.fakes.searches import Search, noisy
from tests.refusals import refused

A = make_signal("a", 0.1)


def test_without_its_journal_a_search_starts_anew_knowing_every_row(tmp_path):
    run = make_search([A], trials=8)
    first = Search(run, [A], tmp_path, noisy(0))
    list(first.fits())
    before = first.suggested()[A.sha256]
    again = Search(run, [A], tmp_path, noisy(0), rows=first.rows)
    known = set(first.rows[A.sha256])
    fitted = {fit.trial.key for fit in again.fits()}
    assert again.searches[A.sha256].num_warm == 8 + 2
    assert not set(before) & set(again.suggested()[A.sha256])
    assert not fitted & known


def test_a_journal_on_storage_that_is_no_local_disk_is_kept_there(tmp_path):
    run = make_search([A], trials=8)
    store = Store(f"file://{tmp_path}")
    whole = Search(run, [A], tmp_path, noisy(0))
    list(whole.fits())
    rows: dict[str, dict[str, Row]] = {A.sha256: {}}
    for stop_after in (7, 100):
        journal = RunJournal(store, run)
        assert not journal.path.is_relative_to(tmp_path)
        search = Search(run, [A], tmp_path, noisy(0), storage=journal.storage(), rows=rows)
        search.searches[A.sha256].keep = journal.keep
        list(islice(search.fits(), stop_after))
    assert search.suggested() == whole.suggested()
    assert RunJournal(store, run).suggestions(run, [A])[A.sha256][-1].value is not None


def test_a_journal_of_another_space_is_refused_and_kept(tmp_path):
    path = tmp_path / "journal"
    run = make_search([A], trials=4)
    list(Search(run, [A], tmp_path, noisy(0), storage=open_journal(path)).fits())
    grid = NoiseGrid(s0=Values(values=(10, 99)), s1=run.scale.grid.s1)
    other = dataclasses.replace(run, scale=dataclasses.replace(run.scale, grid=grid))
    before = path.read_bytes()
    with refused("another-version", f"{other.folder}/optuna.journal", 1572.864, 5.40672):
        Search(other, [A], tmp_path, noisy(0), storage=open_journal(path))
    assert path.read_bytes() == before


DAMAGED = {
    "no JSON": b"\x00\x00\x00\n",
    "not of Optuna": b"[1]\n",
    "cut": b'{"op_code": 5, "work\n',
    "not UTF-8": b"\xff\xfe\n",
    "two in one": b'{"op_code": 2}{"op_code": 2}\n',
}


@pytest.mark.parametrize("damaged", DAMAGED.values(), ids=DAMAGED)
def test_a_damaged_line_in_the_middle_is_refused_and_the_file_is_kept(tmp_path, damaged):
    path = tmp_path / "journal"
    run = make_search([A], trials=4)
    list(Search(run, [A], tmp_path, noisy(0), storage=open_journal(path)).fits())
    lines = path.read_bytes().splitlines(keepends=True)
    lines[len(lines) // 2] = damaged
    path.write_bytes(b"".join(lines))
    for to_write in (False, True):
        with refused("another-version", path):
            open_journal(path, to_write=to_write)
    assert path.read_bytes() == b"".join(lines)


@pytest.mark.parametrize("target", ["journal", "moved/journal"])
def test_a_lock_that_a_killed_search_of_an_earlier_version_left_is_not_waited_for(tmp_path, target):
    path = tmp_path / "journal"
    open_journal(path)
    (tmp_path / "journal.lock").symlink_to(tmp_path / target)
    storage = open_journal(path)
    writer = threading.Thread(target=optuna.create_study, kwargs={"storage": storage}, daemon=True)
    writer.start()
    writer.join(20)
    assert not writer.is_alive()
    assert len(path.read_bytes().splitlines()) == 1


def test_a_killed_process_leaves_no_lock(tmp_path):
    path = tmp_path / "journal"
    program = (
        "import sys, time\n"
        "from pathlib import Path\n"
        "from studies.engine.search import journal\n"
        "lock = journal._KernelLock(sys.argv[1])\n"
        "lock.acquire()\n"
        "print('locked', flush=True)\n"
        "time.sleep(600)\n"
    )
    command = [sys.executable, "-c", program, str(path)]
    with subprocess.Popen(command, stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == b"locked\n"
        writer = threading.Thread(
            target=optuna.create_study, kwargs={"storage": open_journal(path)}
        )
        writer.start()
        writer.join(0.5)
        waits = writer.is_alive()
        process.kill()
        assert waits, "two processes write at once"
        writer.join(20)
        assert not writer.is_alive()


def test_a_search_that_another_version_of_optuna_began_says_so(tmp_path, monkeypatch):
    run, path = make_search([A], trials=8), tmp_path / "journal"

    def search(**options):
        return Search(run, [A], tmp_path, noisy(0), storage=open_journal(path), **options)

    monkeypatch.setattr(optuna, "__version__", "4.5.0")
    begun = search()
    list(islice(begun.fits(), 7))
    monkeypatch.undo()
    assert not begun.searches[A.sha256].is_of_two_versions
    for _ in range(2):
        again = search(rows=begun.rows).searches[A.sha256]
        assert again.is_of_two_versions
        assert again.study.user_attrs[VERSIONS] == ["4.5.0", optuna.__version__]


@pytest.mark.parametrize("content", [b"not json\n", b"{}\n", b"[1]\n", b"\xff\xfe"])
def test_a_file_that_is_no_journal_is_refused(tmp_path, content):
    path = tmp_path / "journal"
    path.write_bytes(content)
    with refused("another-version", path):
        open_journal(path)


def test_a_torn_last_line_is_dropped_and_the_search_goes_on(tmp_path):
    path = tmp_path / "journal"
    run = make_search([A], trials=8)
    whole = Search(run, [A], tmp_path, noisy(0))
    list(whole.fits())
    cut = Search(run, [A], tmp_path, noisy(0), storage=open_journal(path))
    list(islice(cut.fits(), 7))
    path.write_bytes(path.read_bytes() + b'{"op_code": 5, "work')
    again = Search(run, [A], tmp_path, noisy(0), storage=open_journal(path), rows=cut.rows)
    list(again.fits())
    assert again.suggested() == whole.suggested()


def test_a_renamed_clip_is_found_again(tmp_path):
    run = make_search([A], trials=4)
    path = tmp_path / "journal"
    first = Search(run, [A], tmp_path, noisy(0), storage=open_journal(path))
    list(first.fits())
    renamed = dataclasses.replace(A, name="other name")
    again = Search(run, [renamed], tmp_path, noisy(0), storage=open_journal(path), rows=first.rows)
    assert list(again.fits()) == []
    assert again.known(renamed) == first.known(A)


def test_looking_at_a_journal_does_not_touch_a_line_that_is_being_written(tmp_path):
    path = tmp_path / "journal"
    list(
        Search(
            make_search([A], trials=4), [A], tmp_path, noisy(0), storage=open_journal(path)
        ).fits()
    )
    path.write_bytes(path.read_bytes() + b'{"op_code": 5, "work')
    before = path.read_bytes()
    open_journal(path, to_write=False)
    assert path.read_bytes() == before
    open_journal(path)
    assert path.read_bytes() != before
