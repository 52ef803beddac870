"""Read the cluster file, join the cluster that runs, and examine every node with one task."""

import json
import logging
import os
import subprocess
import sys
import time
from collections.abc import Callable, Generator
from pathlib import Path
from typing import Literal

import jsonschema
import ray
import ray.autoscaler
import yaml
from ray import cloudpickle
from ray.exceptions import RayError
from ray.util import placement_group_table
from ray.util.scheduling_strategies import NodeAffinitySchedulingStrategy

from inr_models import InputError
from inr_models.shown import count
from studies.engine.cluster import ray_private
from studies.engine.doctor import checks
from studies.engine.doctor.checks import Report
from studies.engine.doctor.findings import Cluster, Finding, Node, note, ok, problem

Examine = Callable[[str | None, float], Report]
Answer = Literal["accepted", "refused", "silent"]

ASK = """
import sys
from studies.engine.cluster.ray_private import ask_for_nodes
ask_for_nodes(sys.argv[1])
"""


RESERVED = (
    "unless another program uses Ray there, a study that was killed has left them reserved, and "
    "the node gets no work until Ray is restarted there"
)


def read_cluster(path: str) -> Cluster:
    """Read what the doctor needs of a cluster file.

    Raises:
        InputError: there is no such file, or Ray's own schema refuses it.
    """
    try:
        config = yaml.safe_load(Path(path).read_text())
    except OSError as error:
        why = f"{error.strerror}; name a cluster file, or none."
        raise InputError.at("not-there", path, why) from error
    except (UnicodeDecodeError, yaml.YAMLError) as error:
        why = "this is not YAML; name a cluster file, or none."
        raise InputError.at("wrong-kind", path, why) from error
    schema = json.loads((Path(ray.autoscaler.__path__[0]) / "ray-schema.json").read_text())
    # Ray removes this field from a local provider's file before it checks the schema.
    schema["properties"]["min_workers"] = {"type": "integer"}
    try:
        jsonschema.validate(config, schema)
    except jsonschema.ValidationError as error:
        why = f"Ray does not take this for a cluster file: {error.json_path}: "
        why += f"{error.message[:160]}; cluster.yaml and cluster.onprem.yaml are examples."
        raise InputError.at("wrong-kind", path, why) from error
    # The user types these commands in the checkout, where the file is.
    name, provider = Path(path).name, config["provider"]
    if provider["type"] == "local":
        workers = len(provider.get("worker_ips", ()))
        least = min(config.get("min_workers", workers), workers)
        onward = f"ray exec {name} 'ray rsync-up -A ray_bootstrap_config.yaml'"
        return Cluster(name, least, f"ray rsync-up {name} && {onward}")
    kinds = config.get("available_node_types", {}).values()
    return Cluster(name, sum(k.get("min_workers", 0) for k in kinds), f"ray rsync-up -A {name}")


def join(cluster: Cluster | None) -> Generator[Finding, None, bool]:
    """Join the cluster that a study would join here. Yield what is found.

    Args:
        cluster: the cluster file, None without one.

    Returns:
        Whether this process has joined a cluster.
    """
    ray_private.quiet_ray()
    given = os.environ.get("RAY_ADDRESS")
    try:
        address = ray_private.cluster_address()
    except ConnectionError:
        address = None
    except (ValueError, OSError) as error:
        yield problem("cluster", f"RAY_ADDRESS={given}: {checks.reason(error)}", "unset it")
        return False
    if address is None and cluster:
        command = f"python -m studies.engine.doctor noisescape/{cluster.file}"
        fix = f"ray up -y {cluster.file}, then ray exec {cluster.file} '{command}'"
        yield problem("cluster", "no Ray cluster runs on this machine, and none is started", fix)
        return False
    if address is None:
        text = "none runs here, none is started: a study would use this machine alone"
        yield note("cluster", text)
        return False
    at = f"the cluster at {address}"
    own = ask_cluster(address, dict(os.environ))
    if own == "silent":
        fix = "unset RAY_ADDRESS, or start Ray there" if given else "restart Ray (ray up)"
        yield problem("cluster", f"nothing answers at {address}", fix)
        return False
    if own == "refused":
        fix = "bring the cluster's ~/.ray/auth_token here, and export RAY_AUTH_MODE=token"
        yield problem("token", f"{at} does not accept this machine's token", fix)
        return False
    stranger = ask_cluster(address, os.environ | {"RAY_AUTH_MODE": "disabled"})
    if stranger == "refused":
        yield ok("token", f"{at} refuses whoever has no token")
    elif stranger == "silent":
        yield note("token", f"{at} gave no answer to a process without a token")
    else:
        fix = "ray get-auth-token --generate, bring ~/.ray/auth_token to every node, and restart "
        fix += "Ray with RAY_AUTH_MODE=token"
        yield problem("token", f"{at} is open: whoever reaches it can run code there", fix)
    try:
        ray.init(address, log_to_driver=False, logging_level=logging.ERROR)
    except (Exception, SystemExit) as error:  # Ray ends the process where it gives up
        fix = "run this on a node of the cluster, with the python of its virtual environment"
        lines = " ".join(str(error).split())
        yield problem("cluster", f"{address} cannot be joined: {lines[:240]}", fix)
        return False
    return True


def ask_cluster(address: str, environment: dict[str, str], seconds: float = 20) -> Answer:
    """Return how a cluster answers another process.

    Args:
        address: HOST:PORT of the cluster.
        environment: the variables of the process, from which Ray takes its token.
        seconds: how long to wait for an answer.
    """
    try:
        ray_private.check_listening(address, seconds / 2)
        command = [sys.executable, "-c", ASK, address]
        done = subprocess.run(command, env=environment, capture_output=True, timeout=seconds)
    except (OSError, ValueError, subprocess.TimeoutExpired):
        return "silent"
    if done.returncode == 0:
        return "accepted"
    return "refused" if done.returncode == ray_private.REFUSED else "silent"


def _nodes() -> list[Node]:
    alive = [node for node in ray.nodes() if node["Alive"]]
    hosts = [node["NodeManagerAddress"] for node in alive]
    nodes = []
    for node, host in zip(alive, hosts, strict=True):
        is_head = "node:__internal_head__" in node["Resources"]
        name = f"{host} (head)" if is_head else host
        if hosts.count(host) > 1:
            name = f"{name} {node['NodeID'][:6]}"
        cores, gpus = (int(node["Resources"].get(kind, 0)) for kind in ("CPU", "GPU"))
        nodes.append(Node(node["NodeID"], name, gpus, is_head, cores))
    return sorted(nodes, key=lambda node: not node.is_head)


def _nodes_with_placement_groups() -> set[str]:
    """Return the ids of the nodes on which a placement group holds resources.

    The trials of a study take all their resources from placement groups.
    """
    nodes = set()
    for group in placement_group_table().values():
        if group["state"] != "REMOVED":
            nodes |= set(group["bundles_to_node_id"].values())
    return nodes


def examine_nodes(
    examine: Examine, storage: str | None, seconds: float
) -> Generator[Finding, None, dict[Node, Report]]:
    """Run one task on every node. Yield a finding for each node.

    Args:
        examine: the task, as `checks.examine`.
        storage: the URI of the results, None if they are on a disk.
        seconds: how long to wait for all nodes.

    Returns:
        The reports of those that answer.
    """
    cloudpickle.register_pickle_by_value(checks)
    task = ray.remote(num_cpus=0, max_calls=1, max_retries=0)(examine)
    started, reports = time.monotonic(), {}
    asked: dict[ray.ObjectRef, Node] = {}
    for node in _nodes():
        strategy = NodeAffinitySchedulingStrategy(node.id, soft=False)
        asked[task.options(scheduling_strategy=strategy).remote(storage, 0.8 * seconds)] = node
    free, in_use = ray_private.free_cores(), _nodes_with_placement_groups()
    look = "see raylet.out in /tmp/ray/session_latest/logs on it, restart Ray there"
    waiting = list(asked)
    while waiting and (left := started + seconds - time.monotonic()) > 0:
        done, waiting = ray.wait(waiting, timeout=left)
        for task_id in done:
            node = asked[task_id]
            try:
                reports[node] = ray.get(task_id)
                took = f"{time.monotonic() - started:.1f} s"
                cores = count(node.cores, "CPU core")
                if node.id in free:
                    cores = f"{free[node.id]:g} of {cores} free"
                yield ok("node", f"{node.name} answers in {took}, {cores}")
                if free.get(node.id, node.cores) < node.cores and node.id not in in_use:
                    text = f"{node.name}: {cores}, though no study holds the others"
                    yield note("node", f"{text}; {RESERVED}")
            except RayError as error:
                why = checks.reason(getattr(error, "cause", None) or error)
                yield problem("node", f"{node.name} is alive but cannot run a task: {why}", look)
    for task_id in waiting:
        yield problem("node", f"{asked[task_id].name} gave no answer in {seconds:.0f} s", look)
        ray.cancel(task_id, force=True)
    return reports


def leave() -> None:
    """Leave the cluster if this process has joined one."""
    ray.shutdown()
