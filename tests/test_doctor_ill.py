"""The doctor on real nodes that are ill in many ways at once."""

import re
import shutil

import pytest

from studies.engine.doctor import checks
from tests.ray_nodes import ROOT, doctor, finding, findings, started

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


def test_every_problem_has_a_fix_and_the_exit_code_is_1(ill):
    code, output = ill
    problems = [finding for finding in findings(output) if finding.level == "problem"]
    assert code == 1
    assert all(finding.fix for finding in problems), output
    subjects = sorted(finding.subject for finding in problems)
    assert subjects == ["MLflow", "code", "node", "results", "workers"], output
    assert str(len(problems)) in output.splitlines()[-1]


def test_a_node_with_an_older_checkout_is_found_and_so_is_the_command_that_fixes_it(ill):
    code = finding(ill[1], "problem", "code")
    assert checks.code_hash() in code.text
    for command in ("ray rsync-up big.yaml", "ray exec big.yaml"):
        assert command in code.fix


def test_a_node_that_does_not_answer_is_named_and_holds_nothing_up(ill):
    assert str(PATIENCE) in finding(ill[1], "problem", "node").text
    answered = [f for f in findings(ill[1]) if (f.level, f.subject) == ("ok", "node")]
    assert len(answered) == 2


def test_workers_that_the_cluster_file_wants_are_missed(ill):
    workers = finding(ill[1], "problem", "workers").text
    assert re.findall(r"\d+", workers) == ["1", "4"]
    assert "big.yaml" in workers


def test_results_that_cannot_be_written_are_a_problem(ill):
    assert "file/results" in finding(ill[1], "problem", "results").text


def test_an_mlflow_that_is_down_is_a_problem_and_its_password_is_not_printed(ill):
    assert "http://***@127.0.0.1:9" in finding(ill[1], "problem", "MLflow").text
    assert SECRET not in ill[1]
