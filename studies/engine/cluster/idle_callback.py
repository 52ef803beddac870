"""Follow on which node each batch of a Tune run is, and say which nodes are idle."""

import time
from collections.abc import Callable
from typing import Any

import ray
from ray import tune
from ray.tune import Callback
from ray.tune.experiment import Trial

from studies.engine.cluster.workers import Workers
from studies.engine.running.idle_nodes import (
    LOOK_SECONDS,
    IdleNode,
    IdleNodes,
    IdleNodesFile,
)
from studies.engine.store.store import Store

NODE = "node"
"""The only column of what a worker reports when it begins a batch: the id of its node."""


def report_node() -> None:
    """Tell the driver from a worker on which node its batch has begun."""
    tune.report({NODE: ray.get_runtime_context().get_node_id()})


class IdleCallback(Callback):
    """Says once of each node that it is idle, and keeps the idle nodes in the store for `status`.

    Args:
        workers: what a worker needs.
        store: the results.
        on_idle: called with each node that becomes idle.
    """

    def __init__(
        self,
        workers: Workers,
        store: Store,
        on_idle: Callable[[IdleNode], None],
    ) -> None:
        needs = {name.upper(): amount for name, amount in workers.resources.items()}
        self.on_idle, self.looked = on_idle, time.monotonic()
        self.nodes, self.file = IdleNodes(needs, ray.nodes), IdleNodesFile(store)
        self.reported: set[str] = set()

    def __getstate__(self) -> dict[str, Any]:
        return {}  # Tune pickles callbacks to restore them, which never happens here

    def on_trial_result(
        self, iteration: int, trials: Any, trial: Any, result: Any, **_: Any
    ) -> None:
        """Take note of the node if the batch begins."""
        if NODE in result:
            self.nodes.begin(trial.trial_id, result[NODE])

    def on_trial_complete(self, iteration: int, trials: Any, trial: Any, **_: Any) -> None:
        """Forget the node of a batch that has ended."""
        self.nodes.end(trial.trial_id)

    on_trial_error = on_trial_recover = on_trial_complete

    def on_step_end(self, iteration: int, trials: Any, **_: Any) -> None:
        """Look for idle nodes from time to time."""
        if time.monotonic() - self.looked < LOOK_SECONDS:
            return
        self.looked = time.monotonic()
        live = (Trial.PENDING, Trial.RUNNING)
        idle = self.nodes.look({trial.trial_id for trial in trials if trial.status in live})
        self.file.write(idle)
        for node in idle:
            if node.name not in self.reported:
                self.on_idle(node)
        self.reported = {node.name for node in idle}

    def on_experiment_end(self, trials: Any, **_: Any) -> None:
        """Remove what is stored."""
        self.file.write([])
