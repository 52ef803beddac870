"""One cluster for all tests here, an undisturbed run to compare with, and the table of faults."""

from collections.abc import Callable, Iterator

import pandas as pd
import pytest

from tests.cluster import machines
from tests.cluster.ray_cluster import CLIP, SIZES, RayCluster, plain, table
from tests.commands import scores

COLUMNS = ("fault", "injected", "recovered after (s)", "fits begun again")
found: list[tuple[str, ...]] = []


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if "tests/cluster/" in str(item.path):
            item.add_marker(pytest.mark.cluster)


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    if found:
        terminalreporter.section("faults, as in benchmarks/RESULTS.md")
        for line in (COLUMNS, ("---",) * len(COLUMNS), *found):
            terminalreporter.write_line(f"| {' | '.join(line)} |")


@pytest.fixture(scope="session")
def cluster() -> Iterator[RayCluster]:
    if why := machines.why_not():
        pytest.skip(f"no machines of namespaces here: {why}")
    network = machines.Network()
    try:
        made = RayCluster(network)
        made.up()
        yield made
        made.down()
        assert not [host for host in made.hosts if host.outer_pids("ray::")]
    finally:
        network.close()


@pytest.fixture(scope="session")
def undisturbed(cluster: RayCluster) -> tuple[pd.DataFrame, list[str]]:
    """Scores and table of the study in one process, without Ray and without a fault."""
    arguments = f"run {SIZES} --signals ~/{CLIP} --results {machines.SHARED}/undisturbed"
    script = "python -m tests.cluster.without_ray"
    said = cluster.laptop.do(f"cd {machines.ROOT}; {script} {arguments}")
    return scores(cluster.network.shared / "undisturbed"), table(plain(said))


@pytest.fixture
def record() -> Callable[..., None]:
    """A line of the table of faults."""

    def add(fault: str, injected: str, seconds: float | None, repeated: int | str) -> None:
        found.append((fault, injected, "" if seconds is None else f"{seconds:.0f}", str(repeated)))

    return add
