"""What Tune gives up still ends in a row, and nothing waits for it; no Ray is started here."""

import re
import shutil
import threading
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
from ray import cloudpickle
from ray.exceptions import RayTaskError
from ray.tune.search import Searcher

from inr_models import FitConfig, Siren2Config
from studies.engine.cluster import tune_run
from studies.engine.cluster.recorder import MAX_ATTEMPTS, MAX_FATAL_UNITS, Recorder
from studies.engine.cluster.tune_run import RowCallback
from studies.engine.cluster.tune_searcher import ScheduleSearcher
from studies.engine.planning.points import PlannedFit, Point, Step
from studies.engine.planning.trial import Trial
from studies.engine.running.idle_nodes import IDLE_SECONDS
from studies.engine.running.schedule import Schedule
from studies.engine.store.rows import Row, failed_row, signal_row
from studies.engine.store.storage import StorageAway
from studies.engine.store.store import Store
from tests.fakes.runs import make_signal
from tests.refusals import refused

SIGNAL = replace(make_signal(), values=np.zeros((8192, 1), np.float32))


def make_fit(seed: int, rungs: dict[int, float] | None = None) -> PlannedFit:
    point = Point(name="p", kind="grid", network=Siren2Config(width=8, s0=1.0, s1=1.0))
    trial = Trial(signal=SIGNAL.sha256, network=point.network, fit=FitConfig(), seed=seed)
    return PlannedFit(signal=SIGNAL, point=point, trial=trial, stage=0, rungs=rungs or {})


def row_of(fit: PlannedFit, status: str) -> Row:
    row = failed_row("test", fit.signal, fit.trial, "it failed") | {"status": status}
    return row | ({} if status == "failed" else {"metric_psnr_peak": 30.0, "error": None})


@pytest.fixture
def store(tmp_path) -> Store:
    new_store = Store(str(tmp_path))
    new_store.add_signals([signal_row(SIGNAL)])
    return new_store


def test_a_batch_that_is_given_up_ends_in_rows_and_the_schedule_goes_on(store):
    fits = [make_fit(seed, {5: 1.0} if seed == 2 else None) for seed in range(4)]
    schedule = Schedule(
        [(iter([Step(fits), Step([make_fit(9)])]), {})], lambda _: 0.1, num_workers=1
    )
    searcher = ScheduleSearcher(schedule)
    batch = searcher.suggest("a")["batch"]
    assert [fit.trial.seed for fit in batch.fits] == [0, 1, 2, 3]
    assert all(fit.signal.values is None for fit in batch.fits), "samples travel apart"
    assert searcher.suggest("b") is None
    # The worker stored three rows; one was reported before it was lost for good.
    for fit, status in zip(fits, ("ok", "ok", "partial"), strict=False):
        store.append([row_of(fit, status)])
    schedule.record(row_of(fits[0], "ok"))
    seen: list[Row] = []
    given_up = RowCallback("test", searcher, store, seen.append)
    trial = SimpleNamespace(trial_id="a", get_error=lambda: "Traceback\nBoom: out of luck")
    given_up.on_trial_error(1, [], trial)
    rows = {row["seed"]: row for row in store.fits().to_pylist()}
    assert [rows[seed]["status"] for seed in range(4)] == ["ok", "ok", "partial", "failed"]
    assert rows[3]["error"] == "Boom: out of luck"
    assert [row["seed"] for row in seen] == [0, 1, 2, 3]
    (last,) = searcher.suggest("c")["batch"].fits
    assert last.trial.seed == 9
    schedule.record(row_of(make_fit(9), "ok"))
    assert searcher.suggest("d") == Searcher.FINISHED


def test_a_storage_that_is_away_ends_the_run_however_often_its_error_was_wrapped(store, tmp_path):
    searcher = ScheduleSearcher(Schedule([], lambda _: 0.1, num_workers=1))
    callback = RowCallback("test", searcher, store, print)
    file = tmp_path / "error.pkl"
    trial = SimpleNamespace(pickled_error_file=str(file), num_failures=1)
    error: Exception = StorageAway("no-answer", "s3://bucket", "s3://bucket: gone.")
    for process in ("record", "train"):
        error = RayTaskError(process, "a traceback", error).as_instanceof_cause()
    file.write_bytes(cloudpickle.dumps(error))
    with refused("no-answer", "s3://bucket", kind=StorageAway):
        callback.on_trial_recover(1, [], trial)
    file.write_bytes(cloudpickle.dumps(RayTaskError("train", "a traceback", ValueError("no"))))
    callback.on_trial_recover(1, [], trial)  # such a fit is tried again


def test_workers_that_never_begin_end_the_run_unless_another_node_may_still_begin(
    store, tmp_path, monkeypatch
):
    searcher = ScheduleSearcher(Schedule([], lambda _: 0.1, num_workers=1))
    file = tmp_path / "error.pkl"
    text = "died\nImportError: no module named x\n\nImportError: cannot import ray.tune"
    file.write_bytes(cloudpickle.dumps(RuntimeError(text)))
    trial = SimpleNamespace(pickled_error_file=str(file), num_failures=MAX_ATTEMPTS)

    def recover(num_nodes: int, has_begun: bool = False, waited: float = 0.0) -> None:
        monkeypatch.setattr(tune_run.ray, "nodes", lambda: [{"Alive": True}] * num_nodes)
        callback = RowCallback("test", searcher, store, print)
        callback.has_begun = has_begun
        callback.started -= waited
        callback.on_trial_recover(1, [], trial)

    recover(num_nodes=2)
    recover(num_nodes=1, has_begun=True)
    for num_nodes, waited in ((1, 0.0), (2, IDLE_SECONDS + 1)):
        with refused("unsupported", "ray", MAX_ATTEMPTS, "no module named x"):
            recover(num_nodes, waited=waited)
    trial.num_failures = MAX_ATTEMPTS - 1
    recover(num_nodes=1)


def test_a_batch_run_again_skips_what_is_stored_and_passes_it_on(store):
    fits = [make_fit(seed) for seed in range(4)]
    for fit, status in zip(fits, ("ok", "failed", "partial", "partial"), strict=True):
        store.append([row_of(fit, status)])
    recorder = Recorder(store.location)
    keys = [fit.trial.key for fit in fits]
    stored, begun_elsewhere = recorder.begin_fits(keys, [False, False, False, True])
    assert not begun_elsewhere
    assert [row and row["status"] for row in stored] == ["ok", None, None, "partial"]
    assert stored[0] is not None
    assert stored[0]["key"] == keys[0]


def test_a_unit_that_takes_its_worker_down_is_counted_until_it_gets_somewhere(store):
    recorder = Recorder(store.location)
    for _ in range(MAX_ATTEMPTS):
        assert recorder.begin("u", "kind") == ("", None)
    refusal, state = recorder.begin("u", "kind")
    assert re.findall(r"\d+", refusal) == [str(MAX_ATTEMPTS)]
    assert state is None
    recorder.save("u", b"state")
    assert recorder.begin("u", "kind") == ("", b"state")
    recorder.discard(["u"])
    assert recorder.begin("u", "kind") == ("", None)


def test_when_three_fits_of_a_kind_have_died_and_none_came_through_the_others_are_not_tried(store):
    recorder = Recorder(store.location)
    for unit in "abc":
        assert recorder.begin("d", "kind")[0] == ""
        recorder.save("d", b"")  # so that it is not counted as one that dies
        for _ in range(MAX_ATTEMPTS + 1):
            refusal, _ = recorder.begin(unit, "kind")
        assert re.findall(r"\d+", refusal) == [str(MAX_ATTEMPTS)]
    assert re.findall(r"\d+", recorder.begin("d", "kind")[0]) == [str(MAX_FATAL_UNITS)]
    assert recorder.begin("e", "another kind")[0] == ""
    recorder.record(row_of(make_fit(0), "ok"), [], {}, "kind")
    assert recorder.begin("e", "kind")[0] == ""


def test_a_recorder_that_ray_starts_again_keeps_the_rows_of_the_one_before(store):
    first, second = make_fit(0), make_fit(1)
    for fit in (first, second):
        Recorder(store.location).record(row_of(fit, "ok"), [], {}, "kind")
    assert store.done([first.trial.key, second.trial.key]) == {first.trial.key, second.trial.key}


def test_storage_that_fails_for_a_while_costs_no_row(store):
    recorder, fit = Recorder(store.location), make_fit(0)
    folder = Path(store.root) / "_growing" / "fits"
    shutil.rmtree(folder)
    folder.touch()  # where the rows' folder has to be
    threading.Timer(1.5, folder.unlink).start()
    recorder.record(row_of(fit, "ok"), [], {}, "kind")
    assert store.fits()["key"].to_pylist() == [fit.trial.key]


def test_storage_that_stays_away_is_an_error(store):
    recorder = Recorder(store.location, retry_seconds=0.5)
    shutil.rmtree(Path(store.root) / "_growing" / "fits")
    (Path(store.root) / "_growing" / "fits").touch()
    with refused("no-answer", store.location, kind=StorageAway):
        recorder.record(row_of(make_fit(0), "ok"), [], {}, "kind")
