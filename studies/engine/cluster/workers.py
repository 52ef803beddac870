"""Ray's side of the workers: join or start a cluster, find its GPUs, time a step on one."""

import dataclasses
import logging
import math
import os
import socket
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")

import ray
import torch
from ray._private import ray_constants, services
from ray.autoscaler.sdk import request_resources

from inr_models import InputError, NetworkConfig, make_network
from inr_models.fitting.fit_config import Precision
from inr_models.fitting.stacking import pace
from studies.engine.signals.signal import Signal, coordinates

GPU_WAIT_SECONDS = 900.0
KNOCK_SECONDS = 20.0

# Numbers in one layer's features that keep a GPU busy, about those of 4 x 222 at 150,000 samples.
FILLS_A_GPU = 1 << 25
MOST_ON_A_GPU = 4

Device = Literal["auto", "cpu", "cuda"]


@dataclass(frozen=True, kw_only=True)
class Workers:
    """How many fits run side by side, and on what. A worker has one thread.

    `count` is what is there now; `limit` bounds what may run at once, None where a cluster may
    grow beyond `count`. `per_gpu` workers share a GPU. `cores` are what a worker keeps others
    from: one, or less on nodes that have fewer cores than workers for their GPUs.
    """

    device: Literal["cpu", "cuda"]
    count: int
    limit: int | None
    per_gpu: int = 1
    cores: float = 1.0

    @property
    def resources(self) -> dict[str, float]:
        """Ray's resources for one worker."""
        gpu = {"gpu": 1 / self.per_gpu} if self.device == "cuda" else {}
        return ({"cpu": self.cores} if self.cores else {}) | gpu

    def __str__(self) -> str:
        noun = "GPU" if self.device == "cuda" else "CPU core"
        if self.per_gpu > 1:
            return f"{self.count} workers, {self.per_gpu} on a GPU"
        return f"{self.count} {noun}{'s' * (self.count != 1)}"


def workers_per_gpu(num_fits: int, width: int, num_samples: int) -> int:
    """How many workers share a GPU that a stack of `num_fits` does not fill."""
    filled = num_fits * width * num_samples
    return min(max(FILLS_A_GPU // max(filled, 1), 1), MOST_ON_A_GPU)


def connect(device: Device, max_concurrent: int | None, per_gpu: int = 1) -> Workers:
    """Join the Ray cluster that this machine is in, or start one of this machine alone.

    A GPU that a cluster has to start first is waited for.

    Args:
        max_concurrent: workers at the most.
        per_gpu: how many share a GPU.

    Raises:
        InputError: a GPU is asked for and there is none, the cluster to join does not answer, or
            Ray does not start here.
    """
    joined = _join_or_start()
    if device == "cuda" and joined:
        _wait_for_gpu()
    nodes = [node["Resources"] for node in ray.nodes() if node["Alive"]]
    num_gpus = sum(int(node.get("GPU", 0)) for node in nodes)
    usable = num_gpus > 0 and ray.get(
        ray.remote(torch.cuda.is_available).options(num_cpus=0, num_gpus=1).remote()
    )
    if device == "cuda" and not usable:
        why = "torch on its worker cannot use the GPU" if num_gpus else "Ray sees no GPU here"
        raise InputError(
            "unsupported",
            "--device",
            f"--device cuda: {why}; use --device cpu, or leave the flag out.",
        )
    if device == "auto":
        device = "cuda" if usable else "cpu"
    workers = share(nodes, device, per_gpu)
    count = min(workers.count, max_concurrent or workers.count)
    return dataclasses.replace(workers, count=count, limit=max_concurrent if joined else count)


def share(
    nodes: Sequence[Mapping[str, float]], device: Literal["cpu", "cuda"], per_gpu: int = 1
) -> Workers:
    """The workers that a cluster has room for.

    On GPUs every GPU gets its `per_gpu`, on whatever node it is, and nodes without one get none.
    On CPUs every core of every node gets one.

    Args:
        nodes: Ray's resources of each: "CPU", "GPU".
    """
    if device == "cpu":
        count = max(1, sum(int(node.get("CPU", 0)) for node in nodes))
        return Workers(device=device, count=count, limit=None)
    with_gpu = [(node.get("CPU", 0), int(node["GPU"])) for node in nodes if node.get("GPU", 0) >= 1]
    cores = min(cpus / (gpus * per_gpu) for cpus, gpus in with_gpu)
    # Rounded down to what Ray tells apart, so that the last worker finds its share.
    cores = min(1.0, math.floor(cores * 10_000) / 10_000)
    count = sum(gpus * per_gpu for _, gpus in with_gpu)
    return Workers(device=device, count=count, limit=None, per_gpu=per_gpu, cores=cores)


def _join_or_start() -> bool:
    """Whether there was a cluster to join, by Ray's own rule; else Ray is started here."""
    address = _address()
    joins = address is not None
    # Ray's own switch for machines that are in no cluster: all its ports are on 127.0.0.1.
    ray_constants.ENABLE_RAY_CLUSTER = joins
    try:
        if address:
            _knock(address)
        ray.init(log_to_driver=False, logging_level=logging.ERROR, include_dashboard=False)
    except ConnectionError as error:
        if given := os.environ.get("RAY_ADDRESS"):
            where, mend = f"RAY_ADDRESS={given}", "start it"
        else:
            where = f"the Ray cluster that was started here, {address}"
            mend = "start it, or end what is left of it with `ray stop`"
        raise InputError(
            "no-answer",
            "RAY_ADDRESS",
            f"{where}: it does not answer, or wants another token; {mend}, or use this machine "
            "alone with RAY_ADDRESS=local.",
        ) from error
    except Exception as error:  # Ray raises no narrower one where its own 30 s are too short
        if joins:
            raise
        why = str(error).strip().partition("\n")[0].rstrip(".") or type(error).__name__
        raise InputError(
            "no-answer",
            "ray",
            f"Ray did not start on this machine: {why}. Where time was too short for it, begin "
            "again when less else runs here.",
        ) from error
    return joins


def _address() -> str | None:
    """HOST:PORT of the cluster to join, None where there is none."""
    none_given: Any = None  # then it looks where Ray looks
    try:
        return services.canonicalize_bootstrap_address(none_given)
    except ValueError as error:
        raise InputError(
            "wrong-kind",
            "RAY_ADDRESS",
            f"RAY_ADDRESS={os.environ.get('RAY_ADDRESS')}: give HOST:PORT, or local.",
        ) from error


def _knock(address: str) -> None:
    """Raise ConnectionError where nobody listens, which Ray takes minutes to find out: a Ray that
    was killed leaves its address behind.
    """
    host, _, port = address.rpartition(":")
    try:
        socket.create_connection((host.strip("[]"), int(port)), KNOCK_SECONDS).close()
    except OSError as error:
        raise ConnectionError(str(error)) from error


def _wait_for_gpu() -> None:
    deadline = time.monotonic() + GPU_WAIT_SECONDS
    if not ray.cluster_resources().get("GPU"):
        print("no GPU is up: waiting up to 15 min for the cluster to start one", flush=True)
    while not ray.cluster_resources().get("GPU") and time.monotonic() < deadline:
        request_resources(bundles=[{"CPU": 1, "GPU": 1}])
        time.sleep(2)
    request_resources(bundles=[])


def time_epoch(
    network: NetworkConfig, signal: Signal, precision: Precision, most: int, workers: Workers
) -> tuple[float, int]:
    """Seconds of one epoch of one fit on one worker, from a timed step there, and the size of the
    stack that it takes for that, of `most` at the most.
    """
    timed = ray.remote(_time_epoch).options(
        num_cpus=workers.cores, num_gpus=workers.resources.get("gpu", 0)
    )
    return ray.get(timed.remote(network, signal, precision, most, workers))


def _time_epoch(
    network: NetworkConfig, signal: Signal, precision: Precision, most: int, workers: Workers
) -> tuple[float, int]:
    device = take_device(workers)
    assert signal.values is not None
    coords = torch.from_numpy(coordinates(signal.shape)).to(device)
    features = {"in_features": coords.shape[1], "out_features": signal.channels}
    made = make_network(network, **features, seed=0).to(device)
    return pace(made, coords, torch.from_numpy(signal.values).to(device), most, precision)


def take_device(workers: Workers) -> torch.device:
    """In a worker's process: keep to its thread, or to its part of the GPU's memory."""
    torch.set_num_threads(1)
    # Gaussians far out are subnormal numbers, which a processor multiplies many times slower.
    torch.set_flush_denormal(True)
    if workers.device == "cuda":
        torch.cuda.set_per_process_memory_fraction(1 / workers.per_gpu)
    return torch.device(workers.device)
