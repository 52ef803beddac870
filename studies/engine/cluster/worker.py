"""Fit the batches that Tune gives to a worker, and send every row to the recorder."""

import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import ray
import torch
from ray import tune

from studies.engine.cluster.idle_callback import report_node
from studies.engine.cluster.recorder import RemoteCheckpoints
from studies.engine.cluster.workers import Workers, take_device
from studies.engine.planning.points import PlannedFit
from studies.engine.running.batch import BatchRunner
from studies.engine.running.schedule import Batch
from studies.engine.signals.signal import Signal
from studies.engine.store.outputs import outputs_of
from studies.engine.store.rows import brief

PATIENCE_SECONDS, PATIENCE_FITS = 30.0, 3.0
"""How long a worker waits for a fit that another driver has begun: a time, and as long as so many
fits take. A driver that was killed is not waited for any longer."""

LOOK_SECONDS = 0.5


def train_batch(
    config: dict[str, Batch],
    *,
    study: str,
    signals: dict[str, ray.ObjectRef],
    recorder: Any,
    workers: Workers,
    run_batch: BatchRunner,
    checkpoint_seconds: float,
) -> None:
    """Fit one batch on a worker. `first_import` calls this.

    Args:
        config: {"batch": the batch}, as the searcher suggests it.
        study: the study's name, for the rows.
        signals: where Ray holds each signal with its samples, by sha256.
        recorder: the actor that stores rows.
        workers: what a worker may use.
        run_batch: fits a batch.
        checkpoint_seconds: between two checkpoints of a stack of fits.
    """
    report_node()
    device = take_device(workers)
    batch = config["batch"]
    signal = ray.get(signals[batch.fits[0].trial.signal])
    work = _Work(study, signal, batch, recorder, device, run_batch, checkpoint_seconds)
    work.finish(work.do(batch.fits))


@dataclass(frozen=True)
class _Work:
    study: str
    signal: Signal
    batch: Batch
    recorder: Any
    device: torch.device
    run_batch: BatchRunner
    checkpoint_seconds: float

    def do(self, fits: Sequence[PlannedFit], *, may_wait: bool = True) -> list[PlannedFit]:
        """Do those fits that nobody has done or begun. Return those that others have begun.

        Fits train as stacks on a GPU. On a CPU each runs by itself. It is looked up before it
        begins, because another driver may have done it meanwhile. When the worker of a batch has
        died, the next one does only what is missing.

        Args:
            fits: The fits.
            may_wait: Whether to leave out what another driver has begun.
        """
        groups = [fits] if self.device.type == "cuda" else [[fit] for fit in fits]
        begun_elsewhere = []
        for group in groups:
            keys, may_be_partial = [f.trial.key for f in group], [bool(f.rungs) for f in group]
            outputs = [outputs_of(fit) for fit in group]
            begin = self.recorder.begin_fits.remote(
                keys, may_be_partial, outputs, may_wait=may_wait
            )
            stored, others = ray.get(begin)
            missing = []
            for fit, row in zip(group, stored, strict=True):
                if row is not None:
                    tune.report(row)
                elif fit.trial.key in others:
                    begun_elsewhere.append(fit)
                else:
                    missing.append(fit)
            if missing:
                self.train(missing)
        return begun_elsewhere

    def finish(self, begun_elsewhere: Sequence[PlannedFit]) -> None:
        """Wait for fits that other drivers have begun. Do those that do not come."""
        seconds_per_fit = self.batch.seconds / len(self.batch.fits)
        deadline = time.monotonic() + PATIENCE_SECONDS + PATIENCE_FITS * seconds_per_fit
        while begun_elsewhere and time.monotonic() < deadline:
            time.sleep(LOOK_SECONDS)
            begun_elsewhere = self.do(begun_elsewhere)
        self.do(begun_elsewhere, may_wait=False)

    def train(self, fits: Sequence[PlannedFit]) -> None:
        """Train fits together, and record and report each as it ends."""
        trials = [fit.trial for fit in fits]
        named = [f"{fit.trial.key} {sorted(fit.rungs.items()) or ''}" for fit in fits]
        # The fits of a batch share a structure.
        kind = repr((trials[0].signal, trials[0].network.structure))
        checkpoints = RemoteCheckpoints(self.recorder, named, kind)
        finished = set()
        index = {trial.key: i for i, trial in enumerate(trials)}
        for row, curve, outputs, weights in self.run_batch(
            self.study,
            self.signal,
            trials,
            self.device,
            [fit.rungs for fit in fits],
            checkpoints,
            self.checkpoint_seconds,
            keep=[fit.keep for fit in fits],
            snapshots=fits[0].snapshots,
        ):
            row |= self.batch.columns
            ray.get(self.recorder.record.remote(row, curve, outputs, kind, weights))
            tune.report(brief(row))
            if row["status"] != "failed":
                finished.add(index[row["key"]])
        # The next run needs the checkpoint of a failed fit.
        ray.get(self.recorder.discard.remote(checkpoints.finished(finished)))
