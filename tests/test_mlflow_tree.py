"""MLflow's view of a study after MLflow was away in the middle of a request."""

import contextlib
import os
import shutil
import signal
import subprocess
import sys

import mlflow
import psutil
import pytest
from mlflow.entities import ViewType
from mlflow.exceptions import MlflowException
from mlflow.store.db import utils

from studies.engine.outcomes.report import Report
from studies.engine.store.store import Store
from studies.engine.tracking.background import BackgroundTracking
from studies.engine.tracking.mlflow_tree import MlflowTree
from studies.engine.tracking.stamp import STAMP, stamp_of, stamped_experiment
from tests.fakes.runs import make_run, make_signal


def test_a_run_that_an_outage_left_half_made_is_made_anew_and_binned(tmp_path, monkeypatch):
    uri = f"sqlite:///{tmp_path}/mlflow.db"
    broken_off = MlflowTree(uri, "study", "run")

    def away(*_, **__):
        raise MlflowException("away")

    with monkeypatch.context() as patch:
        patch.setattr(broken_off.client, "log_batch", away)
        with pytest.raises(MlflowException):
            broken_off.ensure("run", "the run", params={"scale": "small"}, tags={})
    other = MlflowTree(uri, "study", "another run")
    other.ensure("another run", "another", params={}, tags={})
    tree = MlflowTree(uri, "study", "run")
    tree.ensure("run", "the run", params={"scale": "small"}, tags={})
    tree.finish()
    client = mlflow.MlflowClient(uri)
    runs = client.search_runs([tree.experiment])
    assert {run.info.run_name: run.info.status for run in runs} == {
        "the run": "FINISHED",
        "another": "RUNNING",
    }
    (binned,) = client.search_runs([tree.experiment], run_view_type=ViewType.DELETED_ONLY)
    assert binned.data.params == {}


def test_a_database_that_came_with_results_sends_no_file_elsewhere(tmp_path):
    there, here = tmp_path / "there", tmp_path / "here"
    tree = MlflowTree(f"sqlite:///{there}/_mlflow/mlflow.db", "study", "run")
    tree.ensure("run", "the run", params={}, tags={})
    tree.log_text("run", "report.html", "as it was")
    shutil.copytree(there, here)
    copied = MlflowTree(f"sqlite:///{here}/_mlflow/mlflow.db", "study", "run")
    copied.log("run", {"psnr": {0: 1.0}})
    with pytest.raises(MlflowException, match="_mlflow/"):
        copied.log_text("run", "report.html", "changed")
    (report,) = there.rglob("report.html")
    assert report.read_text() == "as it was"


def test_a_database_that_is_away_is_waited_for_for_seconds(monkeypatch):
    pauses = []
    monkeypatch.setattr(utils, "MAX_RETRY_COUNT", utils.MAX_RETRY_COUNT)
    monkeypatch.setattr(utils.time, "sleep", pauses.append)
    with pytest.raises(Exception, match=r"127\.0\.0\.1"):
        MlflowTree("postgresql://u:p@127.0.0.1:1/x", "study", "run")
    assert 0 < sum(pauses) < 5


def test_a_database_says_without_mlflow_whether_it_shows_a_run_in_full(tmp_path):
    uri = f"sqlite:///{tmp_path}/my results/mlflow.db"
    assert stamped_experiment(uri, "run", "state") is None
    assert not (tmp_path / "my results").exists()
    tree = MlflowTree(uri, "study", "run")
    tree.ensure("run", "the run", params={}, tags={})
    tree.ensure("run/point", "a point", parent="run", params={}, tags={})
    MlflowTree(uri, "study", "other").ensure("other", "another run", params={}, tags={})
    tree.log("run", {}, tags={STAMP: stamp_of("state", 2)})
    assert stamped_experiment(uri, "run", "state") is None, "it is not finished"
    tree.finish()
    assert stamped_experiment(uri, "run", "state") == tree.experiment
    assert stamped_experiment(uri, "run", "stat") is None
    assert stamped_experiment(uri, "other", "state") is None
    tree.client.delete_run(tree.runs["run/point"])
    assert stamped_experiment(uri, "run", "state") is None
    (tmp_path / "my results" / "mlflow.db").write_bytes(b"no database")
    assert stamped_experiment(uri, "run", "state") is None
    assert stamped_experiment("http://127.0.0.1:5000", "run", "state") is None


def test_a_tracking_process_that_was_killed_costs_a_report_nothing_but_mlflow():
    with BackgroundTracking() as tracking:
        tracking.process.kill()
        tracking.process.join()
        synced = tracking.sync(Report((), "", {}, {}, {}), finished=True, stamp="")
    assert synced.away


def test_a_study_of_many_signals_does_not_wait_until_its_tracking_process_reads_them(tmp_path):
    store = Store(str(tmp_path / "results"))
    many = [make_signal(f"clip {number}") for number in range(2000)]
    uri = f"sqlite:///{tmp_path}/mlflow.db"
    with BackgroundTracking() as tracking:
        os.kill(tracking.process.pid, signal.SIGSTOP)
        tracking.begin(uri, make_run(*many[:1]), many, store)
        tracking.sync_soon()
    assert not tracking.process.is_alive()
    assert not (tmp_path / "mlflow.db").exists()


def test_a_tracking_process_outlives_no_study():
    program = (
        "import os\n"
        "from studies.engine.tracking.background import BackgroundTracking\n"
        "if __name__ == '__main__':\n"
        "    print(BackgroundTracking().process.pid, flush=True)\n"
        "    os.kill(os.getpid(), 9)\n"
    )
    killed = subprocess.run([sys.executable, "-c", program], stdout=subprocess.PIPE, text=True)
    with contextlib.suppress(psutil.NoSuchProcess):
        psutil.Process(int(killed.stdout)).wait(60)
