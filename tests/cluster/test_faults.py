"""Faults of every kind, each of which ends with the table and the rows of an undisturbed run."""

import time

import pandas as pd
import pytest

from studies.command.outcome import MLFLOW_AWAY
from studies.engine.cluster.recorder import MAX_ATTEMPTS
from studies.engine.signals.reading import read_all
from tests.cluster import machines
from tests.cluster.memory_limit import MemoryLimit
from tests.cluster.ray_cluster import (
    CLIP,
    CLIPS,
    HOSTS,
    MLFLOW,
    Submitted,
    slowness,
    table,
    wait_until,
)
from tests.commands import scores

SERVER = (
    "MLFLOW_DISABLE_TELEMETRY=true MLFLOW_SERVER_ENABLE_JOB_EXECUTION=false mlflow server -w 1 "
    "--host 10.77.0.1 --port 5000 --allowed-hosts '*' --backend-store-uri sqlite:////root/mlflow.db"
)
HANGING = """
import socket, time
server = socket.create_server(("10.77.0.1", 5000))
taken = []
while True:
    taken.append(server.accept())
"""
KNOWN = """
import mlflow
client = mlflow.MlflowClient("http://10.77.0.1:5000")
seeds = [
    run.info.run_id + "/" + seed
    for experiment in client.search_experiments()
    for run in client.search_runs([experiment.experiment_id], max_results=1000)
    for seed in run.data.tags.get("noisescape.seeds", "").split()
]
print(",".join(seeds))
"""
OUTAGE = 30


@pytest.fixture
def ends_as_undisturbed(undisturbed):
    """Checks that a study ends with the same table, and no row lost, doubled or wrong."""

    def check(study):
        output = study.end()
        assert table(output) == undisturbed[1]
        frame = pd.read_parquet(study.results)
        assert frame["key"].is_unique
        pd.testing.assert_frame_equal(scores(study.results), undisturbed[0])
        return output

    return check


def test_a_worker_process_is_killed(cluster, ends_as_undisturbed, record):
    study = Submitted(cluster, "worker")
    study.wait_for_rows(3)
    host = cluster.hosts[1]
    study.wait_for_fit_on(host)
    assert host in cluster.reserved_hosts
    host.do(f"kill -9 {' '.join(map(str, host.processes('ray::ImplicitFunc')))}")
    seconds = study.seconds_until_again(study.last_begun(host))
    ends_as_undisturbed(study)
    record("worker process", "kill -9 during a fit", seconds, study.num_repeated)


def test_the_driver_is_killed_and_the_command_repeated(cluster, ends_as_undisturbed, record):
    study = Submitted(cluster, "driver")
    study.wait_for_rows(5)
    (driver,) = cluster.head.processes("python /root/audio_grid.py")
    cluster.head.do(f"kill -9 {driver}")
    assert study.process.wait(timeout=60 * slowness()) != 0
    broken_off = {key for _, key in study.begun} - study.stored_keys
    study.again()
    seconds = study.seconds_until_again(*broken_off)
    ends_as_undisturbed(study)
    record("driver", "kill -9, command repeated", seconds, study.num_repeated)


def test_two_drivers_run_the_same_study(cluster, ends_as_undisturbed, record):
    study = Submitted(cluster, "two")
    first = study.process
    study.wait_for_rows(1)
    study.again()
    output, _ = first.communicate(timeout=400 * slowness())
    assert first.returncode == 0, output
    ends_as_undisturbed(study)
    # There is one worker on each of three hosts, and the drivers meet in each of two steps.
    assert study.num_repeated <= 2 * 3
    record("second driver", "the same command at the same time", None, study.num_repeated)


def test_the_storage_of_the_results_fails(cluster, ends_as_undisturbed, record):
    study = Submitted(cluster, "storage")
    study.wait_for_rows(5)
    # The mount is busy while a row is being written.
    cluster.head.do(f"until mount -o remount,bind,ro {machines.SHARED} 2> /dev/null; do :; done")
    time.sleep(OUTAGE)
    cluster.head.do(f"mount -o remount,bind,rw {machines.SHARED}")
    count = study.num_rows
    seconds = wait_until(lambda: study.num_rows > count, 60, "a row")
    ends_as_undisturbed(study)
    record("results", f"storage read-only for {OUTAGE} s", seconds, study.num_repeated)


def test_the_disk_of_a_node_is_full(cluster, ends_as_undisturbed, record):
    host = cluster.hosts[2]
    used = int(host.do("df --output=used -k /tmp | tail -1"))
    host.do(f"mount -o remount,size={used + 4096}k /tmp && ! cat /dev/zero > /tmp/filled")
    assert host.do("df --output=avail -k /tmp | tail -1").strip() == "0"
    study = Submitted(cluster, "disk", awaited=HOSTS[:2])  # no worker starts on the third
    try:
        ends_as_undisturbed(study)
    finally:
        host.do("rm /tmp/filled; mount -o remount,size=50% /tmp")
    record("node's disk", "/tmp full from before the start", 0, study.num_repeated)


def test_mlflow_is_down_for_the_whole_study(cluster, ends_as_undisturbed, record):
    study = Submitted(cluster, "down")
    assert ends_as_undisturbed(study).count(MLFLOW_AWAY) == 1
    record("MLflow", "down for the whole study", 0, study.num_repeated)


def test_mlflow_hangs(cluster, ends_as_undisturbed, record):
    server = cluster.laptop.start(f"exec python -c '{HANGING}'")
    study = Submitted(cluster, "hangs")
    try:
        output = ends_as_undisturbed(study)
    finally:
        cluster.laptop.kill(server)
    assert output.count(MLFLOW_AWAY) == 1
    waited = study.ended - pd.read_parquet(study.results)["written_at"].max().timestamp()
    record("MLflow", "accepts, never answers", waited, study.num_repeated)


def test_mlflow_is_down_for_a_part_of_the_study(cluster, ends_as_undisturbed, record):
    is_up = lambda: not cluster.laptop.run(f"curl -sfm 5 {MLFLOW}/health")[0]  # noqa: E731
    server = cluster.laptop.start(SERVER)
    try:
        wait_until(is_up, 240, "MLflow")
        study = Submitted(cluster, "part")
        study.wait_for_rows(5)
        cluster.laptop.kill(server)
        study.wait_for_rows(8)
        server = cluster.laptop.start(SERVER)
        output = ends_as_undisturbed(study)
        wait_until(is_up, 240, "MLflow")
        if MLFLOW_AWAY in output:  # it takes as long to start as the rest of the fits
            study.again("report")
            assert MLFLOW_AWAY not in study.end()
        known = cluster.laptop.do(f"python -c '{KNOWN}'").split()
    finally:
        cluster.laptop.kill(server)
    assert sorted(known[-1].split(",")) == sorted(set(known[-1].split(",")))
    assert len(known[-1].split(",")) == len(pd.read_parquet(study.results))
    record("MLflow", "killed after the 5th fit, started again", 0, study.num_repeated)


def test_the_kernel_kills_what_takes_too_much(cluster, undisturbed, ends_as_undisturbed, record):
    study = Submitted(cluster, "memory")
    study.wait_for_all_hosts()
    workers = [pid for host in cluster.hosts for pid in host.outer_pids("ray::ImplicitFunc")]
    try:
        limit = MemoryLimit(workers, 1 << 30)
    except OSError as error:
        study.end()
        pytest.skip(f"no limit on memory can be set here: {error}")
    try:
        key = sorted(set(undisturbed[0].index) - {key for _, key in study.begun})[0]
        (cluster.faults / "hoard").write_text(key)
        wait_until(lambda: study.times_begun(key) == 1, 240, "the fit that takes memory")
        seconds = wait_until(lambda: study.times_begun(key) == 2, 120, "its next beginning")
        ends_as_undisturbed(study)
        assert limit.num_kills == 1
    finally:
        limit.remove()
    record("memory", "the kernel's OOM killer during a fit", seconds, study.num_repeated)


def test_a_clip_crashes_every_fit(cluster, undisturbed, record):
    clip = "bass_thick_c"
    (signal,), _ = read_all([machines.ROOT / f"studies/clips/{clip}.flac"], 2048, "sound")
    (cluster.faults / "crash").write_text(signal.sha256)
    study = Submitted(cluster, "poisoned", clips=f"{CLIPS}/{clip}.flac {CLIP}")
    output, _ = study.process.communicate(timeout=900 * slowness())
    (cluster.faults / "crash").unlink()
    assert study.process.returncode == 1, output  # what `ray submit` makes of 3
    rows = pd.read_parquet(study.results).set_index("key")
    failed = rows[rows["signal"] == clip]
    assert set(failed["status"]) == {"failed"}
    assert failed["error"].str.match(rf"RuntimeError: .*\b{MAX_ATTEMPTS}\b").all()
    assert max(study.times_begun(key) for key in failed.index) == MAX_ATTEMPTS
    rest = scores(study.results).drop(failed.index)
    rest = rest.astype(undisturbed[0].dtypes)  # beside failed fits, whole numbers are floats
    pd.testing.assert_frame_equal(rest, undisturbed[0])
    record("clip", f"crashes all of its {len(failed)} fits", None, study.num_repeated)


def test_a_node_is_cut_off_and_comes_back(cluster, ends_as_undisturbed, record):
    study = Submitted(cluster, "cut")
    study.wait_for_rows(3)
    host = cluster.hosts[2]
    study.wait_for_fit_on(host)
    cluster.network.cut(host)
    seconds = study.seconds_until_again(study.last_begun(host))
    cluster.network.mend(host)
    ends_as_undisturbed(study)
    record("node", "off the network during a fit", seconds, study.num_repeated)
    back = wait_until(lambda: cluster.num_nodes == 3, 300, "the node that was cut off")
    again = Submitted(cluster, "returned")
    again.wait_for_all_hosts()
    ends_as_undisturbed(again)
    record("node", "and its return to the cluster", back, again.num_repeated)


def test_the_head_is_lost_and_a_new_cluster_goes_on(cluster, ends_as_undisturbed, record):
    study = Submitted(cluster, "head")
    study.wait_for_rows(5)
    cluster.head.lose()
    lost = time.monotonic()
    assert study.process.wait(timeout=120 * slowness()) != 0
    cluster.down()
    # The last of the new machines has a clock that is ten minutes fast, for the test below.
    cluster.renew_hosts(**machines.fast_clock(600))
    cluster.up()
    broken_off = {key for _, key in study.begun} - study.stored_keys
    study.again()
    study.seconds_until_again(*broken_off)
    seconds = time.monotonic() - lost
    ends_as_undisturbed(study)
    record("head node", "power off, new cluster, command repeated", seconds, study.num_repeated)


def test_clocks_differ(cluster, ends_as_undisturbed, record):
    if not machines.fast_clock(600):
        pytest.skip("libfaketime is not installed")
    date = "bash -lic 'date +%s' 2> /dev/null"
    there, here = (int(host.do(date)) for host in (cluster.hosts[2], cluster.hosts[1]))
    assert there - here > 590
    study = Submitted(cluster, "clocks")
    ends_as_undisturbed(study)
    assert "host3" in study.hosts
    record("clock", "ten minutes fast on one node", 0, study.num_repeated)
