"""Is a stack of networks faster than a loop over them, on this device?

    python -m benchmarks.stacking

The command prints the median over paired rounds of loop time / stack time for each number of
samples. Above 1 the stack is faster. RESULTS.md has the results on a CPU.
"""

import statistics

import torch

from benchmarks.measuring import device, machine, timed
from inr_models import Siren2Config, make_network
from inr_models.fitting.task import Task
from inr_models.fitting.training import Training

ROUNDS = 7


def ratio(num_networks: int, num_samples: int, width: int) -> float:
    """Return the median of loop time / stack time for one epoch of each, measured in turn.

    Args:
        num_networks: networks in the stack and in the loop.
        num_samples: samples of the signal.
        width: features of a hidden layer.
    """
    coords = torch.linspace(-1, 1, num_samples, device=device())[:, None]
    values = torch.sin(20 * coords)
    config = Siren2Config(width=width, s0=20.0, s1=1.0)
    networks = [
        make_network(config, in_features=1, out_features=1, seed=seed).to(device())
        for seed in range(num_networks)
    ]
    task, rates = Task(coords, values), [1e-4] * (ROUNDS + 1)
    stack = Training(networks, task, rates)
    singles = [Training([network], task, rates) for network in networks]

    def loop() -> None:
        for single in singles:
            single.run(1)

    ratios = [timed(loop) / timed(lambda: stack.run(1)) for _ in range(ROUNDS + 1)]
    return statistics.median(ratios[1:])


def main() -> None:
    """Print the table for this machine."""
    torch.set_num_threads(1)
    print(f"{machine()}; loop time / stack time")
    for width in (52, 222):
        for num_samples in (256, 512, 1024, 2048, 8192):
            cells = [f"{ratio(num, num_samples, width):5.2f}" for num in (4, 16)]
            print(f"4 x {width:3} {num_samples:5} samples   4: {cells[0]}   16: {cells[1]}")


if __name__ == "__main__":
    main()
