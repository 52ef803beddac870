"""The journal of a search: what goes on from it, what it is refused for, where it is kept."""

import dataclasses
from itertools import islice

import numpy as np
import optuna
import pytest

from search_spaces.axes import Values
from search_spaces.noise_grid import NoiseGrid
from studies.engine.planning.run import run_json
from studies.engine.search.journal import VERSIONS, open_journal
from studies.engine.search.journals import Journals
from studies.engine.search.search_id import search_id
from studies.engine.store.rows import Row
from studies.engine.store.store import Store
from tests.fakes.runs import make_search, make_signal
from tests.fakes.searches import Search, noisy

A, B, C = make_signal("a", 0.1), make_signal("b", 0.3), make_signal("c", 0.6)


def test_without_its_journal_a_search_starts_anew_knowing_every_row(tmp_path):
    run = make_search([A], trials=8)
    first = Search(run, [A], tmp_path, noisy(0)).to_the_end()
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
    whole = Search(run, [A], tmp_path, noisy(0)).to_the_end()
    rows: dict[str, dict[str, Row]] = {A.sha256: {}}
    for stop_after in (7, 100):
        storage, keep = Journals(store, run, run.question.settings).open(A)
        search = Search(run, [A], tmp_path, noisy(0), storage=storage, rows=rows)
        search.searches[A.sha256].keep = keep
        list(islice(search.fits(), stop_after))
    assert search.suggested() == whole.suggested()
    read = Journals(store, run, run.question.settings)
    assert read.suggestions([A])[A.sha256][-1].value is not None
    assert store.names("_searches") == [read.name(A).removeprefix("_searches/")]


def searched(run, signals, folder, rows=None):
    """Search as a run does, with the journals of a results folder."""
    journals = Journals(Store(str(folder)), run, run.question.settings)
    rows = {signal.sha256: dict((rows or {}).get(signal.sha256, {})) for signal in signals}
    storages = [journals.open(signal).storage for signal in signals]
    search = Search(run, signals, folder, noisy(0), storage=storages, rows=rows).to_the_end()
    return search


def test_a_further_clip_and_another_order_continue_every_other_search(tmp_path):
    first = searched(make_search([A, B], trials=6), [A, B], tmp_path)
    before = first.suggested()
    for signals in ([A, B, C], [C, B, A], [B]):
        again = searched(make_search(signals, trials=6), signals, tmp_path, first.rows)
        assert {fit.signal.name for fit in again.fitted} <= {"c"}
        for signal in (each for each in signals if each != C):
            assert again.suggested()[signal.sha256] == before[signal.sha256]
            assert again.choice(signal).optimum == first.choice(signal).optimum
        first.rows |= again.rows
    alone = searched(make_search([C], trials=6), [C], tmp_path / "alone")
    assert (
        alone.suggested()[C.sha256]
        == searched(make_search([C], trials=6), [C], tmp_path, first.rows).suggested()[C.sha256]
    )


@pytest.mark.parametrize("lead", [0, 1, 7, 12])
def test_two_drivers_whose_runs_share_a_clip_share_its_search(tmp_path, lead):
    drivers = []
    for signals in ([A], [B, A]):
        run = make_search(signals, trials=10)
        journals = Journals(Store(str(tmp_path)), run, run.question.settings)
        storages = [journals.open(signal).storage for signal in signals]
        driver = Search(run, signals, tmp_path, noisy(0), storage=storages)
        drivers.append((driver, driver.fits()))
        for _ in range(lead if len(drivers) == 1 else 0):
            next(drivers[0][1])
    rng, at_work = np.random.default_rng(lead), [fits for _, fits in drivers]
    while at_work:
        fits = at_work[int(rng.integers(len(at_work)))]
        if next(fits, None) is None:
            at_work.remove(fits)
    own = [s for s in drivers[0][0].known(A) if not s.warm]
    assert len({s.scales for s in own}) == len(own) == 10
    assert all(s.value is not None for s in own)
    assert drivers[1][0].known(A) == drivers[0][0].known(A)


def test_what_a_search_asks_decides_which_one_it_is():
    def id_of(signal=A, signals=(A,), **changes):
        run = make_search(list(signals), **changes)
        return search_id(run, run.question.settings, signal)

    same = id_of()
    for changes in ({"trials": 7}, {"confirm_seeds": 2}, {"rules": ["constant"]}):
        assert id_of(**changes) == same
    assert id_of(signals=(B, A)) == same
    others = [
        id_of(**changes)
        for changes in (
            {"signal": B}, {"sampler": "gp"}, {"seeds": 1}, {"width": 60}, {"depth": 3},
            {"epochs": 7}, {"early_stopping": True}, {"zero_output_bias": True},
            {"hold_out": "10%"},
        )
    ]  # fmt: skip
    assert len({same, *others}) == 10
    longer = make_signal("a", 0.1, n=4096)
    assert id_of(signal=longer) != same  # its space is another one


def test_another_space_is_another_search_that_knows_the_rows(tmp_path):
    run = make_search([A], trials=4)
    first = searched(run, [A], tmp_path)
    grid = NoiseGrid(s0=Values(values=(1, 9000)), s1=run.scale.grid.s1)
    other = dataclasses.replace(run, scale=dataclasses.replace(run.scale, grid=grid))
    again = searched(other, [A], tmp_path, first.rows)
    assert len(Store(str(tmp_path)).names("_searches")) == 2
    known = {suggestion.scales for suggestion in again.known(A) if suggestion.warm}
    assert known & set(first.suggested()[A.sha256])
    assert len(again.suggested()[A.sha256]) == 4


def of_an_earlier_version(run, folder, num_fits=1000):
    """Leave a run as earlier versions did: its JSON, and one journal of all its searches."""
    Store(str(folder)).write_bytes(f"{run.folder}/study.json", run_json(run))
    path = folder / run.folder / "optuna.journal"
    search = Search(run, [A, B], folder, noisy(0), storage=open_journal(path))
    list(islice(search.fits(), num_fits))
    return search, path


@pytest.mark.parametrize("num_fits", [21, 1000])
def test_a_journal_of_an_earlier_version_is_read_and_continued(tmp_path, num_fits):
    first, path = of_an_earlier_version(make_search([A, B], trials=6), tmp_path, num_fits)
    content, more = path.read_bytes(), make_search([C, A], trials=10)
    journals = Journals(Store(str(tmp_path)), more, more.question.settings)
    assert journals.suggestions([A])[A.sha256] == first.known(A)
    assert len(first.suggested()[A.sha256]) in (4, 6)
    assert Store(str(tmp_path)).names("_searches") == []  # looking changes nothing
    again = searched(more, [C, A], tmp_path, first.rows)
    whole = searched(make_search([A], trials=10), [A], tmp_path / "whole")
    assert again.suggested()[A.sha256] == whole.suggested()[A.sha256]
    assert again.searches[A.sha256].num_warm == first.searches[A.sha256].num_warm
    assert not {fit.trial.key for fit in again.fitted} & set(first.rows[A.sha256])
    assert path.read_bytes() == content
    assert len(Store(str(tmp_path)).names("_searches")) == 2


def test_of_two_earlier_journals_of_a_signal_the_longer_search_is_continued(tmp_path):
    first, _ = of_an_earlier_version(make_search([A, B], trials=8), tmp_path)
    short = make_search([B, A], trials=4)
    Store(str(tmp_path)).write_bytes(f"{short.folder}/study.json", run_json(short))
    path = tmp_path / short.folder / "optuna.journal"
    # The other one knew more points at its start.
    rows = {sha256: dict(rows) for sha256, rows in first.rows.items()}
    Search(short, [B, A], tmp_path, noisy(0), storage=open_journal(path), rows=rows).to_the_end()
    run = make_search([A], trials=4)
    read = Journals(Store(str(tmp_path)), run, run.question.settings).suggestions([A])
    assert read[A.sha256] == first.known(A)


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


def test_a_renamed_clip_is_found_again(tmp_path):
    run = make_search([A], trials=4)
    path = tmp_path / "journal"
    first = Search(run, [A], tmp_path, noisy(0), storage=open_journal(path)).to_the_end()
    renamed = dataclasses.replace(A, name="other name")
    again = Search(run, [renamed], tmp_path, noisy(0), storage=open_journal(path), rows=first.rows)
    assert list(again.fits()) == []
    assert again.known(renamed) == first.known(A)
