"""Measure how fast this machine multiplies matrices and computes sines."""

import torch

from benchmarks.measuring import device, timed
from inr_models.fitting.products import product_for


def best_product(width: int) -> float:
    """Return the GFLOP/s of the fastest float32 product of such shapes in any library."""
    weights, best = torch.randn(width, width, device=device()), 0.0
    for num in (512, 2048, 8192, 150_000):
        features, out = (torch.randn(width, num, device=device()) for _ in range(2))
        repeats = max(1, 600_000 // num)
        for multiply in (lambda a, b, out: torch.mm(a, b, out=out), product_for(weights).multiply):

            def run(multiply=multiply, features=features, out=out, repeats=repeats) -> None:
                for _ in range(repeats):
                    multiply(weights, features, out)
                if weights.is_cuda:
                    torch.cuda.synchronize()

            seconds = min(timed(run) for _ in range(4))
            best = max(best, 2 * width**2 * num * repeats / seconds / 1e9)
    return best


def best_sine(width: int) -> float:
    """Return how many values/s torch computes of sin and cos, in pieces that a cache holds.

    Args:
        width: Features of a layer. A piece is a block of samples of one layer.
    """
    angles = torch.randn(width, 512, device=device())
    out, repeats = torch.empty_like(angles), max(1, 2_000_000 // angles.numel())

    def run() -> None:
        for _ in range(repeats):
            torch.sin(angles, out=out)
            torch.cos(angles, out=out)

    return 2 * angles.numel() * repeats / min(timed(run) for _ in range(4))
