"""Is a stack of networks faster than a loop over them, on this device?

    python -m benchmarks.stacking

The command prints the median over paired rounds of loop time / stack time for each number of
samples. Above 1 the stack is faster. RESULTS.md has the results on a CPU.
"""

import statistics
import time

import torch

from inr_models import Siren2Config, make_network
from inr_models.fitting.training import Training

ROUNDS = 7


def ratio(num_networks: int, num_samples: int, width: int, device: str) -> float:
    """Return the median of loop time / stack time for one epoch of each, measured in turn."""
    coords = torch.linspace(-1, 1, num_samples, device=device)[:, None]
    values = torch.sin(20 * coords)
    networks = [
        make_network(
            Siren2Config(width=width, s0=20.0, s1=1.0), in_features=1, out_features=1, seed=seed
        ).to(device)
        for seed in range(num_networks)
    ]

    def training(members: list) -> Training:
        return Training(members, coords, values, [1e-4] * (ROUNDS + 1))

    stack, singles = training(networks), [training([network]) for network in networks]
    ratios = []
    for _ in range(ROUNDS + 1):
        started = time.perf_counter()
        for single in singles:
            single.run(1)
        middle = time.perf_counter()
        stack.run(1)
        ratios.append((middle - started) / (time.perf_counter() - middle))
    return statistics.median(ratios[1:])


def main() -> None:
    """Print the table for this machine."""
    torch.set_num_threads(1)
    device = "cuda" if torch.cuda.is_available() else "cpu"
    name = torch.cuda.get_device_name() if device == "cuda" else "one CPU core"
    print(f"torch {torch.__version__}, {name}; loop time / stack time")
    for width in (52, 222):
        for num_samples in (256, 512, 1024, 2048, 8192):
            cells = [f"{ratio(num, num_samples, width, device):5.2f}" for num in (4, 16)]
            print(f"4 x {width:3} {num_samples:5} samples   4: {cells[0]}   16: {cells[1]}")


if __name__ == "__main__":
    main()
