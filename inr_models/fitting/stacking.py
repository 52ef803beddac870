"""How many networks that share shapes train as one stack: measured, not guessed.

The size decides the rounding, and training amplifies it, so it must not hang on a noisy clock: a
CPU takes one after the other. On a GPU, where stacks win by far or not at all, one epoch of
each way is timed, once a process and shape.
"""

import math
import time
from collections.abc import Callable, Sequence
from typing import Literal

import torch
from torch import Tensor

from inr_models.fitting.fit_config import Precision
from inr_models.fitting.training import Step, Training
from inr_models.networks.coordinate_mlp import CoordinateMLP

Execution = Literal["loop", "stack"]

# On a CPU, where a stack is only made if asked for: it gains for short signals alone
# (`python -m benchmarks.stacking`), and a loop's results do not depend on who shares the stack.
CPU_STACK = 16

# On a GPU a stack must win by this factor: close calls go to the loop.
STACK_MUST_WIN_BY = 1.25

# What a stack may take of a GPU's free memory. Where that was too much, `fit` halves the stack.
SHARE_OF_FREE_MEMORY = 0.7

_measured: dict[tuple[object, ...], int] = {}


def stack_size(
    networks: Sequence[CoordinateMLP],
    coords: Tensor,
    values: Tensor,
    execution: Execution | Literal["auto"] = "auto",
    step: Step | None = None,
    precision: Precision = "float32",
) -> int:
    """How many of the networks train together, 1 for one after the other."""
    if execution == "loop" or len(networks) == 1:
        return 1
    most = min(len(networks), _stack_limit(networks[0], coords))
    if execution == "stack":
        return most
    if not coords.is_cuda:
        return 1
    shapes = tuple(tuple(p.shape) for p in networks[0].parameters())
    key = (str(coords.device), shapes, len(coords), most, step, precision)
    if key not in _measured:
        alone = _seconds_per_epoch(networks[:1], coords, values, step, precision)
        size, together = _largest(networks[:most], coords, values, step, precision)
        _measured[key] = size if alone * size > STACK_MUST_WIN_BY * together else 1
    return _measured[key]


def pace(
    network: CoordinateMLP, coords: Tensor, values: Tensor, most: int, precision: Precision
) -> tuple[float, int]:
    """Seconds of one epoch of one network, and how many a stack has, of `most` at the most.

    On a CPU from a timed step on at most 8,192 samples.
    """
    if not coords.is_cuda:
        num = min(len(coords), 8192)
        seconds = _seconds_per_epoch([network], coords[:num], values[:num], None, precision)
        return seconds * len(coords) / num, 1
    size = stack_size([network] * most, coords, values, precision=precision)
    return _seconds_per_epoch([network] * size, coords, values, None, precision) / size, size


def _largest(
    networks: Sequence[CoordinateMLP],
    coords: Tensor,
    values: Tensor,
    step: Step | None,
    precision: Precision,
) -> tuple[int, float]:
    """The largest stack that memory has room for, halved until it has, and its epoch's seconds."""
    size = len(networks)
    while True:
        try:
            return size, _seconds_per_epoch(networks[:size], coords, values, step, precision)
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
) -> float:
    # Rates of zero leave the weights alone; the first epochs are for warming up.
    training = Training(networks, coords, values, [0.0] * 16, step=step, precision=precision)
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
    """How many networks there is room for: a worker that shares a GPU has a part of it."""
    if not coords.is_cuda:
        return CPU_STACK
    free, total = torch.cuda.mem_get_info(coords.device)
    held = torch.cuda.memory_allocated(coords.device)
    # What torch keeps for later is as good as free.
    free += torch.cuda.memory_reserved(coords.device) - held
    share = torch.cuda.get_per_process_memory_fraction(coords.device)
    free = min(free, total * share - held)
    return networks_in(SHARE_OF_FREE_MEMORY * free, network, len(coords))


def networks_in(num_bytes: float, network: CoordinateMLP, num_samples: int) -> int:
    """How many networks can train at once in `num_bytes` of memory; 1 or more."""
    width, depth = network.layers[0].out_features, len(network.activations)
    encoded = network.layers[0].in_features
    # Of each layer at most its pre-activation, its features and its slope, and two for all.
    bytes_each = 4 * num_samples * (width * (3 * depth + 2) + encoded)
    bytes_each *= 1 + any(p.is_complex() for p in network.parameters())
    # Parameters, gradients, the best, Adam's two moments, and weights scaled and transposed.
    bytes_each += 4 * 8 * network.num_parameters()
    return max(1, int(num_bytes // bytes_each))
