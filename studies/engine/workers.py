"""Ray's side of the workers: join or start a cluster, find its GPUs, time a step on one."""

import logging
import os
import time
from dataclasses import dataclass
from typing import Literal

os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")

import ray
import torch
from ray._private import worker as ray_worker
from ray.autoscaler.sdk import request_resources

from inr_models import InputError, NetworkConfig, make_network
from inr_models.stacking import seconds_per_epoch
from studies.engine.signals import Signal, coordinates

GPU_WAIT_SECONDS = 900.0

Device = Literal["auto", "cpu", "cuda"]


@dataclass(frozen=True, kw_only=True)
class Workers:
    """How many fits run side by side, and on what. A CPU worker has one core and thread.

    `count` is what is there now; `limit` bounds what may run at once, None where a cluster may
    grow beyond `count`.
    """

    device: Literal["cpu", "cuda"]
    count: int
    limit: int | None

    @property
    def resources(self) -> dict[str, float]:
        """Ray's resources for one worker."""
        return {"cpu": 1, "gpu": 1} if self.device == "cuda" else {"cpu": 1}

    def __str__(self) -> str:
        noun = "GPU" if self.device == "cuda" else "CPU core"
        return f"{self.count} {noun}{'s' * (self.count != 1)}"


def connect(device: Device, max_concurrent: int | None) -> Workers:
    """Join the Ray cluster that this machine is in, or start one of this machine alone.

    A GPU that a cluster has to start first is waited for.

    Raises:
        InputError: a GPU is asked for and there is none, or no cluster is at RAY_ADDRESS.
    """
    joined = _join_or_start()
    if device == "cuda" and joined:
        _wait_for_gpu()
    total = ray.cluster_resources()
    num_gpus = int(total.get("GPU", 0))
    usable = num_gpus > 0 and ray.get(
        ray.remote(torch.cuda.is_available).options(num_cpus=1, num_gpus=1).remote()
    )
    if device == "cuda" and not usable:
        why = "torch on its worker cannot use the GPU" if num_gpus else "Ray sees no GPU here"
        raise InputError(f"--device cuda: {why}; use --device cpu, or leave the flag out.")
    if device == "auto":
        device = "cuda" if usable else "cpu"
    count = num_gpus if device == "cuda" else max(1, int(total.get("CPU", 0)))
    count = min(count, max_concurrent or count)
    return Workers(device=device, count=count, limit=max_concurrent if joined else count)


def _join_or_start() -> bool:
    """Whether there was a cluster to join, by Ray's own rule; else Ray is started here."""
    try:
        ray.init(log_to_driver=False, logging_level=logging.ERROR, include_dashboard=False)
    except ConnectionError as error:
        raise InputError(
            f"RAY_ADDRESS={os.environ.get('RAY_ADDRESS')}: no Ray cluster answers there; start "
            "it, or unset RAY_ADDRESS to use this machine alone."
        ) from error
    node = ray_worker.global_worker.node
    return not (node and node.is_head())


def _wait_for_gpu() -> None:
    deadline = time.monotonic() + GPU_WAIT_SECONDS
    if not ray.cluster_resources().get("GPU"):
        print("no GPU is up: waiting up to 15 min for the cluster to start one", flush=True)
    while not ray.cluster_resources().get("GPU") and time.monotonic() < deadline:
        request_resources(bundles=[{"CPU": 1, "GPU": 1}])
        time.sleep(2)
    request_resources(bundles=[])


def time_epoch(network: NetworkConfig, signal: Signal, workers: Workers) -> float:
    """Seconds of one epoch of one fit on one worker, from a timed step there."""
    timed = ray.remote(_time_epoch).options(
        num_cpus=workers.resources["cpu"], num_gpus=workers.resources.get("gpu", 0)
    )
    return ray.get(timed.remote(network, signal, workers.device))


def _time_epoch(network: NetworkConfig, signal: Signal, device: str) -> float:
    torch.set_num_threads(1)
    assert signal.values is not None
    made = make_network(network, in_features=1, out_features=signal.channels, seed=0).to(device)
    coords = torch.from_numpy(coordinates(signal.num_samples)).to(device)
    return seconds_per_epoch(made, coords, torch.from_numpy(signal.values).to(device))
