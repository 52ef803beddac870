"""The journal of a search: what goes on from it, what it is refused for, where it is kept."""

import dataclasses
from itertools import islice

import pytest

from search_spaces.axes import Values
from search_spaces.noise_grid import NoiseGrid
from studies.engine.search.journal import RunJournal, open_journal
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
