"""Fit landscapes of SIREN² over (s0, s1) with torch alone, for a GPU that no Ray cluster can use.

    python -m benchmarks.landscapes signals.npz --to results --seeds 5 --known analysis/data
    python -m benchmarks.landscapes signals.npz --to results --grid coarse --width 104
    python -m benchmarks.landscapes signals.npz --to results --design design.parquet

`benchmarks.packed_signals` writes `signals.npz`. The fits of a signal train together, by default
with the settings of `studies/rule_check.py`, or with those of a design
(`benchmarks.setting_design`), and go to a results folder like any other. Fits that
are in it, or in `--known`, are not repeated. Several such commands may share a folder.
"""

import argparse
import sys
import time
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path

import torch

from analysis.reporting.commands import parser, run
from benchmarks.designs import read_design, trial_of
from benchmarks.measuring import device, machine
from benchmarks.packed_signals import unpack
from inr_models import FitConfig, InputError, Siren2Config
from search_spaces.grids import (
    AUDIO_GRID_CHECK,
    AUDIO_GRID_COARSE,
    AUDIO_GRID_DENSE,
    IMAGE_GRID_COARSE,
)
from search_spaces.networks import stable
from studies.engine.planning.trial import Trial
from studies.engine.running.batch import run_batch
from studies.engine.signals.signal import Signal
from studies.engine.store.rows import signal_row
from studies.engine.store.store import Store

GRIDS = {
    "coarse": AUDIO_GRID_COARSE,
    "check": AUDIO_GRID_CHECK,
    "dense": AUDIO_GRID_DENSE,
    "image": IMAGE_GRID_COARSE,
}

WIDTH = 52
"""The width that the grids' s1 axes are meant for. At another width they keep their gains."""

FIT = FitConfig(epochs=300, learning_rate=5e-4, decay=0.95, decay_every=20)


SETTINGS = ("epochs", "decay_every", "learning_rate")
"""The fields of `FIT` that have a flag."""


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command, and return its exit code."""
    top = parser("benchmarks.landscapes", __doc__)
    top.add_argument("archive", type=Path)
    top.add_argument("--to", required=True, metavar="RESULTS")
    top.add_argument("--known", nargs="*", default=[], metavar="RESULTS")
    top.add_argument("--signals", nargs="+", help="names (default: all)")
    top.add_argument("--grid", choices=sorted(GRIDS), default="dense")
    top.add_argument(
        "--design", type=Path, metavar="FILE", help="fit this design instead of a grid"
    )
    top.add_argument("--every-other", action="store_true", help="fit every other cell of the grid")
    top.add_argument("--seeds", type=int, default=1)
    top.add_argument("--width", type=int, default=WIDTH)
    top.add_argument("--depth", type=int, default=4)
    top.add_argument("--zero-output-bias", action="store_true")
    for name in SETTINGS:
        given = getattr(FIT, name)
        top.add_argument(f"--{name.replace('_', '-')}", type=type(given), default=given)
    return run(fit_all, top, argv)


def fit_all(arguments: argparse.Namespace) -> None:
    """Fit one signal after the other, and store the rows of each batch when it is done.

    Raises:
        InputError: the archive cannot be read, or a folder of `--known` holds no fits.
    """
    target = Store(arguments.to)
    known = [target, *(Store(folder, create=False) for folder in arguments.known)]
    for store in known[1:]:
        if not store.parts("fits"):
            fix = "it holds no fits; check the path."
            raise InputError.of_value("not-there", "--known", store.results, fix)
    # A study fits with one thread as well. Several would wait for each other on a busy machine.
    torch.set_num_threads(1)
    print(machine(), flush=True)
    design = read_design(arguments.design) if arguments.design else None
    for signal in unpack(arguments.archive, arguments.signals):
        started = time.perf_counter()
        if design is None:
            trials = list(trials_of(signal, arguments))
        else:
            trials = [trial_of(row) for row in design if row["sha256"] == signal.sha256]
        done = {key for store in known for key in store.done([trial.key for trial in trials])}
        trials = [trial for trial in trials if trial.key not in done]
        target.add_signals([signal_row(signal)])
        if not trials:
            continue
        for batch in batches_of(trials):
            outcomes = list(run_batch("landscapes", signal, batch, device()))
            target.append([o.row for o in outcomes], [row for o in outcomes for row in o.curve])
        seconds = time.perf_counter() - started
        print(f"{signal.name:32}{len(trials):6,} fits in {seconds:6.1f} s", flush=True)


def batches_of(trials: Sequence[Trial]) -> list[list[Trial]]:
    """Return trials in groups that share a structure and a training, as `run_batch` needs."""
    batches: dict[object, list[Trial]] = {}
    for trial in trials:
        batches.setdefault((trial.network.structure, trial.fit), []).append(trial)
    return list(batches.values())


def trials_of(signal: Signal, arguments: argparse.Namespace) -> Iterator[Trial]:
    """Yield every cell of the grid on every seed, as a study has it."""
    grid = GRIDS[arguments.grid].at_width(WIDTH, arguments.width)
    fit = replace(FIT, **{name: getattr(arguments, name) for name in SETTINGS})
    for (i, j), scales in grid.cells(max(signal.shape)):
        if arguments.every_other and (i + j) % 2:
            continue
        s0, s1 = map(stable, scales)
        network = Siren2Config(
            width=arguments.width,
            depth=arguments.depth,
            s0=s0,
            s1=s1,
            zero_output_bias=arguments.zero_output_bias,
        )
        for seed in range(arguments.seeds):
            yield Trial(signal=signal.sha256, network=network, fit=fit, seed=seed)


if __name__ == "__main__":
    sys.exit(main())
