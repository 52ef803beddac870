"""A count of what remains is what a run then fits, for every kind of study, at every moment."""

from collections.abc import Callable, Iterator, Sequence

import numpy as np
import pytest

from studies import audio_search
from studies.engine.outcomes.results import Progress, progress
from studies.engine.outcomes.signal_state import SignalState
from studies.engine.planning.points import PlannedFit
from studies.engine.planning.resolving import resolve
from studies.engine.planning.run import Run
from studies.engine.running.schedule import Schedule
from studies.engine.search.journal import open_journal
from studies.engine.signals.signal import Signal
from studies.engine.store.rows import Row
from studies.engine.store.store import Store
from tests.fakes.maps import MAP_ALONE
from tests.fakes.runs import four, make_run, make_search, make_signal, scored_row
from tests.fakes.searches import Search, grid_rows, noisy

A, B = make_signal("a"), make_signal("b", psi=0.1)
ADDED = ("grid", "tuning")
"""The kinds of points of which the best one is fitted on further seeds."""


def an_added_point_wins(fit: PlannedFit) -> float:
    """Return a PSNR that is highest at a cell of the grid or at a point that tunes a network."""
    return (40.0 if fit.point.kind in ADDED else 20.0) + own_part(fit)


def a_known_point_wins(fit: PlannedFit) -> float:
    """Return a PSNR that is highest at a rule's point or at a network's published settings."""
    return (20.0 if fit.point.kind in ADDED else 40.0) + own_part(fit)


def own_part(fit: PlannedFit) -> float:
    """Return 0 to 1 dB that differ from fit to fit."""
    return int(fit.trial.key[:6], 16) / 2**24


def row_of(fit: PlannedFit, psnr: float) -> Row:
    scales = fit.point.scales
    return scored_row(
        fit.trial.key,
        fit.signal,
        psnr,
        network=fit.trial.network.network,
        hp_s0=scales.s0 if scales else None,
        hp_s1=scales.s1 if scales else None,
        seed=fit.trial.seed,
    )


def count(state: SignalState) -> Progress:
    """Return what a status or a plan would count by now, from copies of what is stored."""
    stored = SignalState(state.run, state.signal, dict(state.rows), state.suggestions)
    return progress(stored, state.run.question.steps(stored))


class Fitted:
    """Runs a study on planted landscapes. `fits` goes through it in the schedule's order."""

    def __init__(
        self,
        run: Run,
        signals: Sequence[Signal],
        score: Callable[[PlannedFit], float],
        store: Store,
    ) -> None:
        self.states = [SignalState(run, signal) for signal in signals]
        self.score = score
        by_signal = run.question.all_steps(self.states, store)
        rows = [state.rows for state in self.states]
        self.schedule = Schedule(
            list(zip(by_signal, rows, strict=True)), lambda _: 4.0, num_workers=2
        )

    def fits(self) -> Iterator[PlannedFit]:
        while not self.schedule.is_finished:
            batch = self.schedule.next()
            assert batch, "the schedule waits for a fit that it has not handed out"
            for fit in batch.fits:
                self.schedule.record(row_of(fit, self.score(fit)))
                yield fit

    def counts(self) -> list[Progress]:
        return [count(state) for state in self.states]

    def num_stored(self) -> list[int]:
        return [len(state.rows) for state in self.states]


RUNS = {
    "grid": lambda: make_run(A, B, seeds=2),
    "rule check": lambda: resolve(MAP_ALONE, "small", [A, B], changes={"confirm_seeds": 2}),
    "comparison": lambda: four(),
    "tuned comparison": lambda: four(tune=True),
}


def planted(kind: str, score: Callable[[PlannedFit], float], store: Store) -> Fitted:
    run = RUNS[kind]()
    by_sha256 = {signal.sha256: signal for signal in (A, B, make_signal())}
    return Fitted(run, [by_sha256[sha256] for sha256 in run.signals], score, store)


@pytest.mark.parametrize("kind", RUNS)
def test_done_and_missing_always_add_up_to_what_a_run_fits(tmp_path, kind):
    run = planted(kind, an_added_point_wins, Store(str(tmp_path)))
    totals = [c.missing for c in run.counts()]
    assert min(totals) > 0
    for _ in run.fits():
        counts = run.counts()
        assert [c.done for c in counts] == run.num_stored()
        assert [c.done + c.missing for c in counts] == totals
        assert (sum(c.missing for c in counts) == 0) == run.schedule.is_finished
    assert run.num_stored() == totals


@pytest.mark.parametrize(
    ("kind", "saved"),
    [
        ("grid", 0),  # its best cell is fitted again whatever beats it
        ("rule check", 2),  # the optimum's scoring seeds
        ("comparison", 0),
        ("tuned comparison", 6),  # two seeds of each of the three networks that can be tuned
    ],
)
def test_a_count_falls_where_no_further_point_is_fitted_and_only_there(tmp_path, kind, saved):
    run = planted(kind, a_known_point_wins, Store(str(tmp_path)))
    first = totals = [c.missing for c in run.counts()]
    for _ in run.fits():
        counts = run.counts()
        assert [c.done for c in counts] == run.num_stored()
        new = [c.done + c.missing for c in counts]
        assert all(after <= before for after, before in zip(new, totals, strict=True))
        totals = new
        assert (sum(c.missing for c in counts) == 0) == run.schedule.is_finished
    assert run.num_stored() == totals == [total - saved for total in first]


@pytest.mark.parametrize("kind", RUNS)
def test_the_keys_that_a_count_names_are_those_that_a_run_fits(tmp_path, kind):
    run = planted(kind, an_added_point_wins, Store(str(tmp_path)))
    asked = [c.asked for c in run.counts()]
    list(run.fits())
    stored = [set(state.rows) for state in run.states]
    assert all(known <= fits for known, fits in zip(asked, stored, strict=True))
    assert [c.asked for c in run.counts()] == stored


@pytest.mark.parametrize("early_stopping", [False, True])
@pytest.mark.parametrize("order", [None, 1])
@pytest.mark.parametrize("is_warm", [False, True])
def test_a_search_never_needs_more_than_its_count_and_ends_with_none(
    tmp_path, early_stopping, order, is_warm
):
    run, score = make_search([A, B], trials=10, early_stopping=early_stopping), noisy(0)
    known = {s.sha256: grid_rows(run, s, score, seeds=[0] if is_warm else []) for s in (A, B)}
    num_known = len(known[A.sha256])
    search = Search(run, [A, B], tmp_path, score, rows=known, curves=early_stopping)
    question = run.question
    assert isinstance(question, audio_search.Search)
    rules, seeds = 2, run.scale.seeds
    confirming = len(question.choosing_seeds) + len(question.scoring_seeds)
    bound = (rules + 10) * seeds + rules * confirming
    bound += question.top * len(question.choosing_seeds) + len(question.scoring_seeds)
    bound += confirming if is_warm else 0  # the best cell of the grid competes
    assert [count(search.state(signal)).missing for signal in (A, B)] == [bound, bound]
    totals = []
    for _ in search.fits(None if order is None else np.random.default_rng(order)):
        counts = [count(search.state(signal)) for signal in (A, B)]
        stored = [len(search.rows[signal.sha256]) - num_known for signal in (A, B)]
        assert [c.done for c in counts] == stored
        assert (sum(c.missing for c in counts) == 0) == search.schedule.is_finished
        totals.append([c.done + c.missing for c in counts])
    fitted = [len(search.rows[signal.sha256]) - num_known for signal in (A, B)]
    assert np.min(totals, axis=0).tolist() == totals[-1] == fitted
    statuses = {row["status"] for rows in search.rows.values() for row in rows.values()}
    assert ("partial" in statuses) == early_stopping


def test_a_finished_search_that_is_asked_for_more_trials_counts_them(tmp_path):
    path = tmp_path / "journal"
    run, more = make_search([A], trials=4), make_search([A], trials=10)
    first = Search(run, [A], tmp_path, noisy(0), storage=open_journal(path)).to_the_end()
    counted = count(SignalState(more, A, first.rows[A.sha256], first.known(A)))
    again = Search(more, [A], tmp_path, noisy(0), storage=open_journal(path), rows=first.rows)
    num_fitted = len(list(again.fits()))
    assert 6 * more.scale.seeds <= num_fitted <= counted.missing
