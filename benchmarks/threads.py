"""From which size do several threads of a CPU pay for one fit, on an idle and on a busy machine?

    python -m benchmarks.threads

The command prints the time of an epoch with one thread over that with all threads, each with blocks
of its own: above 1 several threads are faster. An asterisk marks where a fit uses several
(`inr_models.fitting.threads`). On the busy machine another process runs on every core. RESULTS.md
has the results.
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

ROUNDS, EPOCHS = 9, 3
WIDTHS = (26, 52, 104, 128, 222)
SAMPLES = (1024, 2048, 4096, 8192, 16_384, 32_768)


def main() -> None:
    """Print the tables for this machine."""
    print(f"{machine()}; time with one thread / time with all")
    print("            " + "".join(f"{samples:9,}" for samples in SAMPLES))
    for name, surroundings in (("idle", contextlib.nullcontext()), ("busy", busy_processes())):
        with surroundings:
            for width in WIDTHS:
                cells = [f"{_cell(width, samples):>9}" for samples in SAMPLES]
                print(f"{name}  4 x {width:3} " + "".join(cells), flush=True)


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


def gain(width: int, num_samples: int) -> float:
    """Return the median over rounds of the time with one thread over the time with all.

    Args:
        width: Features of a hidden layer.
        num_samples: Samples of the signal.
    """
    one = _training(width, num_samples, (CPU_BLOCK, 1))
    several = _training(width, num_samples, (2 * CPU_BLOCK, torch.get_num_threads()))
    ratios = []
    for _ in range(ROUNDS + 1):
        seconds = timed(lambda: one.run(EPOCHS))
        ratios.append(seconds / timed(lambda: several.run(EPOCHS)))
    return statistics.median(ratios[1:])  # the first epochs allocate memory


def _cell(width: int, num_samples: int) -> str:
    training = _training(width, num_samples, None)
    return f"{gain(width, num_samples):.2f}{'*' if training.threads > 1 else ' '}"


def _training(width: int, num_samples: int, blocks: tuple[int, int] | None) -> Training:
    """Return a training with these blocks and threads, None for those that a fit chooses."""
    coords = torch.linspace(-1, 1, num_samples)[:, None]
    config = Siren2Config(width=width, s0=20.0, s1=1.0)
    network = make_network(config, in_features=1, out_features=1, seed=0)
    chosen = blocks_of if blocks is None else lambda *_: blocks
    with patch("inr_models.fitting.training.blocks_of", chosen):
        task = Task(coords, torch.sin(20 * coords))
        return Training([network], task, [1e-4] * EPOCHS * (ROUNDS + 1))


def _spin() -> None:
    while True:
        pass


if __name__ == "__main__":
    main()
