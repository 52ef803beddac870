"""Fit SIREN² by its rules at the paper's scale, and compare with Table 1. This needs a GPU.

    python -m benchmarks.packed_signals clips.npz tetris.wav tap.wav ...
    python -m benchmarks.paper_scale clips.npz [--signals tetris tap] [--precision tf32]
    python -m benchmarks.paper_scale clips.npz --rules eqn11 power_psi_low_pass --seconds 300

The fits have 4 x 222 features, 150,000 samples, 30,000 epochs and one seed. They take turns, so all
have the same number of epochs when `--seconds` ends them. 8 % of the learning rate is left after
5,000 epochs, and 0.7 % after 10,000.
"""

import argparse
import math
import sys
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

import torch

from analysis.comparison.published import TABLES
from analysis.reporting.commands import parser, run
from benchmarks.measuring import device, machine
from benchmarks.packed_signals import unpack
from inr_models import FitConfig, FitResult, InputError, Siren2Config, make_network
from inr_models.fitting.result import results_of
from inr_models.fitting.task import Task
from inr_models.fitting.training import Training
from search_spaces.rules import RULES
from search_spaces.rules.eqn11 import PAPER_WIDTH
from studies.engine.running.batch import samples_on
from studies.engine.signals.signal import Signal

TABLE_1 = TABLES["audio_architectures"]
EPOCHS_A_TURN = 1000

SHOWN = (1_000, 3_000, 10_000)
"""Epochs after which the best PSNR so far is printed, in addition to the last."""


class Scored(NamedTuple):
    """Holds a fit, which may have ended early: `result.num_epochs` epochs were scored."""

    signal: str
    rule: str
    network: Siren2Config
    result: FitResult


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command, and return its exit code."""
    top = parser("benchmarks.paper_scale", __doc__)
    top.add_argument("archive", type=Path)
    top.add_argument("--signals", nargs="+", help="names (default: all)")
    top.add_argument("--rules", nargs="+", choices=sorted(RULES), default=["eqn11"])
    top.add_argument("--epochs", type=int, default=FitConfig().epochs)
    top.add_argument("--precision", choices=("float32", "tf32"), default="float32")
    top.add_argument("--seed", type=int, default=0)
    top.add_argument("--seconds", type=float, default=math.inf, help="end all fits after this time")
    return run(fit_all, top, argv)


def fit_all(arguments: argparse.Namespace) -> None:
    """Fit every signal by every rule, and print a line about each fit.

    Raises:
        InputError: the archive cannot be read, or this machine has no TF32.
    """
    if arguments.precision == "tf32" and not torch.cuda.is_available():
        fix = "a CPU has no TF32 products; leave the flag out."
        raise InputError.of_value("unsupported", "--precision", "tf32", fix)
    config = FitConfig(epochs=arguments.epochs, precision=arguments.precision)
    signals = unpack(arguments.archive, arguments.signals)
    print(f"{machine()}, {config.precision}, up to {config.epochs:,} epochs", flush=True)
    for scored in fits(signals, arguments.rules, config, arguments.seed, arguments.seconds):
        print(line(scored), flush=True)


def fits(
    signals: Sequence[Signal], rules: Sequence[str], config: FitConfig, seed: int, seconds: float
) -> Iterator[Scored]:
    """Fit each signal by each rule, in turns of `EPOCHS_A_TURN`, for `seconds` at most.

    Args:
        signals: the signals, with their samples.
        rules: names of rules, keys of `RULES`.
        config: how to train.
        seed: of the initialization.
        seconds: when the last turn may begin.
    """
    began = time.perf_counter()
    rates = [config.learning_rate_at(epoch) for epoch in range(config.epochs)]
    trainings = []
    for signal in signals:
        task = Task(*samples_on(device(), signal), precision=config.precision)
        for rule in rules:
            siren2 = network_for(signal, rule)
            network = make_network(siren2, in_features=1, out_features=1, seed=seed)
            training = Training([network.to(device())], task, rates)
            trainings.append((signal, rule, training))
    epoch = 0
    while epoch < config.epochs and (epoch == 0 or time.perf_counter() - began < seconds):
        epoch = min(epoch + EPOCHS_A_TURN, config.epochs)
        for _, _, training in trainings:
            training.run(epoch - training.epoch)
    for signal, rule, training in trainings:
        training.score()
        training.errors = training.errors[:, :, : epoch + 1]
        (result,) = results_of(training)
        yield Scored(signal.name.removeprefix("gt_"), rule, network_for(signal, rule), result)


def line(scored: Scored) -> str:
    """Return a line about a fit and Table 1."""
    result = scored.result
    known = TABLE_1.get(scored.signal, {}).get("siren2", float("nan"))
    so_far = [
        f"{result.psnr[result.epochs <= epoch].max():.1f} by {epoch:,}"
        for epoch in SHOWN
        if epoch < result.num_epochs
    ]
    return (
        f"{scored.signal:12}{scored.rule:20}"
        f"s0 {scored.network.s0:6.0f}, s1 {scored.network.s1:5.3f}: "
        f"{result.psnr_peak:6.2f} dB at epoch {result.epoch_of_peak:6,} of {result.num_epochs:,} "
        f"({', '.join(so_far)}), Table 1 {known:5.1f}, {result.psnr_peak - known:+5.1f} dB, "
        f"{result.num_epochs / result.seconds:.3g} epochs/s, {result.path}"
    )


def network_for(signal: Signal, rule: str = "eqn11") -> Siren2Config:
    """Return a SIREN² of 4 x 222 at a rule's scales for a signal, by default those of Table 6."""
    s0, s1 = RULES[rule](signal.target(PAPER_WIDTH, 4))
    return Siren2Config(width=PAPER_WIDTH, s0=s0, s1=s1)


if __name__ == "__main__":
    sys.exit(main())
