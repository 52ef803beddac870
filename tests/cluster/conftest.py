"""One cluster for all tests here, and an undisturbed run to compare with."""

import time
from collections.abc import Callable, Iterator

import pandas as pd
import pytest

from tests.cluster import machines
from tests.cluster.ray_cluster import CLIP, SIZES, RayCluster, plain, table, wait_until
from tests.commands import scores


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if "tests/cluster/" in str(item.path):
            item.add_marker(pytest.mark.cluster)


@pytest.fixture(scope="session")
def cluster() -> Iterator[RayCluster]:
    if why := machines.why_not():
        pytest.skip(f"no machines of namespaces here: {why}")
    network = machines.Network()
    try:
        ray_cluster = RayCluster(network)
        ray_cluster.up()
        yield ray_cluster
        ray_cluster.down()
        running = lambda: [host for host in ray_cluster.hosts if host.outer_pids("ray::")]  # noqa: E731
        wait_until(lambda: not running(), 240, "the end of Ray's processes")
    finally:
        network.close()


@pytest.fixture(autouse=True)
def healed(cluster: RayCluster, record: Callable[..., None]) -> Iterator[None]:
    """Give every test a cluster whose CPUs are free, and record where Ray had lost one."""
    yield
    started = time.monotonic()
    for host in cluster.heal():
        seconds = time.monotonic() - started
        injected = f"Ray leaves {host.name}'s CPU reserved, and is restarted there"
        record("after the test above", injected, seconds, 0)


@pytest.fixture(scope="session")
def undisturbed(cluster: RayCluster) -> tuple[pd.DataFrame, list[str]]:
    """Scores and table of the study in one process, without Ray and without a fault."""
    arguments = f"run {SIZES} --signals ~/{CLIP} --results {machines.SHARED}/undisturbed"
    script = "python -m tests.cluster.without_ray"
    output = cluster.laptop.do(f"cd {machines.ROOT}; {script} {arguments}")
    return scores(cluster.network.shared / "undisturbed"), table(plain(output))
