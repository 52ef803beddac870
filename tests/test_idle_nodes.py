"""A node that gets no work while batches wait is named by the study, by status and the doctor."""

import json
import re
import subprocess
import sys
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from studies.engine.running.idle_nodes import (
    IDLE_SECONDS,
    LOOK_SECONDS,
    IdleNode,
    IdleNodes,
    IdleNodesFile,
    stored_idle_nodes,
)
from studies.engine.store.store import Store
from tests.commands import run as command
from tests.ray_nodes import ROOT, doctor, findings, started

STUDY = f"{ROOT}/studies/audio_grid.py"

SHORT_OF_PATIENCE = """
import sys
from studies.engine.running import idle_nodes
idle_nodes.IDLE_SECONDS, idle_nodes.LOOK_SECONDS = 8.0, 2.0
from studies.command.cli import main
from studies.audio_grid import STUDY
main(STUDY)
"""

CANNOT_START_WORKERS = """
import os, sys
if any("default_worker.py" in word for word in sys.orig_argv):
    os._exit(1)
"""


class Cluster:
    """A cluster of nodes "0", "1", ... under a clock that the test sets."""

    def __init__(self, *resources):
        self.seconds = 0.0
        self.nodes = [
            {
                "NodeID": str(i),
                "Alive": True,
                "Resources": resource,
                "NodeManagerHostname": f"host{i}",
                "NodeManagerAddress": f"10.0.0.{i}",
            }
            for i, resource in enumerate(resources)
        ]
        self.idle = IdleNodes({"CPU": 1.0}, lambda: self.nodes, lambda: self.seconds)

    def names(self, seconds, batches):
        """Return the idle nodes after that many seconds, in which the same batches were there."""
        idle = []
        for _ in range(int(seconds / LOOK_SECONDS)):
            self.seconds += LOOK_SECONDS
            idle = self.idle.look(batches)
        return {node.name.split()[0] for node in idle}


def test_a_node_is_idle_after_two_minutes_in_which_batches_wait():
    cluster = Cluster({"CPU": 1}, {"CPU": 1}, {"CPU": 1})
    cluster.idle.begin("a", "0")
    cluster.idle.begin("b", "1")
    assert cluster.names(IDLE_SECONDS, ["a", "b", "c"]) == set()
    assert cluster.names(2 * LOOK_SECONDS, ["a", "b", "c"]) == {"host2"}
    cluster.idle.begin("c", "2")
    assert cluster.names(LOOK_SECONDS, ["a", "b", "c", "d"]) == set()


def test_a_node_is_not_idle_where_nothing_waits():
    cluster = Cluster({"CPU": 1}, {"CPU": 1})
    cluster.idle.begin("a", "0")
    assert cluster.names(10 * IDLE_SECONDS, ["a"]) == set()
    # The wait begins when a batch does wait.
    assert cluster.names(IDLE_SECONDS, ["a", "b"]) == set()
    assert cluster.names(2 * LOOK_SECONDS, ["a", "b"]) == {"host1"}


def test_a_node_without_room_for_a_worker_and_a_node_alone_are_never_idle():
    no_cpu = Cluster({"CPU": 1}, {"GPU": 1})
    no_cpu.idle.begin("a", "0")
    assert no_cpu.names(10 * IDLE_SECONDS, ["a", "b"]) == set()
    alone = Cluster({"CPU": 4})
    assert alone.names(10 * IDLE_SECONDS, ["a"]) == set()


def test_a_node_that_is_gone_is_not_idle():
    cluster = Cluster({"CPU": 1}, {"CPU": 1}, {"CPU": 1})
    cluster.idle.begin("a", "0")
    cluster.nodes[2]["Alive"] = False
    assert cluster.names(2 * IDLE_SECONDS, ["a", "b"]) == {"host1"}


@given(st.lists(st.tuples(st.integers(0, 5), st.integers(0, 2), st.booleans()), max_size=60))
def test_a_node_with_a_batch_is_never_idle(events):
    cluster = Cluster(*[{"CPU": 2}] * 3)
    running = {}
    for batch, node, begins in events:
        if begins:
            cluster.idle.begin(str(batch), str(node))
            running[batch] = node
        else:
            cluster.idle.end(str(batch))
            running.pop(batch, None)
        idle = cluster.names(10 * LOOK_SECONDS, ["waits"])
        assert idle.isdisjoint({f"host{node}" for node in running.values()})


def test_stored_nodes_are_those_of_the_last_write_and_old_ones_do_not_count(tmp_path):
    store = Store(str(tmp_path))
    file, other = IdleNodesFile(store), IdleNodesFile(store)
    node, second = IdleNode("host1 (10.0.0.1)", 130.0), IdleNode("host2 (10.0.0.2)", 150.0)
    file.write([node])
    other.write([second])
    assert sorted(stored_idle_nodes(store)) == [node, second]
    file.write([])
    assert list(stored_idle_nodes(store)) == [second]
    content = json.loads(store.read_bytes(other.path) or b"")
    content["written_at"] -= IDLE_SECONDS + 1
    store.write_bytes(other.path, json.dumps(content).encode())
    assert list(stored_idle_nodes(store)) == []


@pytest.mark.parametrize("content", [b"", b"{", b"[]", b'{"written_at": "x"}', b"\xff"])
def test_a_damaged_file_names_no_node(tmp_path, content):
    store = Store(str(tmp_path))
    file = IdleNodesFile(store)
    file.write([IdleNode("host1 (10.0.0.1)", 130.0)])
    store.write_bytes(file.path, content)
    assert list(stored_idle_nodes(store)) == []


@pytest.mark.slow
@pytest.mark.long
def test_a_node_that_cannot_start_a_process_is_named_everywhere(tmp_path):
    (tmp_path / "sick").mkdir()
    (tmp_path / "sick/sitecustomize.py").write_text(CANNOT_START_WORKERS)
    (tmp_path / "study.py").write_text(SHORT_OF_PATIENCE)
    results = tmp_path / "results"
    clip = ROOT / "studies/clips/perc_bell.flac"
    arguments = ["--results", results, "--signals", clip, "--scale", "small"]
    arguments += ["--epochs", "1000", "--max-samples", "2048"]
    with started(token=True) as nodes:
        nodes.add("sick", tmp_path / "sick")
        environment = nodes.environment | {"PYTHONPATH": str(ROOT)}
        study = subprocess.Popen(
            [sys.executable, "-u", "study.py", "run", *map(str, arguments)],
            cwd=tmp_path,
            env=environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        try:
            output = ""
            assert study.stdout
            while "idle" not in output:
                line = study.stdout.readline()
                assert line, output
                output += line
            waited = time.monotonic()
            while "idle" not in (status := command(STUDY, "status", results)):
                assert time.monotonic() - waited < 60, status
            code, doctors = doctor(environment, tmp_path, "--timeout", 20)
            assert code == 1
            sick = [f for f in findings(doctors) if f.level == "problem" and f.subject == "node"]
            assert len(sick) == 1, doctors
            # Tune gives the batch that waits there to the other node.
            rest, _ = study.communicate(timeout=300)
        finally:
            study.kill()
    assert study.returncode == 0, output + rest
    for text in (output, status):
        assert re.search(r"idle \S+ \(\S+\) has had no fit for \d+ min", text), text
    assert "idle" not in command(STUDY, "status", results)
