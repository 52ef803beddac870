"""The doctor on real nodes: a cluster that is well at first, then ill in many ways."""

import os
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import pytest

from studies.engine import doctor_checks as checks
from studies.engine.doctor_ray import join, read_cluster

ROOT = Path(__file__).parents[1]
SECRET = "hush-hush"
NODES = """
import os, sys
from ray.cluster_utils import Cluster

size = {"num_cpus": 1, "object_store_memory": 80_000_000, "include_dashboard": False}
cluster = Cluster(initialize_head=True, head_node_args=size)
print(cluster.address, flush=True)
for line in sys.stdin:
    name, path = line.split()
    cluster.add_node(**size, resources={name: 1}, env_vars={"PYTHONPATH": path})
    print(name, flush=True)
cluster.shutdown()
"""
DEAF = """
import sys, time
from studies.engine import doctor, doctor_checks

def examine(results, seconds):
    import ray
    here = ray.get_runtime_context().get_node_id()
    names = next(node["Resources"] for node in ray.nodes() if node["NodeID"] == here)
    if "deaf" in names:
        time.sleep(60)
    return doctor_checks.examine(results, seconds)

if __name__ == "__main__":
    sys.exit(doctor.main(sys.argv[1:], examine))
"""


class Nodes:
    """Ray on this machine, in a process of its own, which ends when its input does."""

    def __init__(self, folder, token):
        self.folder = folder
        self.environment = os.environ | {"RAY_TMPDIR": folder, "RAY_AUTH_MODE": "disabled"}
        self.environment.pop("MLFLOW_TRACKING_URI", None)
        if token:
            path = Path(folder, "token")
            path.write_text("0123456789abcdef" * 4)
            self.environment |= {"RAY_AUTH_MODE": "token", "RAY_AUTH_TOKEN_PATH": str(path)}
        command = [sys.executable, "-c", NODES]
        pipe = subprocess.PIPE
        with Path(folder, "log").open("w") as log:
            self.process = subprocess.Popen(
                command, stdin=pipe, stdout=pipe, stderr=log, text=True, env=self.environment
            )
        self.environment["RAY_ADDRESS"] = self._said()

    def _said(self):
        said = self.process.stdout.readline().strip()
        assert said, Path(self.folder, "log").read_text()
        return said

    def add(self, name, path):
        self.process.stdin.write(f"{name} {path}\n")
        self.process.stdin.flush()
        assert self._said() == name

    def stop(self):
        self.process.stdin.close()
        self.process.wait(timeout=30)


@pytest.fixture(scope="module")
def nodes():
    with tempfile.TemporaryDirectory(
        prefix="doctor-", dir="/tmp"
    ) as folder:  # sockets: short names
        started = Nodes(folder, token=True)
        yield started
        started.stop()


def doctor(environment, folder, *arguments, script=("-m", "studies.engine.doctor")):
    command = [sys.executable, *script, *map(str, arguments)]
    done = subprocess.run(
        command, env=environment, cwd=folder, capture_output=True, text=True, timeout=90
    )
    return done.returncode, done.stdout + done.stderr


@pytest.fixture(scope="module")
def well(nodes, tmp_path_factory):
    folder = tmp_path_factory.mktemp("well")
    return *doctor(nodes.environment, folder, ROOT / "cluster.yaml"), folder


@pytest.fixture(scope="module")
def ill(nodes, well, tmp_path_factory):
    folder = tmp_path_factory.mktemp("ill")
    # An older checkout, from before there was a doctor.
    shutil.copytree(ROOT / "studies", folder / "older/studies")
    for file in (folder / "older/studies/engine").glob("doctor*"):
        if file.is_file():
            file.unlink()
    nodes.add("older", folder / "older")
    nodes.add("deaf", folder)
    (folder / "examine.py").write_text(DEAF)
    (folder / "file").touch()
    (folder / "big.yaml").write_text(
        "cluster_name: big\nprovider: {type: local, head_ip: a, worker_ips: [b, c, d, e]}\n"
    )
    return doctor(
        nodes.environment,
        folder,
        *("big.yaml", "--results", "file/results", "--timeout", 10),
        *("--tracking-uri", f"http://me:{SECRET}@127.0.0.1:9"),
        script=("examine.py",),
    )


def line(said, start):
    return next(line for line in said.splitlines() if line.startswith(start))


def test_a_cluster_that_is_well_has_no_problem(well):
    code, said, _ = well
    assert code == 0, said
    assert said.splitlines()[-1] == "nothing is wrong"
    levels = [line.split()[0] for line in said.splitlines()[:-1]]
    assert levels == ["ok"] * 8, said


def test_what_was_looked_at_is_said(well):
    _, said, folder = well
    assert "(head) answers in" in line(said, "ok       node:")
    assert "wants at least 0" in line(said, "ok       workers:")
    assert f"{folder}/results can be written from here; no other node" in said
    assert checks.versions()["torch"] in line(said, "ok       versions:")


def test_nothing_is_left_in_the_results(well):
    assert list((well[2] / "results").iterdir()) == []


def test_the_token_is_asked_for_and_that_is_tried(well):
    assert "refuses whoever has no token" in line(well[1], "ok       token:")


def test_every_problem_has_a_mend_and_counts(ill):
    code, said = ill
    problems = [line for line in said.splitlines() if line.startswith("problem ")]
    assert code == 1
    assert all("; mend: " in line for line in problems), said
    assert said.splitlines()[-1] == f"{len(problems)} problems"
    assert len(problems) == 5, said


def test_a_node_with_an_older_checkout_is_found_and_so_is_the_command_that_mends_it(ill):
    found = line(ill[1], "problem  code:")
    assert "has other code" in found
    assert "mend: in your checkout, ray rsync-up big.yaml && ray exec big.yaml" in found


def test_a_node_that_does_not_answer_is_named_and_holds_nothing_up(ill):
    assert "gave no answer in 10 s" in line(ill[1], "problem  node:")
    assert len([line for line in ill[1].splitlines() if line.startswith("ok       node:")]) == 2


def test_workers_that_the_cluster_file_wants_are_missed(ill):
    assert "1 answer, big.yaml wants at least 4" in line(ill[1], "problem  workers:")


def test_results_that_cannot_be_written_are_a_problem(ill):
    assert "file/results cannot be written from here" in line(ill[1], "problem  results:")


def test_an_mlflow_that_is_down_is_a_problem_and_its_password_is_not_printed(ill):
    found = line(ill[1], "problem  MLflow:")
    assert "http://***@127.0.0.1:9 does not answer: Connection refused" in found
    assert SECRET not in ill[1]


def test_a_wrong_token_is_told_from_no_cluster(nodes, tmp_path):
    (tmp_path / "token").write_text("f" * 64)
    wrong = nodes.environment | {"RAY_AUTH_TOKEN_PATH": str(tmp_path / "token")}
    assert checks.greet(nodes.environment["RAY_ADDRESS"], nodes.environment) == "welcome"
    assert checks.greet(nodes.environment["RAY_ADDRESS"], wrong) == "refused"
    assert checks.greet("127.0.0.1:9", wrong) == "silent"


def test_a_cluster_without_a_token_is_open_and_that_is_a_problem(tmp_path):
    with tempfile.TemporaryDirectory(prefix="doctor-", dir="/tmp") as folder:
        started = Nodes(folder, token=False)
        code, said = doctor(started.environment, tmp_path)
        started.stop()
    assert code == 1
    assert "is open: whoever reaches it can run code there; mend: " in line(said, "problem  token:")


def test_without_a_cluster_none_is_started_and_this_machine_is_looked_at(tmp_path):
    environment = os.environ | {"RAY_TMPDIR": str(tmp_path)}
    for name in ("RAY_ADDRESS", "MLFLOW_TRACKING_URI"):
        environment.pop(name, None)
    code, said = doctor(environment, tmp_path)
    assert code == 0, said
    assert "none is started" in line(said, "note     cluster:")
    assert "on this node" in line(said, "ok       code:")
    assert {path.name for path in tmp_path.iterdir()} == {"results"}


def test_with_a_cluster_file_and_no_cluster_the_commands_are_given(tmp_path, monkeypatch):
    monkeypatch.setenv("RAY_TMPDIR", str(tmp_path))
    monkeypatch.delenv("RAY_ADDRESS", raising=False)
    [found] = join(read_cluster(str(ROOT / "cluster.yaml")))
    assert found.level == "problem"
    assert found.mend.startswith("ray up -y cluster.yaml, then ray exec cluster.yaml 'python -m ")


def test_an_address_where_nothing_answers_is_a_problem_at_once(tmp_path, monkeypatch):
    monkeypatch.setenv("RAY_ADDRESS", "127.0.0.1:9")
    started = time.monotonic()
    [found] = join(None)
    assert (found.level, found.text[:18]) == ("problem", "nothing answers at")
    assert time.monotonic() - started < 5


def test_a_file_that_is_not_there_is_one_sentence_and_code_2(tmp_path):
    code, said = doctor(os.environ, tmp_path, "nowhere.yaml")
    assert (code, said) == (
        2,
        "error: nowhere.yaml: No such file or directory; name a cluster file, or none.\n",
    )
