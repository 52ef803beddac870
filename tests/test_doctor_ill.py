"""The doctor on real nodes that are ill in many ways at once."""

import shutil

import pytest

from tests.ray_nodes import ROOT, doctor, line, started

pytestmark = pytest.mark.slow
SECRET = "hush-hush"
# A busy machine may take seconds to import torch: only the deaf node is to give no answer.
PATIENCE = 40
DEAF = """
import sys, time
from studies.engine.doctor import command as doctor
from studies.engine.doctor import checks as doctor_checks

def examine(results, seconds):
    import ray
    here = ray.get_runtime_context().get_node_id()
    names = next(node["Resources"] for node in ray.nodes() if node["NodeID"] == here)
    if "deaf" in names:
        time.sleep(300)
    return doctor_checks.examine(results, seconds)

if __name__ == "__main__":
    sys.exit(doctor.main(sys.argv[1:], examine))
"""


@pytest.fixture(scope="module")
def ill(tmp_path_factory):
    folder = tmp_path_factory.mktemp("ill")
    # An older checkout, from before there was a doctor.
    shutil.copytree(ROOT / "studies", folder / "older/studies")
    shutil.rmtree(folder / "older/studies/engine/doctor")
    (folder / "examine.py").write_text(DEAF)
    (folder / "file").touch()
    (folder / "big.yaml").write_text(
        "cluster_name: big\nprovider: {type: local, head_ip: a, worker_ips: [b, c, d, e]}\n"
    )
    with started(token=True) as nodes:
        nodes.add("older", folder / "older")
        nodes.add("deaf", folder)
        return doctor(
            nodes.environment,
            folder,
            *("big.yaml", "--results", "file/results", "--timeout", PATIENCE),
            *("--tracking-uri", f"http://me:{SECRET}@127.0.0.1:9"),
            script=("examine.py",),
        )


def test_every_problem_has_a_fix_and_counts(ill):
    code, said = ill
    problems = [line for line in said.splitlines() if line.startswith("problem ")]
    assert code == 1
    assert all("; fix: " in line for line in problems), said
    assert said.splitlines()[-1] == f"{len(problems)} problems"
    assert len(problems) == 5, said


def test_a_node_with_an_older_checkout_is_found_and_so_is_the_command_that_fixes_it(ill):
    found = line(ill[1], "problem  code:")
    assert "has other code" in found
    assert "fix: in your checkout, ray rsync-up big.yaml && ray exec big.yaml" in found


def test_a_node_that_does_not_answer_is_named_and_holds_nothing_up(ill):
    assert f"gave no answer in {PATIENCE} s" in line(ill[1], "problem  node:")
    assert len([line for line in ill[1].splitlines() if line.startswith("ok       node:")]) == 2


def test_workers_that_the_cluster_file_wants_are_missed(ill):
    assert "1 answer, big.yaml wants at least 4" in line(ill[1], "problem  workers:")


def test_results_that_cannot_be_written_are_a_problem(ill):
    assert "file/results cannot be written from here" in line(ill[1], "problem  results:")


def test_an_mlflow_that_is_down_is_a_problem_and_its_password_is_not_printed(ill):
    found = line(ill[1], "problem  MLflow:")
    assert "http://***@127.0.0.1:9 does not answer: Connection refused" in found
    assert SECRET not in ill[1]
