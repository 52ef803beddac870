"""What noisescape uses of Ray's private modules is still there, and still does what it did."""

import inspect
import shlex
import socket
import subprocess
import sys

import pytest
import ray
from ray._private import node, parameter, ray_constants, services, worker
from ray.tune.execution import class_cache

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


@pytest.fixture
def bare(monkeypatch):
    """Prepare a bare Ray in this process, and take it back after the test."""
    for module, name in (
        (parameter, "RayParams"),
        (node, "Node"),
        (services, "start_ray_process"),
        (ray_constants, "RAY_ENABLE_UV_RUN_RUNTIME_ENV"),
        (class_cache, "DEFAULT_ENV_VARS"),
        (class_cache, "ENV_VARS_TO_PROPAGATE"),
    ):
        monkeypatch.setattr(module, name, getattr(module, name))
    for name in ("RAY_RUNTIME_ENV_HOOK", ray_private.RAY_JOB_CONFIG_JSON_ENV_VAR):
        monkeypatch.setenv(name, "a.module.hook")
    ray_private.start_bare()
    return monkeypatch


def test_a_bare_ray_starts_what_is_left_of_the_parts_that_ray_asks_for(bare):
    params = parameter.RayParams(num_cpus=1)
    params.update_if_absent(include_log_monitor=True)  # as `Node` does
    assert params.no_monitor
    assert not params.include_log_monitor
    server, bare_server = (kind.start_api_server for kind in node.Node.__mro__[1::-1])
    assert list(inspect.signature(bare_server).parameters) == list(
        inspect.signature(server).parameters
    )


def test_the_raylet_of_a_bare_ray_starts_the_stand_in_alone(bare, tmp_path):
    started = []
    bare.setattr(ray_private, "_start_process", lambda command, *_, **__: started.append(command))
    agent = "python agent.py --node-id=1 --log=a=b"
    services.start_ray_process(
        [
            "raylet",
            f"--session_dir={tmp_path}",
            "--node_id=0a",
            "--head",
            f"--dashboard_agent_command={agent}",
            f"--runtime_env_agent_command={agent}",
        ],
        ray_constants.PROCESS_TYPE_RAYLET,
        fate_share=True,
    )
    (command,) = started
    assert "agent.py" not in " ".join(command)
    assert {"raylet", "--head", "--node_id=0a"} < set(command)
    for word in command:
        name, _, program = word.partition("=")
        if name in ("--dashboard_agent_command", "--runtime_env_agent_command"):
            # Ray adds a flag. The program ends with its input.
            words = [*shlex.split(program), "--disable-metrics-collection"]
            nothing = subprocess.DEVNULL
            subprocess.run(words, stdin=nothing, check=True, timeout=60, cwd=tmp_path)
    names = ("dashboard_agent_listen", "metrics_agent", "metrics_export", "runtime_env_agent")
    assert {file.name for file in tmp_path.iterdir()} == {f"{name}_port_0a" for name in names}


def test_workers_of_a_bare_ray_need_no_environment_of_their_own(bare):
    bare.setenv("AWS_SESSION_TOKEN", "which workers on this machine inherit")
    ray_private.keep_the_environment()
    remote = class_cache._ActorClassCache().get(type("Trainable", (), {}))
    assert not remote._default_options.get("runtime_env")
    assert worker._maybe_modify_runtime_env(None, False) is None


def test_a_server_that_is_no_cluster_does_not_accept_this_machine():
    with socket.create_server(("127.0.0.1", 0)) as server:
        address = f"127.0.0.1:{server.getsockname()[1]}"
        code = f"from studies.engine.cluster.ray_private import *; ask_for_nodes({address!r})"
        done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert done.returncode not in (0, ray_private.REFUSED)
    assert "RpcError" in done.stderr
