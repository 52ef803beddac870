"""What is written for the user, done on a cluster that nothing disturbs."""

import re

import pandas as pd

from tests.cluster.machines import ROOT
from tests.cluster.ray_cluster import FILE, Submitted, plain, table
from tests.commands import scores
from tests.docs_pages import commands
from tests.ray_nodes import finding, findings

STRANGER = """
import ray
try:
    ray.init("ray://10.77.0.11:10001")
    print("let in")
except Exception as error:
    print("kept out:", type(error).__name__)
"""


def test_a_submitted_study_ends_with_the_table_of_a_local_one(cluster, undisturbed):
    study = Submitted(cluster, "plain", uri="")
    output = study.end()
    assert table(output) == undisturbed[1] != []
    pd.testing.assert_frame_equal(scores(study.results), undisturbed[0])
    assert {host for host, _ in study.begun} == {"host1", "host2", "host3"}
    assert study.num_repeated == 0


def test_the_doctor_finds_nothing_wrong(cluster):
    output = cluster.laptop.do(
        f"cd noisescape; ray exec {FILE} 'python -m studies.engine.doctor noisescape/{FILE}'"
    )
    output = plain(output)
    assert "problem" not in {result.level for result in findings(output)}, output
    assert re.search(r"\b3\b", finding(output, "ok", "code").text), "all three nodes"
    assert finding(output, "ok", "token").text


def test_new_code_comes_to_all_nodes_by_the_written_command(cluster):
    lines = commands(ROOT / "docs/cluster.md")
    (line,) = [line for line in lines if line.startswith(f"ray rsync-up {FILE} &&")]
    cluster.laptop.do(f"cd noisescape; touch studies/new.py; {line}")
    for host in cluster.hosts:
        host.do("test -f noisescape/studies/new.py")


def test_a_stranger_without_the_token_gets_nothing(cluster):
    bare = {"RAY_AUTH_MODE": "disabled", "RAY_AUTH_TOKEN_PATH": "/nowhere"}
    for path in ("/api/jobs/", "/api/cluster_status", "/nodes?view=summary"):
        asked = f"curl -s -o /dev/null -w '%{{http_code}}' http://127.0.0.1:8265{path}"
        assert cluster.head.do(asked) == "401", path
    # The dashboard is not there at all for another machine.
    assert cluster.laptop.run("curl -s http://10.77.0.11:8265/")[0] == 7
    stranger = cluster.network.laptop
    stranger.write("/tmp/stranger.py", STRANGER)
    assert "kept out" in stranger.do("python /tmp/stranger.py", **bare)
    code, output = stranger.run("ray status --address 10.77.0.11:6379", **bare)
    assert code != 0, output
    code, output = stranger.run("timeout 60 ray start --address 10.77.0.11:6379", **bare)
    assert code != 0, output
    assert cluster.num_nodes == 3
