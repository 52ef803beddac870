"""The file of a journal: what is refused, what is repaired, and who may write."""

import subprocess
import sys
import threading
from itertools import islice

import optuna
import pytest

from studies.engine.search.journal import open_journal
from tests.fakes.runs import make_search, make_signal
from tests.fakes.searches import Search, noisy
from tests.refusals import refused

A = make_signal("a", 0.1)


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
    Search(run, [A], tmp_path, noisy(0), storage=open_journal(path)).to_the_end()
    lines = path.read_bytes().splitlines(keepends=True)
    lines[len(lines) // 2] = damaged
    path.write_bytes(b"".join(lines))
    for to_write in (False, True):
        with refused("another-version", path):
            open_journal(path, to_write=to_write)
    assert path.read_bytes() == b"".join(lines)


@pytest.mark.parametrize("content", [b"not json\n", b"{}\n", b"[1]\n", b"\xff\xfe"])
def test_a_file_that_is_no_journal_is_refused(tmp_path, content):
    path = tmp_path / "journal"
    path.write_bytes(content)
    with refused("another-version", path):
        open_journal(path)


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


def test_a_torn_last_line_is_dropped_and_the_search_goes_on(tmp_path):
    path = tmp_path / "journal"
    run = make_search([A], trials=8)
    whole = Search(run, [A], tmp_path, noisy(0)).to_the_end()
    cut = Search(run, [A], tmp_path, noisy(0), storage=open_journal(path))
    list(islice(cut.fits(), 7))
    path.write_bytes(path.read_bytes() + b'{"op_code": 5, "work')
    again = Search(
        run, [A], tmp_path, noisy(0), storage=open_journal(path), rows=cut.rows
    ).to_the_end()
    assert again.suggested() == whole.suggested()


def test_looking_at_a_journal_does_not_touch_a_line_that_is_being_written(tmp_path):
    path = tmp_path / "journal"
    Search(
        make_search([A], trials=4), [A], tmp_path, noisy(0), storage=open_journal(path)
    ).to_the_end()
    path.write_bytes(path.read_bytes() + b'{"op_code": 5, "work')
    before = path.read_bytes()
    open_journal(path, to_write=False)
    assert path.read_bytes() == before
    open_journal(path)
    assert path.read_bytes() != before
