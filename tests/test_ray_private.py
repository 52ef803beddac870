"""What noisescape uses of Ray's private modules is still there, and still does what it did."""

import inspect
import socket
import subprocess
import sys

import pytest
import ray
from ray._private import node, parameter, services

from studies.engine.cluster import ray_private


@pytest.mark.parametrize(
    ("given", "address"), [("10.0.0.1:6379", "10.0.0.1:6379"), ("local", None), ("", None)]
)
def test_the_cluster_to_join_is_the_one_that_ray_address_names(
    given, address, monkeypatch, tmp_path
):
    monkeypatch.setenv("RAY_ADDRESS", given)
    monkeypatch.setenv("RAY_TMPDIR", str(tmp_path))  # no other Ray on this machine has left its own
    assert ray_private.cluster_address() == address


def test_ray_is_told_a_command_line_of_utf8_alone(monkeypatch):
    # Another test in this process may have named the program already.
    odd = "python study.py --signals s\udcff.wav"
    monkeypatch.setattr(ray_private.utils, "get_entrypoint_name", lambda: odd)
    ray_private.name_this_program()
    # What `ray.init` asks.
    assert ray._private.utils.get_entrypoint_name() == "python study.py --signals s\ufffd.wav"


def test_an_address_without_a_port_is_refused(monkeypatch):
    monkeypatch.setenv("RAY_ADDRESS", "my cluster")
    with pytest.raises(ValueError, match="my cluster"):
        ray_private.cluster_address()


def test_a_ray_that_is_alone_listens_on_the_loopback_alone(monkeypatch):
    monkeypatch.setattr(ray_private.ray_constants, "ENABLE_RAY_CLUSTER", True)
    # A Ray that another test left in this process would answer for the machine.
    monkeypatch.setattr(ray._private.worker, "_global_node", None)
    monkeypatch.setattr(services, "node_ip_address_from_perspective", lambda _: "10.0.0.1")
    assert services.get_node_ip_address() == "10.0.0.1"
    ray_private.listen_beyond_this_machine(False)
    assert services.get_node_ip_address() in ("127.0.0.1", "::1")


def test_a_bare_ray_starts_what_is_left_of_the_parts_that_ray_asks_for(monkeypatch):
    monkeypatch.setattr(parameter, "RayParams", parameter.RayParams)
    monkeypatch.setattr(node, "Node", node.Node)
    server = list(inspect.signature(node.Node.start_api_server).parameters)
    ray_private.start_bare()
    params = parameter.RayParams(num_cpus=1)
    params.update_if_absent(include_log_monitor=True)  # as `Node` does
    assert params.no_monitor
    assert not params.include_log_monitor
    assert list(inspect.signature(node.Node.start_api_server).parameters) == server


def test_a_server_that_is_no_cluster_does_not_accept_this_machine():
    with socket.create_server(("127.0.0.1", 0)) as server:
        address = f"127.0.0.1:{server.getsockname()[1]}"
        code = f"from studies.engine.cluster.ray_private import *; ask_for_nodes({address!r})"
        done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert done.returncode not in (0, ray_private.REFUSED)
    assert "RpcError" in done.stderr
