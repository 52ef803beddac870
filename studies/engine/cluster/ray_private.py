"""Find and reach the cluster that Ray would join, with Ray's private modules and variables.

Nothing else in noisescape imports these. Any release of Ray may move or change them, and then
`tests/test_ray_private.py` fails.
"""

import os
import socket
import sys
from typing import Any

from ray._private import node, parameter, ray_constants, services, state, utils, worker
from ray._private.authentication import authentication_token_setup
from ray._raylet import GcsClient  # pyright: ignore[reportAttributeAccessIssue]  # it is compiled
from ray.exceptions import AuthenticationError

from inr_models.shown import printable

REFUSED = 3
"""Exit code of a process that the cluster has refused."""


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
    that Ray starts beforehand would stay idle.

    Returns:
        Further settings, `_system_config` of `ray.init`.
    """
    parameter.RayParams, node.Node = _BareParams, _BareNode
    return {"prestart_worker_first_driver": False, "enable_metrics_collection": False}


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
