"""Find and reach the cluster that Ray would join, with Ray's private modules and variables.

Nothing else in noisescape imports these. Any release of Ray may move or change them, and then
`tests/test_ray_private.py` fails.
"""

import os
import socket
import subprocess
import sys
from collections.abc import Sequence
from typing import Any

from ray._private import node, parameter, ray_constants, services, state, utils, worker
from ray._private.authentication import authentication_token_setup
from ray._private.runtime_env.constants import RAY_JOB_CONFIG_JSON_ENV_VAR
from ray._raylet import GcsClient  # pyright: ignore[reportAttributeAccessIssue]  # it is compiled
from ray.exceptions import AuthenticationError

from inr_models.shown import printable
from studies.engine.cluster import stand_in

REFUSED = 3
"""Exit code of a process that the cluster has refused."""

_AGENTS = {
    "dashboard_agent": ("dashboard_agent_listen", "metrics_agent", "metrics_export"),
    "runtime_env_agent": ("runtime_env_agent",),
}
"""The processes that Ray's raylet starts beside workers, and the ports that each has to name."""

_start_process = services.start_ray_process


def quiet_ray() -> None:
    """Keep Ray from reporting usage statistics, and from printing the tracebacks of workers.

    Ray reads the variable when it starts and not at import, so whoever starts it calls this first.
    What the user has set stays. Ray prints tracebacks even with `log_to_driver=False`. The study
    says in a sentence what went wrong.
    """
    os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")
    worker._worker_logs_enabled = False


def name_this_program() -> None:
    """Give Ray a command line to show that holds no byte that is not UTF-8, as a file's name may.

    Ray would not start, because its messages hold only UTF-8.
    """
    name = printable(utils.get_entrypoint_name())
    utils.get_entrypoint_name = lambda: name


def cluster_address() -> str | None:
    """Return HOST:PORT of the cluster that `ray.init()` would join here, None if there is none.

    Ray looks at `RAY_ADDRESS`, then at the address that `ray start` has left on this machine.

    Raises:
        ValueError: `RAY_ADDRESS` is neither an address nor "local".
    """
    no_address: Any = None  # Ray then looks in the places above
    return services.canonicalize_bootstrap_address(no_address)


def listen_beyond_this_machine(enabled: bool) -> None:
    """Choose whether a Ray that starts here opens its ports to other machines.

    If not, all its ports are on 127.0.0.1. Ray has an environment variable for this, but reads it
    at import, when nobody knows yet whether there is a cluster to join.
    """
    ray_constants.ENABLE_RAY_CLUSTER = enabled


def num_cores() -> int:
    """Return how many CPU cores a Ray that starts here would have."""
    return int(utils.get_num_cpus())


class _BareParams(parameter.RayParams):
    """Starts neither the autoscaler nor the process that passes on what workers print."""

    def __init__(self, **given: Any) -> None:
        super().__init__(no_monitor=True, **given)
        self.include_log_monitor: Any = False  # Ray's annotation of the argument is wrong


class _BareNode(node.Node):
    """Starts no server for the dashboard and for jobs."""

    def start_api_server(self, *, include_dashboard: bool | None, raise_on_failure: bool) -> None:
        """Do nothing."""


def start_bare() -> dict[str, bool]:
    """Let a Ray that serves one study on one machine start without what it does not need.

    These processes would take seconds of every run. Tune starts workers of its own kind, so those
    that Ray starts beforehand would stay idle. Workers run in the study's own environment, whatever
    a job or `uv run` around the study asks for, since nothing is there to prepare another.

    Returns:
        Further settings, `_system_config` of `ray.init`.
    """
    parameter.RayParams, node.Node = _BareParams, _BareNode
    services.start_ray_process = _start_without_agents
    ray_constants.RAY_ENABLE_UV_RUN_RUNTIME_ENV = False
    for variable in (ray_constants.RAY_RUNTIME_ENV_HOOK, RAY_JOB_CONFIG_JSON_ENV_VAR):
        os.environ.pop(variable, None)
    return {"prestart_worker_first_driver": False, "enable_metrics_collection": False}


def _start_without_agents(command: list[str], process_type: str, *rest: Any, **given: Any) -> Any:
    """Start a process of Ray. A raylet gets `stand_in` in place of its agents."""
    if process_type == ray_constants.PROCESS_TYPE_RAYLET:
        command = without_agents(command)
    return _start_process(command, process_type, *rest, **given)


def without_agents(command: Sequence[str]) -> list[str]:
    """Return the command of a raylet with `stand_in` in place of its agents.

    Args:
        command: The command with which Ray would start it.
    """
    flags = dict(word.split("=", 1) for word in command if "=" in word)
    for agent, ports in _AGENTS.items():
        files = [f"{flags['--session_dir']}/{port}_port_{flags['--node_id']}" for port in ports]
        program = [sys.executable, "-I", "-S", stand_in.__file__, *files]
        flags[f"--{agent}_command"] = subprocess.list2cmdline(program)
    others = [word for word in command if "=" not in word]
    return [*others, *(f"{name}={value}" for name, value in flags.items())]


def is_bare() -> bool:
    """Return whether the Ray of this process is one that `start_bare` has prepared."""
    return isinstance(worker._global_node, _BareNode)


def keep_the_environment() -> None:
    """Let Tune start its workers in the environment of the study, without variables of its own.

    Ray would need the agent that `start_bare` leaves out. Tune sets a variable for PyTorch
    Lightning, and passes on others, which workers on this machine have in any case.
    """
    from ray.tune.execution import class_cache

    class_cache.DEFAULT_ENV_VARS = {}
    class_cache.ENV_VARS_TO_PROPAGATE = set()


def check_listening(address: str, seconds: float) -> None:
    """Raise ConnectionError if nobody listens at HOST:PORT, which Ray takes minutes to find out.

    A Ray that was killed leaves such an address behind.
    """
    host, _, port = address.rpartition(":")
    try:
        socket.create_connection((host.strip("[]"), int(port)), seconds).close()
    except OSError as error:
        raise ConnectionError(str(error)) from error


def free_cores() -> dict[str, float]:
    """Return how many CPU cores of each node are not reserved, by the node's id."""
    free = state.available_resources_per_node()
    return {node: resources.get("CPU", 0.0) for node, resources in free.items()}


def ask_for_nodes(address: str) -> None:
    """Ask a cluster for its nodes, and end this process with `REFUSED` if it wants another token.

    Run this in a process of its own: Ray reads the token once for each process.
    """
    authentication_token_setup.maybe_enable_token_auth_if_token_available(warn_if_disabled=False)
    try:
        GcsClient(address=address).get_all_node_info(timeout=5)
    except AuthenticationError:
        sys.exit(REFUSED)
