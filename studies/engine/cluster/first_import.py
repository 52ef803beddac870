"""The function that Tune runs on a worker. It imports the rest when the worker is ready for it."""

from collections.abc import Sequence
from typing import Any

import ray

from inr_models.collector import collect_less


def train_batch(config: dict[str, Any], *, given: Sequence[ray.ObjectRef]) -> None:
    """Fit one batch, see `worker.train_batch`.

    Args:
        config: {"batch": the batch}, as the searcher suggests it.
        given: Where Ray holds the other arguments by name, alone in a list. Ray would fetch it
            before the call if it were not in a list, and so import torch.
    """
    collect_less()
    from studies.engine.cluster import worker

    worker.train_batch(config, **ray.get(given[0]))
