"""How much does a fit gain from the threads that it chooses, on an idle and on a busy machine?

    python -m benchmarks.threads

The command prints, for each width and number of samples, the time of an epoch with blocks for all
threads over the time with the threads that `inr_models.fitting.threads` chooses. Above 1 the choice
is faster. Beside busy processes, one for each core, the same is measured again. RESULTS.md has the
results.
"""

import contextlib
import multiprocessing
import statistics
from collections.abc import Iterator
from unittest.mock import patch

import torch

from benchmarks.measuring import machine, timed
from inr_models import Siren2Config, make_network
from inr_models.fitting.task import Task
from inr_models.fitting.threads import CPU_BLOCK, blocks_of
from inr_models.fitting.training import Training

ROUNDS = 9
SHAPES = ((26, 2048), (52, 8192), (104, 8192), (128, 1024), (128, 8192), (222, 8192), (222, 32_768))


def main() -> None:
    """Print the table for this machine."""
    print(f"{machine()}; time with all threads / time with those chosen")
    for name, surroundings in (("idle", contextlib.nullcontext()), ("busy", busy_processes())):
        with surroundings:
            for width, num_samples in SHAPES:
                print(
                    f"{name} 4 x {width:3} {num_samples:6} samples {ratio(width, num_samples):5.2f}"
                )


@contextlib.contextmanager
def busy_processes() -> Iterator[None]:
    """Keep every core busy in the block."""
    context = multiprocessing.get_context("spawn")
    processes = [context.Process(target=_spin) for _ in range(torch.get_num_threads())]
    for process in processes:
        process.start()
    try:
        yield
    finally:
        for process in processes:
            process.kill()
            process.join()


def ratio(width: int, num_samples: int) -> float:
    """Return the median over rounds of the time with all threads over the time as chosen.

    Args:
        width: Features of a hidden layer.
        num_samples: Samples of the signal.
    """
    chosen, all_threads = (
        _training(width, num_samples, forced=False),
        _training(width, num_samples, forced=True),
    )
    ratios = [
        timed(lambda: all_threads.run(1)) / timed(lambda: chosen.run(1)) for _ in range(ROUNDS)
    ]
    return statistics.median(ratios[1:])


def _training(width: int, num_samples: int, *, forced: bool) -> Training:
    most = torch.get_num_threads()
    blocks = (lambda *_: (2 * CPU_BLOCK, most)) if forced else blocks_of
    coords = torch.linspace(-1, 1, num_samples)[:, None]
    config = Siren2Config(width=width, s0=20.0, s1=1.0)
    network = make_network(config, in_features=1, out_features=1, seed=0)
    with patch("inr_models.fitting.training.blocks_of", blocks):
        return Training([network], Task(coords, torch.sin(20 * coords)), [1e-4] * (ROUNDS + 1))


def _spin() -> None:
    while True:
        pass


if __name__ == "__main__":
    main()
