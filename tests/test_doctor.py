"""The doctor on real nodes: a cluster that is well, one without a token, and none at all."""

import os
import time

import pytest

from studies.engine.doctor import checks
from studies.engine.doctor.nodes import ask_cluster, join, read_cluster
from tests.ray_nodes import ROOT, doctor, line, started


@pytest.fixture(scope="module")
def nodes():
    with started(token=True) as found:
        yield found


@pytest.fixture(scope="module")
def well(nodes, tmp_path_factory):
    folder = tmp_path_factory.mktemp("well")
    return *doctor(nodes.environment, folder, ROOT / "cluster.yaml"), folder


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


def test_a_wrong_token_is_told_from_no_cluster(nodes, tmp_path):
    (tmp_path / "token").write_text("f" * 64)
    wrong = nodes.environment | {"RAY_AUTH_TOKEN_PATH": str(tmp_path / "token")}
    assert ask_cluster(nodes.environment["RAY_ADDRESS"], nodes.environment) == "accepted"
    assert ask_cluster(nodes.environment["RAY_ADDRESS"], wrong) == "refused"
    assert ask_cluster("127.0.0.1:9", wrong) == "silent"


def test_a_cluster_without_a_token_is_open_and_that_is_a_problem(tmp_path):
    with started(token=False) as nodes:
        code, said = doctor(nodes.environment, tmp_path)
    assert code == 1
    assert "is open: whoever reaches it can run code there; fix: " in line(said, "problem  token:")


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
    assert found.fix.startswith("ray up -y cluster.yaml, then ray exec cluster.yaml 'python -m ")


def test_an_address_where_nothing_answers_is_a_problem_at_once(tmp_path, monkeypatch):
    monkeypatch.setenv("RAY_ADDRESS", "127.0.0.1:9")
    began = time.monotonic()
    [found] = join(None)
    assert (found.level, found.text[:18]) == ("problem", "nothing answers at")
    assert time.monotonic() - began < 5


def test_a_file_that_is_not_there_is_one_sentence_and_code_2(tmp_path):
    code, said = doctor(os.environ, tmp_path, "nowhere.yaml")
    assert (code, said) == (
        2,
        "error: nowhere.yaml: No such file or directory; name a cluster file, or none.\n",
    )
