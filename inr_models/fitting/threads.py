"""Choose how many of a CPU's threads a fit uses, by its shape alone.

The number of threads decides the rounding, so it must not depend on the load of the machine. The
caller's `torch.set_num_threads` is the upper limit.
"""

import contextlib
from collections.abc import Iterator

import torch
from torch import Tensor

from inr_models.fitting.task import Step
from inr_models.networks.coordinate_mlp import CoordinateMLP

# Samples in the block of one thread on a CPU, or half of them if several threads work. Only the
# features of a block are in memory. Those of a whole signal would take gigabytes at 4 x 222 and
# 150,000 samples. On a GPU one block is the whole signal.
CPU_BLOCK = 512

LARGE = 1 << 19
"""Samples times width from which several threads gain, on an idle machine and on a busy one
(`python -m benchmarks.threads`)."""


def blocks_of(network: CoordinateMLP, coords: Tensor, step: Step) -> tuple[int, int]:
    """Return the number of samples in a block, and how many threads a fit uses.

    Threads of a small fit wait for each other, most of all on a busy machine. In a large one every
    thread has its own blocks, or autograd shares one block among all threads.

    Args:
        network: One of the networks.
        coords: Coordinates [n, d].
        step: How an update is done.
    """
    if coords.is_cuda:
        return len(coords), 1
    most = torch.get_num_threads()
    if most == 1 or len(coords) * network.layers[0].out_features < LARGE:
        return CPU_BLOCK, 1
    return (2 * CPU_BLOCK if step == "blocked" else 2 * CPU_BLOCK * most), most


@contextlib.contextmanager
def using_threads(count: int) -> Iterator[None]:
    """Let torch use `count` threads of the CPU in the block, and restore the caller's number.

    >>> with using_threads(1):
    ...     torch.get_num_threads()
    1
    """
    before = torch.get_num_threads()
    if before == count:
        yield
        return
    torch.set_num_threads(count)
    try:
        yield
    finally:
        torch.set_num_threads(before)
