"""Measure how many networks of equal shapes should train as one stack.

The size decides the rounding, which training amplifies, so it must not depend on a noisy clock. A
CPU therefore trains one network after the other. On a GPU stacks win by far or not at all. One
epoch of each way is timed there, once for each process and shape.
"""

import math
import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Literal, TypeVar

import torch

from inr_models.fitting.objective import DrawnObjective
from inr_models.fitting.optimizers.catalog import DEFAULT_OPTIMIZER, optimizer_class
from inr_models.fitting.task import Task
from inr_models.fitting.training import Training
from inr_models.networks.coordinate_mlp import CoordinateMLP

T = TypeVar("T")

Execution = Literal["loop", "stack"]

# Networks of a stack on a CPU, which trains stacks only on request. They gain for short signals
# alone (`python -m benchmarks.stacking`), and the results of a loop do not depend on the others.
CPU_STACK = 16

# On a GPU a stack must win by this factor. Otherwise the loop is taken.
STACK_MUST_WIN_BY = 1.25

# Share of a GPU's free memory for a stack. If that is too much, `fit` halves the stack.
SHARE_OF_FREE_MEMORY = 0.7

_measured: dict[tuple[object, ...], int] = {}


def stack_size(
    networks: Sequence[CoordinateMLP], task: Task, execution: Execution | Literal["auto"] = "auto"
) -> int:
    """Return how many of the networks should train together, 1 for one after the other.

    Args:
        networks: Networks of equal shapes.
        task: What they are fitted to.
        execution: See `fit`.
    """
    if execution == "loop" or len(networks) == 1:
        return 1
    coords = task.coords
    most = min(len(networks), _stack_limit(networks[0], task))
    if execution == "stack":
        return most
    if not coords.is_cuda:
        return 1
    shapes = tuple(tuple(p.shape) for p in networks[0].parameters())
    key = (
        str(coords.device), shapes, len(coords), most, task.step, task.precision, task.objective,
        task.optimizer,
    )  # fmt: skip
    if key not in _measured:

        def seconds(unit: range) -> float:
            return _seconds_per_epoch([networks[i] for i in unit], task)

        alone = seconds(range(1))
        unit, together = halved_until_it_fits(seconds, range(most))
        wins = alone * len(unit) > STACK_MUST_WIN_BY * together
        _measured[key] = len(unit) if wins else 1
    return _measured[key]


def halved_until_it_fits(run: Callable[[range], T], unit: range) -> tuple[range, T]:
    """Run a stack of networks, or its first half each time that memory runs out.

    >>> halved_until_it_fits(len, range(5))
    (range(0, 5), 5)

    Args:
        run: Trains or times the networks of these numbers.
        unit: The numbers of the networks.

    Returns:
        The numbers that memory had room for, and what `run` returned.

    Raises:
        torch.OutOfMemoryError: Memory has no room for a single network.
    """
    while True:
        try:
            return unit, run(unit)
        except torch.OutOfMemoryError:
            if len(unit) == 1:
                raise
        unit = unit[: math.ceil(len(unit) / 2)]


def pace(network: CoordinateMLP, task: Task, most: int) -> tuple[float, int]:
    """Time one epoch of a network.

    On a CPU at most 8,192 samples are timed.

    Args:
        network: The network.
        task: What it is fitted to.
        most: Largest number of networks in a stack.

    Returns:
        The seconds for each network and epoch, and the number of networks in a stack.
    """
    if not task.coords.is_cuda:
        num = min(len(task.coords), 8192)
        if isinstance(task.objective, DrawnObjective):
            num = len(task.coords)  # an update draws as many, however many there are
        some = replace(task, coords=task.coords[:num], values=task.values[:num])
        return _seconds_per_epoch([network], some) * len(task.coords) / num, 1
    size = stack_size([network] * most, task)
    return _seconds_per_epoch([network] * size, task) / size, size


def _seconds_per_epoch(networks: Sequence[CoordinateMLP], task: Task) -> float:
    # Rates of zero do not change the weights. The first epochs warm up.
    training = Training(networks, task, [0.0] * 16)
    training.run(4 if task.coords.is_cuda else 1)
    times = []
    for _ in range(3):
        started = time.perf_counter()
        training.run(1)
        times.append(time.perf_counter() - started)
    return min(times)


def _stack_limit(network: CoordinateMLP, task: Task) -> int:
    """Return how many networks fit in memory. A worker that shares a GPU has a part of it."""
    coords = task.coords
    if not coords.is_cuda:
        return CPU_STACK
    free, total = torch.cuda.mem_get_info(coords.device)
    held = torch.cuda.memory_allocated(coords.device)
    # Memory that torch keeps for later counts as free.
    free += torch.cuda.memory_reserved(coords.device) - held
    share = torch.cuda.get_per_process_memory_fraction(coords.device)
    free = min(free, total * share - held)
    return networks_in(SHARE_OF_FREE_MEMORY * free, network, len(coords), task.optimizer)


def networks_in(
    num_bytes: float,
    network: CoordinateMLP,
    num_samples: int,
    optimizer: str = DEFAULT_OPTIMIZER,
) -> int:
    """Return how many networks can train at once in so much memory, 1 or more.

    Args:
        num_bytes: The memory, in bytes.
        network: One of the networks.
        num_samples: Samples n of the signal.
        optimizer: What trains them.

    Example:
        >>> networks_in(1e9, networks[0], 8192)
        468
    """
    width, depth = network.layers[0].out_features, len(network.activations)
    encoded = network.layers[0].in_features
    # For each layer at most the pre-activation, the features and the slope, and two for all.
    bytes_each = 4 * num_samples * (width * (3 * depth + 2) + encoded)
    if any(p.is_complex() for p in network.parameters()):
        bytes_each *= 2
    # Parameters, gradients, best parameters, weights scaled and transposed, and the optimizer's.
    numbers = 6 + optimizer_class(optimizer).numbers_per_parameter
    bytes_each += 4 * numbers * network.num_parameters()
    return max(1, int(num_bytes // bytes_each))
