"""Run batches of fits as Tune trials.

A Tune trial is a batch of fits of one signal, long enough that Tune's own cost is small. Trials
are told apart by content keys and never by Tune's ids, and nothing is restored by Tune: a
run that was cut short starts anew with the fits that its store lacks.
"""

import logging
import math
import os
import tempfile
from collections.abc import Callable, Sequence
from itertools import groupby
from typing import Any

os.environ.setdefault("RAY_AIR_NEW_OUTPUT", "0")
os.environ.setdefault("TUNE_DISABLE_AUTO_CALLBACK_LOGGERS", "1")
os.environ.setdefault("TUNE_GLOBAL_CHECKPOINT_S", "3600")

import numpy as np
import ray
import torch
from ray import tune
from ray.tune.progress_reporter import TrialProgressCallback
from ray.util.scheduling_strategies import NodeAffinitySchedulingStrategy

from inr_models import NetworkConfig
from studies.engine.batch import run_batch
from studies.engine.plan import PlannedFit
from studies.engine.recorder import MAX_ATTEMPTS, Recorder, RemoteCheckpoints
from studies.engine.rows import failed_row
from studies.engine.store import Store
from studies.engine.trial import Trial
from studies.engine.workers import Workers

BATCH_SECONDS = 8.0
MAX_BATCH = 64
MIN_GPU_BATCH = 8
MAX_NODE_LOSSES = 20


def run_fits(
    study: str,
    fits: Sequence[PlannedFit],
    workers: Workers,
    results: str,
    *,
    seconds_per_fit: Callable[[PlannedFit], float],
    on_result: Callable[[dict[str, Any]], None],
    checkpoint_seconds: float = 60.0,
) -> None:
    """Run `fits` in their order, every finished one straight into the store.

    Returns when all have a row, or early when the user interrupts. A fit whose worker process
    dies `MAX_ATTEMPTS` times becomes a failed row, as does one whose batch Tune gives up.
    """
    if not fits:
        return
    # A GPU wants stacks even of long fits, as far as every worker still gets some.
    at_least = MIN_GPU_BATCH if workers.device == "cuda" else 1
    at_least = min(at_least, math.ceil(len(fits) / workers.count))
    batches = make_batches(fits, seconds_per_fit, at_least)
    here = NodeAffinitySchedulingStrategy(ray.get_runtime_context().get_node_id(), soft=False)
    recorder: Any = (
        ray.remote(Recorder)
        .options(num_cpus=0, scheduling_strategy=here, max_restarts=-1, max_task_retries=3)
        .remote(results)
    )
    signals = {fit.trial.signal: fit.signal for fit in fits}
    trainable = tune.with_parameters(
        _train_batch,
        study=study,
        batches=[[fit.trial for fit in batch] for batch in batches],
        signals={sha: ray.put(signal) for sha, signal in signals.items()},
        recorder=recorder,
        device=workers.device,
        checkpoint_seconds=checkpoint_seconds,
    )
    logging.getLogger("ray.tune").setLevel(logging.CRITICAL)
    callback = _OnResult(on_result)
    with tempfile.TemporaryDirectory(prefix="noisescape-tune-") as scratch:
        tune.Tuner(
            tune.with_resources(trainable, workers.resources),
            param_space={"batch": tune.grid_search(list(range(len(batches))))},
            tune_config=tune.TuneConfig(reuse_actors=True, max_concurrent_trials=workers.limit),
            run_config=tune.RunConfig(
                name=study,
                storage_path=scratch,
                verbose=0,
                callbacks=[callback],
                failure_config=tune.FailureConfig(
                    max_failures=MAX_ATTEMPTS * max(map(len, batches)) + MAX_NODE_LOSSES
                ),
            ),
        ).fit()
    for number, error in callback.given_up.items():
        _record_failures(study, batches[number], error, Store(results))
    ray.kill(recorder)


def make_batches(
    fits: Sequence[PlannedFit], seconds_per_fit: Callable[[PlannedFit], float], at_least: int
) -> list[list[PlannedFit]]:
    """Split `fits`, in order, into batches of one signal, stage and shape of about 8 s each.

    A batch has `at_least` so many fits where there are as many to share it.
    """

    def shares(fit: PlannedFit) -> tuple[Any, ...]:
        network: NetworkConfig = fit.trial.network
        return fit.stage, fit.trial.signal, network.width, network.depth, fit.trial.fit

    batches = []
    for _, group in groupby(fits, shares):
        members = list(group)
        size = math.ceil(BATCH_SECONDS / max(seconds_per_fit(members[0]), 1e-3))
        num = math.ceil(len(members) / min(max(size, at_least), MAX_BATCH))
        for part in np.array_split(np.arange(len(members)), num):
            batches.append([members[i] for i in part])
    return batches


class _OnResult(TrialProgressCallback):
    """In the place of Tune's own callback of this kind, which prints."""

    def __init__(self, on_result: Callable[[dict[str, Any]], None]) -> None:
        super().__init__()
        self.on_result = on_result
        self.given_up: dict[int, str] = {}

    def _print(self, msg: str) -> None:
        pass

    def __getstate__(self) -> dict[str, Any]:
        return {}  # Tune pickles callbacks to restore them, which never happens here

    def on_trial_error(self, iteration: int, trials: Any, trial: Any, **_: Any) -> None:
        lines = str(trial.get_error() or "the worker process died").strip().splitlines()
        self.given_up[trial.config["batch"]] = lines[-1]

    def on_trial_result(
        self, iteration: int, trials: Any, trial: Any, result: Any, **_: Any
    ) -> None:
        self.on_result(result)


def _train_batch(
    config: dict[str, int],
    *,
    study: str,
    batches: list[list[Trial]],
    signals: dict[str, ray.ObjectRef],
    recorder: Any,
    device: str,
    checkpoint_seconds: float,
) -> None:
    torch.set_num_threads(1)
    trials = batches[config["batch"]]
    # A batch that is run again after its worker died goes on with what it lacks.
    missing = ray.get(recorder.missing.remote([trial.key for trial in trials]))
    trials = [trial for trial, needed in zip(trials, missing, strict=True) if needed]
    if not trials:
        return
    signal = ray.get(signals[trials[0].signal])
    checkpoints = RemoteCheckpoints(recorder, [trial.key for trial in trials])
    finished = set()
    index = {trial.key: i for i, trial in enumerate(trials)}
    for row, curve in run_batch(
        study, signal, trials, torch.device(device), checkpoints, checkpoint_seconds
    ):
        ray.get(recorder.record.remote(row, curve))
        report = {name: row.get(name) for name in ("signal", "status", "metric_psnr_peak")}
        tune.report(report)
        if row["status"] != "failed":
            finished.add(index[row["key"]])
    # A failed fit keeps its checkpoint for the next run.
    ray.get(recorder.discard.remote(checkpoints.finished(finished)))


def _record_failures(study: str, batch: list[PlannedFit], error: str, store: Store) -> None:
    done = store.done([fit.trial.key for fit in batch])
    store.append(
        failed_row(study, fit.signal, fit.trial, error)
        for fit in batch
        if fit.trial.key not in done
    )
