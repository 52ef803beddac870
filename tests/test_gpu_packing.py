"""Who gets what on nodes with and without GPUs: a real Ray of several nodes, GPUs by name only."""

import os
import subprocess
import sys
import tempfile
from collections import Counter

import pytest
import ray
from ray.cluster_utils import Cluster
from ray.util.placement_group import placement_group, remove_placement_group
from ray.util.scheduling_strategies import PlacementGroupSchedulingStrategy

from studies.engine.cluster.workers import workers_with_room

NODES = [{"CPU": 4.0}, {"CPU": 8.0, "GPU": 2.0}, {"CPU": 2.0, "GPU": 2.0}]
"""A head without a GPU, a GPU node with cores to spare, one with as many cores as GPUs."""


def test_every_gpu_has_its_workers_and_cpu_nodes_have_none():
    workers = workers_with_room(NODES, "cuda", per_gpu=2)
    assert workers.count == 8
    assert workers.resources == {"cpu": 0.5, "gpu": 0.5}
    assert workers_with_room(NODES, "cuda").resources == {"cpu": 1.0, "gpu": 1.0}
    assert str(workers_with_room(NODES, "cuda")) == "4 GPUs"


def test_on_cpus_every_core_of_every_node_has_one():
    workers = workers_with_room(NODES, "cpu", per_gpu=2)
    assert workers.count == 14
    assert workers.resources == {"cpu": 1.0}


def test_a_gpu_node_without_cores_is_used_as_well():
    workers = workers_with_room([{"GPU": 1.0}, {"CPU": 16.0}], "cuda", per_gpu=2)
    assert workers.count == 2
    assert workers.resources == {"gpu": 0.5}


@pytest.mark.slow
@pytest.mark.long
def test_ray_finds_room_for_all_of_them_and_for_no_more():
    # In a process of its own, so that it joins no other Ray and leaves none.
    command = [sys.executable, "-m", "tests.test_gpu_packing"]
    environment = {k: v for k, v in os.environ.items() if k != "RAY_ADDRESS"}
    with tempfile.TemporaryDirectory(prefix="ray-", dir="/tmp") as folder:  # sockets: a short path
        environment["RAY_TMPDIR"] = folder
        done = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, done.stderr


def place(per_gpu: int) -> None:
    """Ask Ray for the workers as Tune does, a placement group each, and see where they are."""
    workers = workers_with_room([node["Resources"] for node in ray.nodes()], "cuda", per_gpu)
    bundle = {name.upper(): amount for name, amount in workers.resources.items()}
    groups = [placement_group([bundle]) for _ in range(workers.count)]
    ray.get([group.ready() for group in groups], timeout=60)

    def where() -> tuple[str, int]:
        return ray.get_runtime_context().get_node_id(), int(ray.get_gpu_ids()[0])

    asked = [
        ray.remote(where).options(
            num_cpus=workers.cores,
            num_gpus=workers.resources["gpu"],
            scheduling_strategy=PlacementGroupSchedulingStrategy(group),
        )
        for group in groups
    ]
    places = ray.get([function.remote() for function in asked])
    assert Counter(Counter(places).values()) == {per_gpu: 4}, "four GPUs, as many workers on each"
    gpu_nodes = {node["NodeID"] for node in ray.nodes() if node["Resources"].get("GPU")}
    assert {node for node, _ in places} == gpu_nodes
    more = placement_group([bundle])
    assert not more.wait(2), "one worker more than there is room for"
    for group in (*groups, more):
        remove_placement_group(group)


if __name__ == "__main__":
    cluster = Cluster()
    for node in NODES:
        cluster.add_node(num_cpus=int(node["CPU"]), num_gpus=int(node.get("GPU", 0)))
    ray.init(cluster.address, log_to_driver=False)
    for per_gpu in (1, 2, 3, 4):
        place(per_gpu)
    ray.shutdown()
    cluster.shutdown()
