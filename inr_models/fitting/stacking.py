"""Measure how many networks of equal shapes should train as one stack.

The size decides the rounding, which training amplifies, so it must not depend on a noisy clock. A
CPU therefore trains one network after the other. On a GPU stacks win by far or not at all. One
epoch of each way is timed there, once for each process and shape.
"""

import math
import time
from collections.abc import Callable, Sequence
from typing import Literal

import torch
from torch import Tensor

from inr_models.fitting.fit_config import Precision
from inr_models.fitting.objective import REGRESSION, Objective
from inr_models.fitting.training import Step, Training
from inr_models.networks.coordinate_mlp import CoordinateMLP

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
    networks: Sequence[CoordinateMLP],
    coords: Tensor,
    values: Tensor,
    execution: Execution | Literal["auto"] = "auto",
    step: Step | None = None,
    precision: Precision = "float32",
    objective: Objective = REGRESSION,
) -> int:
    """Return how many of the networks should train together, 1 for one after the other.

    Args:
        networks: Networks of equal shapes.
        coords: Coordinates [n, d].
        values: The signal [n, c].
        execution: See `fit`.
        step: See `fit`.
        precision: Precision of the matrix products.
        objective: What they minimize.
    """
    if execution == "loop" or len(networks) == 1:
        return 1
    most = min(len(networks), _stack_limit(networks[0], coords))
    if execution == "stack":
        return most
    if not coords.is_cuda:
        return 1
    shapes = tuple(tuple(p.shape) for p in networks[0].parameters())
    key = (str(coords.device), shapes, len(coords), most, step, precision, objective)
    if key not in _measured:
        alone = _seconds_per_epoch(networks[:1], coords, values, step, precision, objective)
        size, together = largest_stack(networks[:most], coords, values, step, precision, objective)
        _measured[key] = size if alone * size > STACK_MUST_WIN_BY * together else 1
    return _measured[key]


def pace(
    network: CoordinateMLP,
    coords: Tensor,
    values: Tensor,
    most: int,
    precision: Precision,
    objective: Objective = REGRESSION,
) -> tuple[float, int]:
    """Time one epoch of a network.

    On a CPU at most 8,192 samples are timed.

    Args:
        network: The network.
        coords: Coordinates [n, d].
        values: The signal [n, c].
        most: Largest number of networks in a stack.
        precision: Precision of the matrix products.
        objective: What it minimizes.

    Returns:
        The seconds for each network and epoch, and the number of networks in a stack.
    """
    if not coords.is_cuda:
        num = min(len(coords), 8192)
        some = (coords[:num], values[:num])
        seconds = _seconds_per_epoch([network], *some, None, precision, objective)
        return seconds * len(coords) / num, 1
    size = stack_size([network] * most, coords, values, precision=precision, objective=objective)
    together = _seconds_per_epoch([network] * size, coords, values, None, precision, objective)
    return together / size, size


def largest_stack(
    networks: Sequence[CoordinateMLP],
    coords: Tensor,
    values: Tensor,
    step: Step | None,
    precision: Precision,
    objective: Objective,
) -> tuple[int, float]:
    """Halve the stack until it fits in memory. Return its size and the seconds of its epoch."""
    size = len(networks)
    while True:
        try:
            some = networks[:size]
            return size, _seconds_per_epoch(some, coords, values, step, precision, objective)
        except torch.OutOfMemoryError:
            if size == 1:
                raise
        size = math.ceil(size / 2)


def _seconds_per_epoch(
    networks: Sequence[CoordinateMLP],
    coords: Tensor,
    values: Tensor,
    step: Step | None,
    precision: Precision,
    objective: Objective,
) -> float:
    # Rates of zero do not change the weights. The first epochs warm up.
    training = Training(
        networks,
        coords,
        values,
        [0.0] * 16,
        objective=objective,
        step=step,
        precision=precision,
    )
    training.run(1 if not coords.is_cuda else 4)
    return _fastest(lambda: training.run(1))


def _fastest(run: Callable[[], None], repeats: int = 3) -> float:
    times = []
    for _ in range(repeats):
        started = time.perf_counter()
        run()
        times.append(time.perf_counter() - started)
    return min(times)


def _stack_limit(network: CoordinateMLP, coords: Tensor) -> int:
    """Return how many networks fit in memory. A worker that shares a GPU has a part of it."""
    if not coords.is_cuda:
        return CPU_STACK
    free, total = torch.cuda.mem_get_info(coords.device)
    held = torch.cuda.memory_allocated(coords.device)
    # Memory that torch keeps for later counts as free.
    free += torch.cuda.memory_reserved(coords.device) - held
    share = torch.cuda.get_per_process_memory_fraction(coords.device)
    free = min(free, total * share - held)
    return networks_in(SHARE_OF_FREE_MEMORY * free, network, len(coords))


def networks_in(num_bytes: float, network: CoordinateMLP, num_samples: int) -> int:
    """Return how many networks can train at once in `num_bytes` of memory, 1 or more."""
    width, depth = network.layers[0].out_features, len(network.activations)
    encoded = network.layers[0].in_features
    # For each layer at most the pre-activation, the features and the slope, and two for all.
    bytes_each = 4 * num_samples * (width * (3 * depth + 2) + encoded)
    if any(p.is_complex() for p in network.parameters()):
        bytes_each *= 2
    # Parameters, gradients, best parameters, Adam's two moments, weights scaled and transposed.
    bytes_each += 4 * 8 * network.num_parameters()
    return max(1, int(num_bytes // bytes_each))
