"""The doctor's side of Ray: the cluster file, joining what runs, one task on every node."""

import json
import logging
import os
import time
from collections.abc import Callable, Generator
from pathlib import Path
from typing import cast

os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")

import jsonschema
import ray
import ray.autoscaler
import yaml
from ray import cloudpickle
from ray._private.services import canonicalize_bootstrap_address
from ray.exceptions import RayError
from ray.util.scheduling_strategies import NodeAffinitySchedulingStrategy

from studies.engine.doctor import checks
from studies.engine.doctor.checks import Report
from studies.engine.doctor.findings import Cluster, Finding, Node, note, ok, problem

Examine = Callable[[str | None, float], Report]


class BadInput(Exception):
    """What the user gave cannot be used; says why, and what could be."""


def read_cluster(path: str) -> Cluster:
    """What matters of a cluster file.

    Raises:
        BadInput: there is no such file, or Ray's own schema refuses it.
    """
    try:
        config = yaml.safe_load(Path(path).read_text())
    except OSError as error:
        raise BadInput(f"{path}: {error.strerror}; name a cluster file, or none.") from error
    except (UnicodeDecodeError, yaml.YAMLError) as error:
        raise BadInput(f"{path}: this is not YAML; name a cluster file, or none.") from error
    schema = json.loads((Path(ray.autoscaler.__path__[0]) / "ray-schema.json").read_text())
    # Ray takes this field out of a local provider's file before it looks at the schema.
    schema["properties"]["min_workers"] = {"type": "integer"}
    try:
        jsonschema.validate(config, schema)
    except jsonschema.ValidationError as error:
        raise BadInput(
            f"{path}: Ray does not take this for a cluster file: {error.json_path}: "
            f"{error.message[:160]}; cluster.yaml and cluster.onprem.yaml are examples."
        ) from error
    # These commands are given where the file is edited, in the checkout.
    name, provider = Path(path).name, config["provider"]
    if provider["type"] == "local":
        workers = len(provider.get("worker_ips", ()))
        least = min(config.get("min_workers", workers), workers)
        onward = f"ray exec {name} 'ray rsync-up -A ray_bootstrap_config.yaml'"
        return Cluster(name, least, f"ray rsync-up {name} && {onward}")
    kinds = config.get("available_node_types", {}).values()
    return Cluster(name, sum(k.get("min_workers", 0) for k in kinds), f"ray rsync-up -A {name}")


def join(cluster: Cluster | None) -> Generator[Finding, None, bool]:
    """Join the cluster that a study would join here, if there is one; returns whether it has."""
    given = os.environ.get("RAY_ADDRESS")
    try:
        address = canonicalize_bootstrap_address(cast(str, None))  # as ray.init() does
    except ConnectionError:
        address = None
    except (ValueError, OSError) as error:
        yield problem("cluster", f"RAY_ADDRESS={given}: {checks.reason(error)}", "unset it")
        return False
    if address is None and cluster:
        there = f"python -m studies.engine.doctor noisescape/{cluster.file}"
        yield problem(
            "cluster",
            "no Ray cluster runs on this machine, and none is started",
            f"ray up -y {cluster.file}, then ray exec {cluster.file} '{there}'",
        )
        return False
    if address is None:
        yield note(
            "cluster", "none runs here, none is started: a study would use this machine alone"
        )
        return False
    own = checks.greet(address, dict(os.environ))
    if own == "silent":
        mend = "unset RAY_ADDRESS, or start Ray there" if given else "start Ray anew (ray up)"
        yield problem("cluster", f"nothing answers at {address}", mend)
        return False
    if own == "refused":
        mend = "bring the cluster's ~/.ray/auth_token here, and export RAY_AUTH_MODE=token"
        yield problem(
            "token", f"the cluster at {address} does not accept this machine's token", mend
        )
        return False
    stranger = checks.greet(address, os.environ | {"RAY_AUTH_MODE": "disabled"})
    if stranger == "refused":
        yield ok("token", f"the cluster at {address} refuses whoever has no token")
    elif stranger == "silent":
        yield note("token", f"the cluster at {address} gave a process without a token no answer")
    else:
        yield problem(
            "token",
            f"the cluster at {address} is open: whoever reaches it can run code there",
            "ray get-auth-token --generate, bring ~/.ray/auth_token to every node, and start Ray "
            "anew with RAY_AUTH_MODE=token",
        )
    try:
        ray.init(address, log_to_driver=False, logging_level=logging.ERROR)
    except (Exception, SystemExit) as error:  # Ray ends the process where it gives up
        mend = "run this on a node of the cluster, with the python of its virtual environment"
        lines = " ".join(str(error).split())
        yield problem("cluster", f"{address} cannot be joined: {lines[:240]}", mend)
        return False
    return True


def _nodes() -> list[Node]:
    alive = [node for node in ray.nodes() if node["Alive"]]
    hosts = [node["NodeManagerAddress"] for node in alive]
    nodes = []
    for node, host in zip(alive, hosts, strict=True):
        is_head = "node:__internal_head__" in node["Resources"]
        name = f"{host} (head)" if is_head else host
        if hosts.count(host) > 1:
            name = f"{name} {node['NodeID'][:6]}"
        nodes.append(Node(node["NodeID"], name, int(node["Resources"].get("GPU", 0)), is_head))
    return sorted(nodes, key=lambda node: not node.is_head)


def ask(
    examine: Examine, storage: str | None, seconds: float
) -> Generator[Finding, None, dict[Node, Report]]:
    """One task on every node; returns what those report that answer."""
    cloudpickle.register_pickle_by_value(checks)
    task = ray.remote(num_cpus=0, max_calls=1, max_retries=0)(examine)
    started, reports = time.monotonic(), {}
    asked = {
        task.options(
            scheduling_strategy=NodeAffinitySchedulingStrategy(node.id, soft=False)
        ).remote(storage, 0.8 * seconds): node
        for node in _nodes()
    }
    look = "see raylet.out in /tmp/ray/session_latest/logs on it, start Ray anew there"
    waiting = list(asked)
    while waiting and (left := started + seconds - time.monotonic()) > 0:
        done, waiting = ray.wait(waiting, timeout=left)
        for task_id in done:
            node = asked[task_id]
            try:
                reports[node] = ray.get(task_id)
                yield ok("node", f"{node.name} answers in {time.monotonic() - started:.1f} s")
            except RayError as error:
                why = checks.reason(getattr(error, "cause", None) or error)
                yield problem("node", f"{node.name} is alive but cannot run a task: {why}", look)
    for task_id in waiting:
        yield problem("node", f"{asked[task_id].name} gave no answer in {seconds:.0f} s", look)
        ray.cancel(task_id, force=True)
    return reports


def leave() -> None:
    """Leave the cluster, if it was joined."""
    ray.shutdown()
