"""Notice nodes of a cluster that get no work although batches wait.

Ray may go on with the other nodes and say nothing, for example where a node's disk was full and it
cannot start a process any more. The study says it, and stores it for `status`.
"""

import contextlib
import json
import time
import uuid
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from studies.engine.store.parquet_folder import GROWING
from studies.engine.store.store import Store

IDLE_SECONDS = 120.0
"""A node without a batch for so long is idle. A busy node may take a minute to start a process."""

LOOK_SECONDS = 15.0

_FOLDER = f"{GROWING}/idle_nodes"


class IdleNode(NamedTuple):
    """Names a node, "host (address)", and says for how many seconds it has had no batch."""

    name: str
    seconds: float

    def __str__(self) -> str:
        return (
            f"{self.name} has had no fit for {self.seconds / 60:.0f} min, while others wait for a "
            "free node. Another program may use it, or Ray cannot start a process there: "
            "`python -m studies.engine.doctor` finds out."
        )


class IdleNodes:
    """Knows since when each node has had no batch while batches waited.

    Args:
        needs: What a worker needs of a node, {"CPU": 1.0} for example.
        nodes: Returns the nodes as `ray.nodes` does.
        clock: Returns seconds.
    """

    def __init__(
        self,
        needs: Mapping[str, float],
        nodes: Callable[[], Sequence[Mapping[str, Any]]],
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.needs, self.nodes, self.clock = needs, nodes, clock
        self.node_of: dict[str, str] = {}
        self.idle_since: dict[str, float] = {}

    def begin(self, batch: str, node: str) -> None:
        """Take note that a batch has begun on the node with this id."""
        self.node_of[batch] = node
        self.idle_since.pop(node, None)

    def end(self, batch: str) -> None:
        """Take note that a batch runs no more."""
        self.node_of.pop(batch, None)

    def look(self, batches: Collection[str]) -> list[IdleNode]:
        """Return the idle nodes. Between two looks there should be `LOOK_SECONDS` or less.

        Args:
            batches: The batches that run, or wait for a node.
        """
        now = self.clock()
        if self.node_of.keys() >= set(batches):  # nothing waits
            self.idle_since.clear()
            return []
        busy = set(self.node_of.values())
        alone = [node for node in self._with_room() if node["NodeID"] not in busy]
        since = {node["NodeID"]: self.idle_since.get(node["NodeID"], now) for node in alone}
        self.idle_since = since
        idle = [IdleNode(_name(node), now - since[node["NodeID"]]) for node in alone]
        return [node for node in idle if node.seconds >= IDLE_SECONDS]

    def _with_room(self) -> Iterator[Mapping[str, Any]]:
        """Yield the nodes that could hold a worker, if there are several nodes."""
        alive = [node for node in self.nodes() if node["Alive"]]
        for node in alive if len(alive) > 1 else ():
            if all(node["Resources"].get(name, 0) >= n for name, n in self.needs.items()):
                yield node


def _name(node: Mapping[str, Any]) -> str:
    return f"{node['NodeManagerHostname']} ({node['NodeManagerAddress']})"


class IdleNodesFile:
    """Keeps in a store which nodes are idle, as long as the study runs.

    Args:
        store: The results.
    """

    def __init__(self, store: Store) -> None:
        self.store, self.path, self.exists = store, f"{_FOLDER}/{uuid.uuid4().hex}.json", False

    def write(self, nodes: Sequence[IdleNode]) -> None:
        """Replace what is stored."""
        if nodes:
            content = {"written_at": time.time(), "nodes": nodes}
            self.store.write_bytes(self.path, json.dumps(content).encode())
        elif self.exists:
            self.store.delete(self.path)
        self.exists = bool(nodes)


def stored_idle_nodes(store: Store) -> Iterator[IdleNode]:
    """Yield the nodes of studies under way that are idle.

    A study that was killed leaves its file behind, so an old one says nothing.
    """
    for name in store.names(_FOLDER):
        content = store.read_bytes(f"{_FOLDER}/{name}")
        with contextlib.suppress(ValueError, KeyError, TypeError):  # it is cut or not ours
            stored = json.loads(content or b"{}")
            if abs(time.time() - stored["written_at"]) < IDLE_SECONDS:
                yield from [IdleNode(str(name), float(s)) for name, s in stored["nodes"]]
