"""Whether networks that share shapes train as one stack or one by one: measured, not guessed.

The path decides the rounding, and training amplifies it, so it must not hang on a noisy
clock: on a CPU it follows a recorded measurement, and on a GPU, where stacks win by far or
not at all, one epoch of each way is timed, once a process and shape.
"""

import time
from collections.abc import Callable, Sequence
from typing import Literal

import torch
from torch import Tensor

from inr_models.coordinate_mlp import CoordinateMLP
from inr_models.training import CPU_BLOCK, Training

Execution = Literal["loop", "stack"]

# `python -m benchmarks.stacking`: at 4 x 52 and 4 x 222 a stack on a CPU was faster at 256
# samples, and no faster or slower from 512 on (benchmarks/RESULTS.md).
CPU_STACK_SAMPLES = 256

# On a GPU a stack must win by this factor: close calls go to the loop.
STACK_MUST_WIN_BY = 1.25

_measured: dict[tuple[object, ...], Execution] = {}


def choose_units(
    networks: Sequence[CoordinateMLP],
    coords: Tensor,
    values: Tensor,
    execution: Execution | Literal["auto"],
) -> list[tuple[int, ...]]:
    """Split the networks' indices into units that train together."""
    everyone = tuple(range(len(networks)))
    if execution == "auto":
        execution = _faster(networks, coords, values)
    if execution == "loop":
        return [(i,) for i in everyone]
    size = min(len(everyone), _stack_limit(networks[0], coords))
    return [everyone[i : i + size] for i in range(0, len(everyone), size)]


def seconds_per_epoch(network: CoordinateMLP, coords: Tensor, values: Tensor) -> float:
    """Seconds of one epoch of one network, from a timed step on at most 8 CPU blocks."""
    num = len(coords) if coords.is_cuda else min(len(coords), 8 * CPU_BLOCK)
    training = _probe([network], coords[:num], values[:num])
    return _fastest(lambda: training.run(1, 0.0), repeats=3) * len(coords) / num


def _faster(networks: Sequence[CoordinateMLP], coords: Tensor, values: Tensor) -> Execution:
    if len(networks) == 1:
        return "loop"
    if not coords.is_cuda:
        return "stack" if len(coords) <= CPU_STACK_SAMPLES else "loop"
    shapes = tuple(tuple(p.shape) for p in networks[0].parameters())
    key = (str(coords.device), shapes, len(coords), len(networks))
    if key not in _measured:
        probes = networks[: _stack_limit(networks[0], coords)]
        single, stack = _probe(probes[:1], coords, values), _probe(probes, coords, values)
        alone = _fastest(lambda: single.run(1, 0.0)) * len(probes)
        together = _fastest(lambda: stack.run(1, 0.0))
        _measured[key] = "stack" if alone > STACK_MUST_WIN_BY * together else "loop"
    return _measured[key]


def _probe(networks: Sequence[CoordinateMLP], coords: Tensor, values: Tensor) -> Training:
    # One warm-up and the timed epochs; a rate of zero leaves the weights alone.
    return Training(networks, coords, values, epochs=8, learning_rate=0.0)


def _fastest(run: Callable[[], None], repeats: int = 2) -> float:
    times = []
    for _ in range(repeats + 1):
        started = time.perf_counter()
        run()
        times.append(time.perf_counter() - started)
    return min(times[1:])


def _stack_limit(network: CoordinateMLP, coords: Tensor) -> int:
    """How many networks a GPU has room for: a third of its free memory for activations."""
    if not coords.is_cuda:
        return 16
    free, _ = torch.cuda.mem_get_info(coords.device)
    width, depth = network.layers[0].out_features, len(network.activations)
    # A layer keeps its pre-activation, its scaled copy and its output for the backward pass.
    bytes_each = 4 * 3 * len(coords) * width * depth
    return max(1, int(free / 3 // bytes_each))
