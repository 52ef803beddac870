"""Which Ray a study joins, and what it says where that one is not to be had."""

import socket

import pytest
import ray

from studies.engine.cluster.workers import connect
from tests.refusals import refused


@pytest.fixture(autouse=True)
def no_waiting(monkeypatch):
    """Ray itself asks for minutes where nobody listens."""
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
