"""Join or start a Ray cluster, and count the workers it has room for.

Where fits run on the cores of this machine, the count does not need Ray.
"""

import contextlib
import dataclasses
import logging
import math
import os
import signal
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

import ray
import torch
from ray import cloudpickle
from ray.autoscaler.sdk import request_resources

from inr_models import InputError
from inr_models.shown import first_line
from search_spaces import plugins
from studies.engine.cluster import ray_private

GPU_WAIT_SECONDS = 900.0
CONNECT_SECONDS = 20.0

FILLS_A_GPU = 1 << 25
"""Numbers in one layer's features that keep a GPU busy: about those of one network of width 222 at
150,000 samples."""

MOST_ON_A_GPU = 4

LEAST_SECONDS = 1.0
"""The least time of fits for which a worker starts on the cores of this machine."""

Device = Literal["auto", "cpu", "cuda"]


@dataclass(frozen=True, kw_only=True)
class Workers:
    """Says how many fits run at the same time, and on what. A worker has one thread.

    Attributes:
        device: what the workers compute on.
        count: workers that the cluster has room for now.
        limit: the most that may run at once. None if a cluster may grow beyond `count`.
        per_gpu: how many workers share a GPU.
        cores: CPU cores that a worker reserves: one, or less on nodes that have fewer cores than
            workers on their GPUs.
    """

    device: Literal["cpu", "cuda"]
    count: int
    limit: int | None
    per_gpu: int = 1
    cores: float = 1.0

    @property
    def resources(self) -> dict[str, float]:
        """Return Ray's resources for one worker."""
        gpu = {"gpu": 1 / self.per_gpu} if self.device == "cuda" else {}
        return ({"cpu": self.cores} if self.cores else {}) | gpu

    def worth_starting(self, seconds: float) -> "Workers":
        """Return as many of the workers on this machine's cores as a run is worth.

        A worker imports torch and Ray Tune for 3 to 4 s, which pays if it has fits for a while.

        Args:
            seconds: The time that all fits take on one worker.
        """
        if self.device == "cuda" or self.limit is None:
            return self
        count = min(self.count, max(1, math.ceil(seconds / LEAST_SECONDS)))
        return dataclasses.replace(self, count=count, limit=count)

    def __str__(self) -> str:
        noun = "GPU" if self.device == "cuda" else "CPU core"
        if self.per_gpu > 1:
            return f"{self.count} workers, {self.per_gpu} on a GPU"
        return f"1 {noun}" if self.count == 1 else f"{self.count} {noun}s"


def workers_per_gpu(num_fits: int, width: int, num_samples: int) -> int:
    """Return how many workers share a GPU that a stack of fits does not fill.

    Args:
        num_fits: fits that a worker can stack.
        width: features of a hidden layer.
        num_samples: samples n of the signal.

    Example:
        >>> workers_per_gpu(8, width=52, num_samples=8192)
        4
    """
    filled = num_fits * width * num_samples
    return min(max(FILLS_A_GPU // max(filled, 1), 1), MOST_ON_A_GPU)


def workers_here(device: Device, max_concurrent: int | None) -> Workers | None:
    """Return the workers on the cores of this machine, without starting Ray.

    None if Ray has to say it, because there may be a cluster to join or a GPU to use.

    Args:
        device: "auto" takes GPUs if there are any.
        max_concurrent: the most workers.
    """
    if device == "cuda" or (device == "auto" and torch.cuda.is_available()):
        return None
    with contextlib.suppress(ValueError):  # `connect` says what is wrong with RAY_ADDRESS
        if not ray.is_initialized() and ray_private.cluster_address() is None:
            room = workers_with_room([{"CPU": ray_private.num_cores()}], "cpu").count
            count = min(room, max_concurrent or room)
            return Workers(device="cpu", count=count, limit=count)
    return None


def start_ray() -> None:
    """Start Ray for workers that were counted without it.

    Raises:
        InputError: Ray does not start here.
    """
    if not ray.is_initialized():
        _join_or_start()


def connect(device: Device, max_concurrent: int | None, per_gpu: int = 1) -> Workers:
    """Join the Ray cluster that this machine is in, or start one of this machine alone.

    If the user wants a GPU and the cluster has yet to start one, this waits for 15 minutes.

    Args:
        device: "auto" takes GPUs if there are any.
        max_concurrent: the most workers.
        per_gpu: how many workers share a GPU.

    Raises:
        InputError: the user wants a GPU and there is none, the cluster to join does not answer,
            or Ray does not start here.

    Example:
        >>> workers = connect("auto", max_concurrent=None)
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
        fix = "use --device cpu, or leave the flag out."
        raise InputError.of_value("unsupported", "--device", device, f"{why}; {fix}")
    if device == "auto":
        device = "cuda" if usable else "cpu"
    workers = workers_with_room(nodes, device, per_gpu)
    count = min(workers.count, max_concurrent or workers.count)
    return dataclasses.replace(workers, count=count, limit=max_concurrent if joined else count)


def workers_with_room(
    nodes: Sequence[Mapping[str, float]], device: Literal["cpu", "cuda"], per_gpu: int = 1
) -> Workers:
    """Return the workers that a cluster has room for.

    With "cuda" every GPU gets `per_gpu` workers, whatever node it is on, and nodes without a GPU
    get none. With "cpu" every core of every node gets one.

    Args:
        nodes: the resources of each node as Ray names them ("CPU", "GPU").
        device: what the workers compute on.
        per_gpu: how many workers share a GPU.
    """
    if device == "cpu":
        count = max(1, sum(int(node.get("CPU", 0)) for node in nodes))
        return Workers(device=device, count=count, limit=None)
    with_gpu = [(node.get("CPU", 0), int(node["GPU"])) for node in nodes if node.get("GPU", 0) >= 1]
    cores = min(cpus / (gpus * per_gpu) for cpus, gpus in with_gpu)
    # Ray counts in 1/10,000 of a core. Rounding up would leave the last worker without room.
    cores = min(1.0, math.floor(cores * 10_000) / 10_000)
    count = sum(gpus * per_gpu for _, gpus in with_gpu)
    return Workers(device=device, count=count, limit=None, per_gpu=per_gpu, cores=cores)


def _join_or_start() -> bool:
    """Join the cluster that Ray itself would join, or start Ray. Return whether it has joined."""
    given = os.environ.get("RAY_ADDRESS")
    try:
        address = ray_private.cluster_address()
    except ValueError as error:
        fix = "give HOST:PORT, or local."
        raise InputError.of_value("wrong-kind", "RAY_ADDRESS", given, fix) from error
    joins = address is not None
    ray_private.quiet_ray()
    ray_private.name_this_program()
    ray_private.listen_beyond_this_machine(joins)
    settings = None if joins else ray_private.start_bare()
    try:
        if address:
            ray_private.check_listening(address, CONNECT_SECONDS)
        # Ray has a handler of its own, under which the process aborts with a C++ stack trace.
        handler = signal.getsignal(signal.SIGTERM)
        ray.init(
            log_to_driver=False,
            logging_level=logging.ERROR,
            include_dashboard=False,
            _system_config=settings,
        )
        signal.signal(signal.SIGTERM, handler)
    except ConnectionError as error:
        where, fix = f"RAY_ADDRESS={given}", "start it"
        if not given:
            where = f"the Ray cluster that was started here, {address}"
            fix = "start it, or end what is left of it with `ray stop`"
        raise InputError(
            "no-answer",
            "RAY_ADDRESS",
            f"{where}: it does not answer, or wants another token; {fix}, or use this machine "
            "alone with RAY_ADDRESS=local.",
        ) from error
    except Exception as error:  # Ray raises no narrower class when its own 30 s run out
        if joins:
            raise
        raise InputError(
            "no-answer",
            "ray",
            f"Ray did not start on this machine: {first_line(error).rstrip('.')}. "
            "If time was too short for it, start again when less else runs here.",
        ) from error
    # Workers have no plug-in files, so what these define travels with the fits.
    for module in plugins.MODULES.values():
        cloudpickle.register_pickle_by_value(module)
    return joins


def _wait_for_gpu() -> None:
    deadline = time.monotonic() + GPU_WAIT_SECONDS
    if not ray.cluster_resources().get("GPU"):
        print("no GPU is up: waiting up to 15 min for the cluster to start one", flush=True)
    while not ray.cluster_resources().get("GPU") and time.monotonic() < deadline:
        request_resources(bundles=[{"CPU": 1, "GPU": 1}])
        time.sleep(2)
    request_resources(bundles=[])


def take_device(workers: Workers) -> torch.device:
    """Limit this process to one thread and to its part of the GPU's memory; return its device."""
    torch.set_num_threads(1)
    # Far out, Gaussian activations are subnormal numbers, which processors multiply slowly.
    torch.set_flush_denormal(True)
    if workers.device == "cuda":
        torch.cuda.set_per_process_memory_fraction(1 / workers.per_gpu)
    return torch.device(workers.device)
