"""Compare one fit, and many, with the loop that published implementations run.

    python -m benchmarks.fit [--json FILE]

On a CPU every variant runs in separate processes, in turn with the reference, and a figure is the
median over the rounds. If there is a GPU, each variant runs there once, in this process. The end
shows how near the products come to the machine's best, and where the rest of an epoch goes. Small
fits on a CPU are compared with the time that their products and sines alone would take.
"""

import statistics
from collections import defaultdict
from dataclasses import replace
from typing import Any

import torch
from torch.autograd import DeviceType  # type: ignore[attr-defined]
from torch.autograd.profiler import profile

from benchmarks.best_rates import best_product
from benchmarks.measuring import (
    Figure,
    figure,
    figures_parser,
    in_new_processes,
    peak_memory_mb,
    show,
    timed,
)
from benchmarks.problem import begun, problem
from benchmarks.reference import psnr_curve, sequential
from benchmarks.small_fits import small_fits
from inr_models import FitConfig, fit
from inr_models.fitting.training import Training

LARGE = {"width": 222, "samples": 150_000}
SMALL = {"width": 52, "samples": 8_192}
ROUNDS = 3


def main() -> None:
    """Run the command."""
    arguments = figures_parser("benchmarks.fit", __doc__).parse_args()
    figures = on_gpu() if torch.cuda.is_available() else [*on_cpu(), *small_fits()]
    show([*figures, *limits(**LARGE)], arguments.json)


def on_cpu() -> list[Figure]:
    """Measure one large fit on all cores, and small fits on each, against the reference."""
    rounds = defaultdict(list)
    for _ in range(ROUNDS):
        for way, epochs in (("reference", 4), ("blocked", 8)):
            rounds[way] += in_new_processes(fit_large, way=way, epochs=epochs, **LARGE)
        for way in ("reference", "blocked"):
            cores = torch.get_num_threads()
            each = in_new_processes(fit_small, cores, way=way, fits=2, epochs=200, **SMALL)
            rate = sum(core["fits_per_second"] for core in each)
            rounds[f"small {way}"].append({"fits_per_second": rate})

    def compared(name: str, prefix: str, key: str, unit: str, *, less: bool = False) -> Figure:
        ours, theirs = ([r[key] for r in rounds[prefix + w]] for w in ("blocked", "reference"))
        pairs = zip(ours, theirs, strict=True)
        ratio = statistics.median(figure(name, *pair, unit, less=less).ratio for pair in pairs)
        medians = statistics.median(ours), statistics.median(theirs)
        return figure(name, *medians, unit, less=less)._replace(ratio=ratio)

    return [
        compared("4 x 222, 150,000 samples", "", "epochs_per_second", "epochs/s"),
        compared("4 x 222, its peak memory", "", "peak_mb", "MB", less=True),
        compared("4 x 52, 8,192 samples", "small ", "fits_per_second", "fits/s of 200 epochs"),
    ]


def on_gpu() -> list[Figure]:
    """Measure one large fit in both precisions, and a stack of small ones."""
    reference = fit_large("reference", 100, **LARGE)["epochs_per_second"]
    figures = [
        figure(
            f"4 x 222, 150,000 samples, {precision} {way}",
            fit_large(way, 300, **LARGE, precision=precision)["epochs_per_second"],
            reference,
            "epochs/s",
        )
        for precision in ("float32", "tf32")
        for way in ("blocked", "compiled")
    ]
    alone = fit_small("reference", 1, 200, **SMALL)["fits_per_second"]
    stack = fit_small("blocked", 512, 200, **SMALL)["fits_per_second"]
    return [*figures, figure("4 x 52, 8,192 samples", stack, alone, "fits/s of 200 epochs")]


def fit_large(
    way: Any, epochs: int, samples: int, width: int, precision: Any = "float32"
) -> dict[str, float]:
    """Return the median rate of a large fit's epochs, and the process's peak memory.

    Args:
        way: "reference", or a step of `fit`.
        epochs: how many epochs to time.
        samples: samples of the signal.
        width: features of a hidden layer.
        precision: of the matrix products.
    """
    task, network = problem(samples, width)
    if way == "reference":
        model, config = sequential(network).to(task.coords), FitConfig(epochs=epochs)
        curve = psnr_curve(model, task.coords, task.values, config)
        times = [timed(lambda: next(curve)) for _ in range(epochs)]
    else:
        task = replace(task, step=way, precision=precision)
        training = Training([network], task, [1e-4] * epochs)
        at_once = 10 if task.coords.is_cuda else 1
        times = [timed(lambda: training.run(at_once)) / at_once for _ in range(epochs // at_once)]
    return {"epochs_per_second": 1 / statistics.median(times[1:]), "peak_mb": peak_memory_mb()}


def fit_small(way: str, fits: int, epochs: int, samples: int, width: int) -> dict[str, float]:
    """Return the rate of small fits on one thread.

    Args:
        way: "reference", or anything else for `fit`.
        fits: how many fits to time.
        epochs: of each fit.
        samples: samples of the signal.
        width: features of a hidden layer.
    """
    torch.set_num_threads(1)
    task, network = problem(samples, width)

    def run(fits: int, epochs: int) -> None:
        config = FitConfig(epochs=epochs, learning_rate=5e-4)
        if way == "reference":
            for _ in range(fits):
                model = sequential(network).to(task.coords)
                list(psnr_curve(model, task.coords, task.values, config))
        else:
            list(fit([network] * fits, task.coords, task.values, config))

    run(min(fits, 2), 10)
    return {"fits_per_second": fits / timed(lambda: run(fits, epochs))}


def limits(width: int, samples: int) -> list[Figure]:
    """Compare a large fit with this machine's best product, and print what an epoch consists of."""
    training = begun(width, samples)
    rate = 9 * 2 * samples * width**2 / min(timed(lambda: training.run(1)) for _ in range(4)) / 1e9
    best = best_product(width)
    _print_shares(width, samples)
    return [figure("4 x 222, to the best product", rate, best, "GFLOP/s")]


def _print_shares(width: int, samples: int) -> None:
    """Print what an epoch consists of, on one thread, because the profiler sees no other."""
    before, on_gpu = torch.get_num_threads(), torch.cuda.is_available()
    torch.set_num_threads(1)
    training = begun(width, samples)
    seconds = timed(lambda: training.run(1))
    # Only GPUs need Kineto, which writes to the terminal.
    with profile(use_kineto=on_gpu, use_device="cuda" if on_gpu else None) as spans:
        training.run(1)
    torch.set_num_threads(before)
    shares: dict[str, float] = defaultdict(float)
    assert spans is not None
    for event in spans.key_averages():
        if on_gpu and event.device_type != DeviceType.CUDA:
            continue  # the calls that launch kernels count the kernels' time too
        spent = event.self_device_time_total if on_gpu else event.self_cpu_time_total
        shares[_kind(event.key)] += spent / 1e6
    shares["launching"] = max(seconds - sum(shares.values()), 0.0)
    print("an epoch of 4 x 222: " + ", ".join(f"{k} {v / seconds:.0%}" for k, v in shares.items()))


def _kind(operation: str) -> str:
    name = operation.lower()
    for kind, words in (
        ("products", ("mm", "gemm", "linear", "mkldnn", "cutlass")),
        ("sin and cos", ("sin", "cos")),
        ("Adam and the peak", ("adam", "where", "index")),
    ):
        if any(word in name for word in words):
            return kind
    return "other elementwise work"


if __name__ == "__main__":
    main()
