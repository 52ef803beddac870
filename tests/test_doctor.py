"""The doctor on real nodes: a cluster that is well, one without a token, and none at all."""

import os
import re
import subprocess
import sys
import time

import pytest

from studies.engine.doctor import checks
from studies.engine.doctor.nodes import ask_cluster, join, read_cluster
from tests.ray_nodes import ROOT, doctor, finding, findings, started
from tests.refusals import refused


@pytest.fixture(scope="module")
def nodes():
    with started(token=True) as running:
        yield running


@pytest.fixture(scope="module")
def well(nodes, tmp_path_factory):
    folder = tmp_path_factory.mktemp("well")
    return *doctor(nodes.environment, folder, ROOT / "cluster.yaml"), folder


def test_a_cluster_that_is_well_has_no_problem(well):
    code, output, _ = well
    assert code == 0, output
    assert [(result.level, result.subject) for result in findings(output)] == [
        ("ok", subject)
        for subject in (
            "token", "node", "workers", "code", "versions", "GPUs", "results", "MLflow",
        )
    ]  # fmt: skip
    assert all(result.text and not result.fix for result in findings(output))


def test_each_finding_names_what_was_looked_at(well):
    _, output, folder = well
    assert re.search(r"\d\.\d s, 1 of 1 CPU core free$", finding(output, "ok", "node").text)
    workers = finding(output, "ok", "workers").text
    assert "cluster.yaml" in workers
    assert re.findall(r"\d+", workers) == ["0", "0"]
    assert f"{folder}/results" in finding(output, "ok", "results").text
    assert checks.code_hash() in finding(output, "ok", "code").text
    for name, version in checks.versions().items():
        assert f"{name} {version}" in finding(output, "ok", "versions").text


def test_nothing_is_left_in_the_results(well):
    assert list((well[2] / "results").iterdir()) == []


def test_a_wrong_token_is_told_from_no_cluster(nodes, tmp_path):
    (tmp_path / "token").write_text("f" * 64)
    wrong = nodes.environment | {"RAY_AUTH_TOKEN_PATH": str(tmp_path / "token")}
    assert ask_cluster(nodes.environment["RAY_ADDRESS"], nodes.environment) == "accepted"
    assert ask_cluster(nodes.environment["RAY_ADDRESS"], wrong) == "refused"
    assert ask_cluster("127.0.0.1:9", wrong) == "silent"


def test_a_cluster_without_a_token_is_open_and_that_is_a_problem(tmp_path):
    with started(token=False) as nodes:
        code, output = doctor(nodes.environment, tmp_path)
        address = nodes.environment["RAY_ADDRESS"]
    assert code == 1
    token = finding(output, "problem", "token")
    assert address in token.text
    assert "RAY_AUTH_MODE=token" in token.fix


def test_without_a_cluster_none_is_started_and_this_machine_is_looked_at(tmp_path):
    environment = os.environ | {"RAY_TMPDIR": str(tmp_path)}
    for name in ("RAY_ADDRESS", "MLFLOW_TRACKING_URI"):
        environment.pop(name, None)
    code, output = doctor(environment, tmp_path)
    assert code == 0, output
    assert [result.subject for result in findings(output) if result.level == "note"] == ["cluster"]
    assert checks.code_hash() in finding(output, "ok", "code").text
    assert {path.name for path in tmp_path.iterdir()} == {"results"}


def test_with_a_cluster_file_and_no_cluster_the_commands_are_given(tmp_path, monkeypatch):
    monkeypatch.setenv("RAY_TMPDIR", str(tmp_path))
    monkeypatch.delenv("RAY_ADDRESS", raising=False)
    [joined] = join(read_cluster(str(ROOT / "cluster.yaml")))
    assert (joined.level, joined.subject) == ("problem", "cluster")
    for command in ("ray up -y cluster.yaml", "ray exec cluster.yaml 'python -m studies.engine."):
        assert command in joined.fix


def test_an_address_where_nothing_answers_is_a_problem_at_once(tmp_path, monkeypatch):
    monkeypatch.setenv("RAY_ADDRESS", "127.0.0.1:9")
    began = time.monotonic()
    [joined] = join(None)
    assert (joined.level, joined.subject) == ("problem", "cluster")
    assert joined.text.endswith(":9"), "the address, with this machine's own name for the host"
    assert time.monotonic() - began < 5


def test_a_file_that_is_not_there_is_one_sentence_and_code_2(tmp_path):
    code, output = doctor(os.environ, tmp_path, "nowhere.yaml")
    assert code == 2
    assert output.startswith("error: nowhere.yaml: ")
    assert output.count("\n") == 1
    with refused("not-there", "nowhere.yaml"):
        read_cluster("nowhere.yaml")


HOLD = """
import sys, time
import ray

ray.init(log_to_driver=False)
holder = ray.remote(num_cpus=1)(type("Holder", (), {"ready": lambda self: None})).remote()
ray.get(holder.ready.remote())
print("ready", flush=True)
sys.stdin.readline()
"""


def test_cores_that_are_reserved_outside_any_study_are_noted(nodes, tmp_path):
    """A reservation without a placement group looks the same as one that Ray has lost."""
    pipe = subprocess.PIPE
    command = [sys.executable, "-c", HOLD]
    with subprocess.Popen(command, stdin=pipe, stdout=pipe, text=True, env=nodes.environment) as p:
        assert p.stdin is not None
        assert p.stdout is not None
        assert p.stdout.readline() == "ready\n"
        code, output = doctor(nodes.environment, tmp_path, ROOT / "cluster.yaml")
        p.stdin.close()
    assert code == 0, output
    assert "0 of 1 CPU core free" in finding(output, "note", "node").text
