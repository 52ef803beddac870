"""Which Ray a study joins, and what it says where that one is not to be had."""

import socket

import pytest
import ray

from studies.engine.cluster.workers import Workers, connect, workers_here
from tests.refusals import refused


@pytest.fixture(autouse=True)
def no_waiting(monkeypatch):
    """Ray itself asks for minutes where nobody listens. Another test may have left one running."""
    monkeypatch.setattr(ray, "is_initialized", lambda: False)
    monkeypatch.setattr(ray, "init", lambda *_, **__: pytest.fail("Ray was asked to join"))


@pytest.fixture
def closed_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as server:
        return server.getsockname()[1]


def test_an_address_where_nobody_listens_is_said_at_once(monkeypatch, closed_port):
    monkeypatch.setenv("RAY_ADDRESS", f"127.0.0.1:{closed_port}")
    with refused("no-answer", "RAY_ADDRESS", f"127.0.0.1:{closed_port}"):
        connect("cpu", None)


def test_what_is_no_address_is_said(monkeypatch):
    monkeypatch.setenv("RAY_ADDRESS", "my cluster")
    with refused("wrong-kind", "RAY_ADDRESS", "my cluster"):
        connect("cpu", None)


def test_an_address_that_a_killed_ray_left_behind_is_named(tmp_path, monkeypatch, closed_port):
    monkeypatch.delenv("RAY_ADDRESS", raising=False)
    monkeypatch.setenv("RAY_TMPDIR", str(tmp_path))
    (tmp_path / "ray").mkdir()
    (tmp_path / "ray" / "ray_current_cluster").write_text(f"127.0.0.1:{closed_port}")
    with refused("no-answer", "RAY_ADDRESS", closed_port, "`ray stop`"):
        connect("cpu", None)


def test_the_cores_of_this_machine_are_counted_without_ray(monkeypatch):
    monkeypatch.setenv("RAY_ADDRESS", "local")
    workers = workers_here("cpu", None)
    assert workers
    assert workers.count == workers.limit >= 1
    fewer = workers_here("cpu", 1)
    assert fewer
    assert (fewer.count, fewer.limit) == (1, 1)


def test_a_short_run_starts_fewer_workers_than_there_are_cores():
    here = Workers(device="cpu", count=8, limit=8)
    counts = [here.worth_starting(seconds).count for seconds in (0.0, 0.9, 2.5, 100.0)]
    assert counts == [1, 1, 3, 8]
    assert here.worth_starting(0.9).limit == 1
    for elsewhere in (
        Workers(device="cpu", count=8, limit=None),
        Workers(device="cuda", count=8, limit=8, per_gpu=4),
    ):
        assert elsewhere.worth_starting(0.9) == elsewhere


@pytest.mark.parametrize(
    ("device", "address"),
    [("cpu", "10.0.0.1:6379"), ("cpu", "my cluster"), ("cuda", "local")],
)
def test_ray_counts_where_there_is_a_cluster_or_a_gpu(monkeypatch, device, address):
    monkeypatch.setenv("RAY_ADDRESS", address)
    assert workers_here(device, None) is None
