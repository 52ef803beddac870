"""Make invented fits: a store of as many as a large study has, and fits that only wait."""

import time
from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
import torch

from inr_models.fitting.metrics import curve_epochs
from inr_models.fitting.result import FitResult
from studies.audio_grid import STUDY
from studies.engine.outcomes.signal_state import SignalState
from studies.engine.planning.resolving import resolve
from studies.engine.planning.run import run_json
from studies.engine.planning.trial import Trial
from studies.engine.running.batch import Outcome
from studies.engine.signals.signal import Signal, sha256_of
from studies.engine.store.metrics import Scored
from studies.engine.store.rows import Row, curve_rows, finished_row, signal_row
from studies.engine.store.store import Store

CLIPS = 116
"""With so many clips, the 124 points on 7 seeds of the paper's study make about 100,000 rows."""


def make_signals(count: int, num_samples: int) -> list[Signal]:
    """Return signals of noise that claim to have `num_samples` samples; their hashes differ."""
    rng = np.random.default_rng(0)
    signals = []
    for number in range(count):
        values = rng.uniform(-1, 1, (256, 1)).astype(np.float32)
        signals.append(
            Signal(
                name=f"clip {number}", sha256=sha256_of(values, (256,)),
                source=f"clip_{number}.wav", shape=(num_samples,), channels=1,
                sample_rate=44_100.0,
                file_samples=num_samples, crop="head", crop_start=0, peak=1.0, psnr_zero=4.8,
                descriptors={"psi": 0.05 + 0.9 * number / count, "low_pass_40": 0.4}, values=values,
            )
        )  # fmt: skip
    return signals


def made_up_row(study: str, signal: Signal, trial: Trial) -> tuple[Row, list[Row]]:
    """Return the rows of a fit and of its curve, with numbers that follow from the trial's key."""
    peak = 25 + int(trial.key[:4], 16) / 4096
    epochs = curve_epochs(trial.fit.epochs)
    result = FitResult(
        best_errors={}, mse_best=10 ** (-peak / 10), psnr_peak=peak, epoch_of_peak=trial.fit.epochs,
        psnr_final=peak, epochs=epochs, psnr=np.linspace(5, peak, len(epochs)), diverged=False,
        stopped=False, num_epochs=trial.fit.epochs, best_weights={}, seconds=1.0,
        updates=trial.fit.epochs, stack=1, path="made up",
        curves={}, snapshots={},
    )  # fmt: skip
    fit = Scored(signal, result, lambda: np.zeros((signal.num_samples, 1), np.float32))
    return finished_row(study, trial, fit, torch.device("cpu")), curve_rows(trial, result)


def wait(
    study: str,
    signal: Signal,
    trials: Sequence[Trial],
    *_: Any,
    seconds: float,
    keep: Sequence[bool],
    snapshots: Sequence[int],
) -> Iterator[Outcome]:
    """Take the place of `run_batch`: every fit takes `seconds` and does nothing."""
    for trial in trials:
        time.sleep(seconds)
        yield Outcome(*made_up_row(study, signal, trial))


def fill(results: str) -> dict[str, Any]:
    """Write all fits of a run of `CLIPS` clips to a store, and return their number."""
    signals = make_signals(CLIPS, num_samples=150_000)
    run, store = resolve(STUDY, "paper", signals), Store(results)
    for signal in signals:
        state = SignalState(run, signal)
        fits = [
            made_up_row(STUDY.name, signal, state.trial(point, seed))
            for point in state.points
            for seed in run.seeds
        ]
        store.append([row for row, _ in fits], [r for _, curve in fits for r in curve])
    store.add_signals(map(signal_row, signals))
    return {"rows": len(store.fits(columns=["key"]))}


def write_run(results: str, clips: int) -> None:
    """Make a run of the first `clips` clips the newest run of the store."""
    run = resolve(STUDY, "paper", make_signals(CLIPS, num_samples=150_000)[:clips])
    Store(results).write_bytes(f"{run.folder}/study.json", run_json(run))
