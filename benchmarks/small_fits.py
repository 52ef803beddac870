"""Compare small fits with the time that their products and sines alone would take."""

from benchmarks.best_rates import best_product, best_sine
from benchmarks.measuring import Figure, figure, timed
from benchmarks.problem import begun
from inr_models.fitting.threads import using_threads

SAMPLES = (1_024, 2_048, 8_192)
WIDTHS = (13, 26, 52, 74)
DEPTH = 4
"""Layers of sines. Between them are three square matrices, each in three products an update."""


def small_fits() -> list[Figure]:
    """Return the epochs/s of small fits on one thread, and those that their bound would allow."""
    figures = []
    with using_threads(1):
        for width in WIDTHS:
            product, sine = 1e9 * best_product(width), best_sine(width)
            for samples in SAMPLES:
                flops = 3 * (DEPTH - 1) * 2 * samples * width**2
                bound = flops / product + 2 * DEPTH * samples * width / sine
                name = f"4 x {width}, {samples:,} samples, to its bound"
                figures.append(figure(name, 1 / _epoch(width, samples), 1 / bound, "epochs/s"))
    return figures


def _epoch(width: int, samples: int) -> float:
    """Return the least seconds of an epoch, of many."""
    epochs = max(4, 400_000 // samples)
    training = begun(width, samples, epochs)
    return min(timed(lambda: training.run(1)) for _ in range(epochs))
