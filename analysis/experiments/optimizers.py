"""Keep maps of SIREN² under several optimizers in a results folder, a row for each fit.

    python -m analysis.experiments.optimizers results --to analysis/data

The fits are those that `python -m benchmarks.optimizer_design` designs. The rows go to
RESULTS/_rules/optimizers.parquet, and with --to to another folder instead of those that it has.
"""

import argparse
from collections.abc import Sequence
from typing import NamedTuple

from rich.console import Console

from analysis.experiments.stored import read_rows, write_rows
from analysis.reporting.commands import parser, run
from analysis.statistics.recordings import read_recordings
from inr_models import InputError
from search_spaces.bandwidth import gain
from search_spaces.networks import stable
from search_spaces.rules import EVEN_LAW, RULES, NoiseScales, Target
from studies.engine.store.metrics import HEADLINE, ZERO_OUTPUT
from studies.engine.store.rows import signal_from_row
from studies.engine.store.store import Store

COMMAND, FILE = "analysis.experiments.optimizers", "optimizers.parquet"

COLUMNS = (
    "sha256", "hp_s0", "hp_s1", "hp_width", "hp_depth", "hp_bandwidth", "fit_optimizer",
    "fit_learning_rate", "fit_decay", "fit_epochs", "n", "parameters", "seed", "seconds", "device",
    HEADLINE.column, ZERO_OUTPUT,
)  # fmt: skip


class Fit(NamedTuple):
    """Holds one fit.

    Attributes:
        signal: The signal's name.
        recording: The recording that it was cut from.
        psi: The signal's.
        optimizer: What trained it, with the next three.
        learning_rate: At the start.
        decay: The factor on it every 20 epochs.
        epochs: Evaluations of the gradient.
        num_samples: Samples of the signal.
        parameters: Parameters of the network.
        seed: Seed of the initialization.
        rule: The name of `EVEN_LAW`, if the point is that rule's. "" for a
            cell, and for the points beside the rule's on which rates were chosen.
        share: K as a share of Nyquist.
        gain: The gain g of a hidden layer.
        psnr: Peak PSNR in dB, that of zero output if no error was finite.
        seconds: Training time on this machine, busy or not.
        device: The machine.
    """

    signal: str
    recording: str
    psi: float
    optimizer: str
    learning_rate: float
    decay: float
    epochs: int
    num_samples: int
    parameters: int
    seed: int
    rule: str
    share: float
    gain: float
    psnr: float
    seconds: float
    device: str


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command, and return its exit code."""
    top = parser(COMMAND, __doc__)
    top.add_argument("results", help="a results folder of benchmarks.landscapes")
    top.add_argument("--recordings", metavar="FILE", help="a CSV file: signal, recording")
    top.add_argument("--to", metavar="FOLDER", help="where the page of findings reads the rows")
    return run(_write, top, argv)


def _write(arguments: argparse.Namespace) -> None:
    rows = [fit._asdict() for fit in collected(arguments.results, arguments.recordings)]
    same = ("signal", "optimizer", "learning_rate", "decay", "seed", "share", "gain")
    path = write_rows(rows, COMMAND, arguments.results, FILE, to=arguments.to, same=same)
    Console(highlight=False, markup=False).print(f"{len(rows):,} fits  {path}", soft_wrap=True)


def collected(results: str, recordings: str | None = None) -> list[Fit]:
    """Return the fits of a results folder, all on the same number of samples.

    Args:
        results: The folder.
        recordings: See `stored_maps`.

    Raises:
        InputError: The folder has no fits of SIREN².
    """
    store = Store(results, create=False)
    signals = {row["sha256"]: signal_from_row(row) for row in store.signals().to_pylist()}
    named = read_recordings(store, recordings)
    fits = []
    for row in store.fits(columns=COLUMNS, where={"network": "siren2"}).to_pylist():
        if row["status"] == "failed":
            continue
        signal = signals[row["sha256"]]
        target = signal.target(row["hp_width"], row["hp_depth"])
        psnr = row[HEADLINE.column]
        fits.append(
            Fit(
                signal=signal.name,
                recording=named.get(signal.name, signal.name),
                psi=signal.descriptors["psi"],
                optimizer=row["fit_optimizer"],
                learning_rate=row["fit_learning_rate"],
                decay=row["fit_decay"],
                epochs=row["fit_epochs"],
                num_samples=row["n"],
                parameters=row["parameters"],
                seed=row["seed"],
                rule=_rule(target, NoiseScales(row["hp_s0"], row["hp_s1"])),
                share=row["hp_bandwidth"] / target.nyquist,
                gain=gain(row["hp_s1"], width=row["hp_width"]),
                psnr=row[ZERO_OUTPUT] if psnr is None else psnr,
                seconds=row["seconds"],
                device=row["device"],
            )
        )
    if not fits:
        fix = "no fits of SIREN²; run benchmarks.landscapes with an optimizer_design."
        raise InputError.at("not-there", results, fix)
    return fits


def _rule(target: Target, scales: NoiseScales) -> str:
    """Return the name of `EVEN_LAW` if these scales are its point."""
    recommended = NoiseScales(*map(stable, RULES[EVEN_LAW](target)))
    return EVEN_LAW if recommended == scales else ""


def read_fits(results: str) -> list[Fit]:
    """Return the rows that a folder holds, [] where the command has not run.

    Example:
        >>> from analysis.surfaces.stored import BENCHMARK
        >>> {fit.optimizer for fit in read_fits(BENCHMARK)} == {"adam", "muon", "lbfgs"}
        True
    """
    return [Fit(**row) for row in read_rows(COMMAND, results, FILE, Fit._fields)]


if __name__ == "__main__":
    raise SystemExit(main())
