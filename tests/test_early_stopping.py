"""Early stopping: where a fit ends, what it counts for, and that it saves what it is for."""

from itertools import islice

import numpy as np
import pytest
import torch

from analysis.regret.proxy import proxies, proxy_keys
from inr_models import FitConfig, Siren2Config, fit, make_network
from inr_models.fitting.metrics import curve_epochs
from studies.engine.outcomes.signal_state import SignalState
from studies.engine.planning.points import CHOOSING_STAGE, trial_of
from studies.engine.search.journal import open_journal
from studies.engine.search.rungs import MIN_TO_COMPARE, RUNG_SHARES, rung_epochs
from studies.engine.store.store import Store
from studies.engine.store.superseded import remove_superseded
from tests.fakes.runs import make_search, make_signal
from tests.fakes.searches import Search, noisy

CONFIG = FitConfig(epochs=60, learning_rate=1e-3)
A = make_signal("a")


@pytest.fixture(scope="module")
def problem():
    coords = torch.linspace(-1, 1, 200)[:, None]
    networks = [
        make_network(
            Siren2Config(width=16, s0=20.0, s1=0.5), in_features=1, out_features=1, seed=seed
        )
        for seed in range(3)
    ]
    return networks, coords, 0.8 * torch.sin(20 * coords)


@pytest.mark.parametrize("execution", ["loop", "stack"])
def test_a_fit_that_is_behind_ends_there_and_the_others_as_without_it(problem, execution):
    networks, coords, values = problem
    whole = dict(fit(networks, coords, values, CONFIG, execution=execution))
    curve = dict(zip(whole[1].epochs.tolist(), whole[1].psnr.tolist(), strict=True))
    at = int(whole[1].epochs[-8])
    assert at in curve
    rungs = [{}, {8: -99.0, at: curve[at] + 0.01, 59: 99.0}, {at: -99.0}]
    results = dict(fit(networks, coords, values, CONFIG, execution=execution, rungs=rungs))
    # A stack goes on without what has stopped, so its time is that of all updates.
    own = results[1].num_epochs + 1  # it is known to be behind after one more
    assert results[1].updates == (CONFIG.epochs if execution == "stack" else own)
    for index in (0, 2):
        assert not results[index].stopped
        np.testing.assert_array_equal(results[index].psnr, whole[index].psnr)
        assert results[index].num_epochs == 60
    stopped = results[1]
    assert stopped.stopped
    assert stopped.num_epochs == stopped.epochs[-1] == at
    assert stopped.epochs.tolist() == [epoch for epoch in curve if epoch <= at]
    assert stopped.psnr.tolist() == [curve[epoch] for epoch in curve if epoch <= at]
    assert stopped.psnr_final == curve[at]
    assert stopped.psnr_peak >= stopped.psnr.max() - 1e-12
    assert stopped.epoch_of_peak <= at


def test_both_paths_stop_at_the_same_rung(problem):
    networks, coords, values = problem
    rungs = [{8: -99.0, 30: 99.0}, {8: 99.0, 30: 99.0}, {8: -99.0, 30: -99.0}]
    loop, stack = (
        dict(fit(networks, coords, values, CONFIG, execution=execution, rungs=rungs))
        for execution in ("loop", "stack")
    )
    for results in (loop, stack):
        assert [results[index].num_epochs for index in range(3)] == [30, 8, CONFIG.epochs]
        assert [results[index].stopped for index in range(3)] == [True, True, False]
    for index in range(3):
        assert loop[index].psnr_peak == pytest.approx(stack[index].psnr_peak, abs=0.05)


@pytest.mark.parametrize("epochs", [1, 7, 60, 160, 300, 30_000])
def test_rungs_are_points_of_every_whole_curve(epochs):
    run = make_search([A], epochs=epochs)
    rungs = rung_epochs(run)
    assert set(rungs) <= set(curve_epochs(epochs).tolist())
    assert len(rungs) == {1: 0, 7: 2}.get(epochs, len(RUNG_SHARES))
    for share, rung in zip(reversed(RUNG_SHARES), reversed(rungs), strict=False):
        assert 0.5 * share * epochs < rung <= share * epochs


def search(folder, **changes):
    run = make_search([A], trials=24, early_stopping=True, **changes)
    return run, Search(run, [A], folder, noisy(0), curves=True)


def test_it_saves_epochs_and_what_it_stops_is_never_an_optimum(tmp_path):
    run, stopping = search(tmp_path)
    ended = list(stopping.fits())
    rows = stopping.rows[A.sha256]
    searched = [f for f in ended if f.stage < CHOOSING_STAGE]
    partial = {f.trial.key for f in searched if rows[f.trial.key]["status"] == "partial"}
    assert len(partial) > 8
    spent = sum(rows[f.trial.key]["num_epochs"] for f in searched)
    assert spent < 0.85 * len(searched) * run.scale.fit.epochs
    stopped = {f.point.network for f in searched if f.trial.key in partial}
    assert not stopped & {k.point.network for k in SignalState(run, A, rows).known_points()}
    assert not stopped & {p.network for p in stopping.choice(A).rounds[0].left}
    told = stopping.known(A)
    assert {s.scales for s in told if s.stopped} == {(n.s0, n.s1) for n in stopped}
    assert all(s.value is None for s in told if s.stopped)
    confirming = [f for f in ended if f.stage >= CHOOSING_STAGE]
    assert all(not f.rungs for f in confirming)
    assert {rows[f.trial.key]["status"] for f in confirming} == {"ok"}


def test_nothing_is_stopped_before_enough_others_were_there(tmp_path):
    _, stopping = search(tmp_path)
    can_stop = [bool(fit.rungs) for fit in stopping.fits()]
    assert not any(can_stop[:MIN_TO_COMPARE])
    assert any(can_stop[MIN_TO_COMPARE:])


@pytest.mark.parametrize("stop_after", [20, 33])
def test_a_killed_driver_stops_the_same_fits(tmp_path, stop_after):
    run, whole = search(tmp_path / "a")
    wanted = {f.trial.key: dict(f.rungs) for f in whole.fits()}
    path = tmp_path / "journal"
    options = {"curves": True, "storage": open_journal(path)}
    cut = Search(run, [A], tmp_path / "b", noisy(0), **options)
    done = {f.trial.key: dict(f.rungs) for f in islice(cut.fits(), stop_after)}
    options["storage"] = open_journal(path)
    again = Search(run, [A], tmp_path / "b", noisy(0), rows=cut.rows, **options)
    rest = {f.trial.key: dict(f.rungs) for f in again.fits()}
    assert done | rest == wanted
    assert not done.keys() & rest.keys()


def test_a_stopped_fit_is_done_for_its_search_and_open_for_others(tmp_path):
    store = Store(str(tmp_path))
    base = {
        "key": "k", "study": "s", "signal": "a", "sha256": "a", "n": 1, "network": "siren2",
        "seed": 0, "metric_psnr_zero": 1.0,
    }  # fmt: skip
    store.append([base | {"status": "failed"}])
    store.append([base | {"status": "partial", "metric_psnr_peak": 20.0}])
    store.append([base | {"status": "failed"}])
    assert store.fits().to_pylist()[0]["status"] == "partial"
    assert store.done(["k"]) == set()
    store.append([base | {"status": "ok", "metric_psnr_peak": 30.0}])
    store.append([base | {"status": "partial", "metric_psnr_peak": 21.0}])
    assert store.fits().to_pylist()[0]["status"] == "ok"
    assert store.done(["k"]) == {"k"}
    remove_superseded(store)
    assert store.fits().to_pylist()[0]["metric_psnr_peak"] == 30.0


def test_the_proxy_table_knows_a_perfect_ranking_and_a_reversed_one(tmp_path):
    run = make_search([A], trials=8)
    searched = Search(run, [A], tmp_path, noisy(0, own=0.0), curves=True).to_the_end()
    states, store = [searched.state(A)], Store(str(tmp_path))
    curves = store.curves_by_key(proxy_keys(states))
    by_budget = proxies(states, run.scale.fit.epochs, curves)
    assert [p.epochs for p in by_budget] == sorted({p.epochs for p in by_budget})
    assert len(by_budget) == 4
    for proxy in by_budget:
        assert proxy.correlations == pytest.approx((1.0,))
        assert proxy.lost == (0.0,)
    # Whoever leads early falls behind: peaks are of the best epoch so far.
    known = searched.state(A).known_points()
    crossing = {}
    for place, k in enumerate(known):
        for seed in range(2):
            key = trial_of(run.scale, A, k.point, seed).key
            crossing[key] = ([0, 160], [5.0 + place, 50.0 - place])
    for proxy in proxies(states, run.scale.fit.epochs, crossing):
        assert proxy.correlations == pytest.approx((-1.0,))
        assert proxy.lost == pytest.approx((len(known) - 1.0,))
