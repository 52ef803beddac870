"""Run a schedule in one Tune run.

Tune serves as a queue here: it starts workers, sends them batches, replaces workers that die and
scales with the cluster. It does not search, and it does not restore: its own restore runs trials
again that had finished before a kill, so an interrupted run starts over with the fits that its
store lacks. Fits are identified by content keys and never by Tune's ids.

A Tune trial is a batch of fits of one signal, long enough that Tune's own cost is small.
"""

import contextlib
import logging
import os
import re
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import ray
import ray.exceptions
from ray import cloudpickle, tune
from ray.tune.error import TuneError
from ray.tune.progress_reporter import TrialProgressCallback
from ray.util.scheduling_strategies import NodeAffinitySchedulingStrategy

from inr_models import InputError
from inr_models.shown import first_line
from studies.engine.cluster import ray_private
from studies.engine.cluster.first_import import train_batch
from studies.engine.cluster.idle_callback import IdleCallback
from studies.engine.cluster.recorder import MAX_ATTEMPTS, Recorder
from studies.engine.cluster.tune_searcher import ScheduleSearcher
from studies.engine.cluster.workers import Workers
from studies.engine.running.batch import BatchRunner, run_batch
from studies.engine.running.idle_nodes import IDLE_SECONDS, IdleNode
from studies.engine.running.schedule import MAX_BATCH, Schedule
from studies.engine.signals.signal import Signal
from studies.engine.store.begun import forget_begun
from studies.engine.store.growing import publish
from studies.engine.store.rows import Row, brief, failed_row
from studies.engine.store.storage import RETRY_SECONDS, StorageAway
from studies.engine.store.store import Store, is_done
from studies.engine.store.superseded import remove_superseded

MAX_NODE_LOSSES = 20

# Tune shall not print, log or save: a run resumes from its store. It reads these variables when it
# starts and not at import. What the user has set stays.
QUIET = {
    "RAY_AIR_NEW_OUTPUT": "0",
    "TUNE_DISABLE_AUTO_CALLBACK_LOGGERS": "1",
    "TUNE_GLOBAL_CHECKPOINT_S": "3600",
}

# Batches that may wait for resources where an autoscaler starts nodes for what is pending. It is
# Tune's own limit when it knows all trials beforehand.
MANY_PENDING = {"TUNE_MAX_PENDING_TRIALS_PG": "200"}


def run_schedule(
    study: str,
    schedule: Schedule,
    signals: Sequence[Signal],
    workers: Workers,
    results: str,
    *,
    on_row: Callable[[Row], None],
    on_idle: Callable[[IdleNode], None],
    run_batch: BatchRunner = run_batch,
    checkpoint_seconds: float = 60.0,
    retry_seconds: float = RETRY_SECONDS,
) -> None:
    """Run all batches of a schedule, and store every fit when it finishes.

    Returns at the end of the schedule, or early when the user interrupts. A fit whose worker
    process dies `MAX_ATTEMPTS` times becomes a failed row, as does one whose batch Tune gives up.

    Args:
        study: the study's name, for the rows.
        schedule: what to run.
        signals: all signals of the schedule, with their values.
        workers: from `connect`.
        results: the place of the results.
        on_row: called with the brief row of every fit.
        on_idle: called with each node that gets no work while batches wait.
        run_batch: fits a batch on a worker.
        checkpoint_seconds: between two checkpoints of a stack of fits.
        retry_seconds: how long operations on a failing storage are retried.

    Raises:
        StorageAway: the results' storage has failed for `retry_seconds`.
        InputError: no worker can start.
    """
    variables = QUIET | MANY_PENDING if workers.limit is None else QUIET
    for name, value in variables.items():
        os.environ.setdefault(name, value)
    if ray_private.is_bare():
        ray_private.keep_the_environment()
    store, unfinished = Store(results), ()
    with _recording(store, results, retry_seconds) as recorder:
        given = {
            "study": study,
            "signals": {signal.sha256: ray.put(signal) for signal in signals},
            "recorder": recorder,
            "workers": workers,
            "run_batch": run_batch,
            "checkpoint_seconds": checkpoint_seconds,
        }
        trainable = tune.with_parameters(train_batch, given=[ray.put(given)])
        logging.getLogger("ray.tune").setLevel(logging.CRITICAL)
        for losses in range(1 + MAX_NODE_LOSSES):
            searcher = ScheduleSearcher(schedule, unfinished)
            try:
                rows = RowCallback(study, searcher, store, on_row)
                idle = IdleCallback(workers, store, on_idle)
                _tune(study, trainable, searcher, workers, [rows, idle])
                break
            except TuneError as error:
                # Tune turns what a callback raises into text. The exception is the context.
                if isinstance(error.__context__, InputError):
                    raise error.__context__ from None
                raise
            except RuntimeError as error:
                # Tune gives up when Ray kills a worker because its node is short of memory.
                short = isinstance(error.__cause__, ray.exceptions.OutOfMemoryError)
                if not short or losses == MAX_NODE_LOSSES:
                    raise
                unfinished = tuple(searcher.batches.values())


@contextlib.contextmanager
def _recording(store: Store, results: str, retry_seconds: float) -> Iterator[Any]:
    """Start a `Recorder` on this node for the block, and publish what it has written at the end."""
    here = NodeAffinitySchedulingStrategy(ray.get_runtime_context().get_node_id(), soft=False)
    recorder: Any = (
        ray.remote(Recorder)
        .options(num_cpus=0, scheduling_strategy=here, max_restarts=-1, max_task_retries=3)
        .remote(results, retry_seconds)
    )
    try:
        yield recorder
    finally:
        ray.kill(recorder)
        if not isinstance(sys.exception(), StorageAway):
            publish(store)
            forget_begun(store)
            remove_superseded(store)


def _tune(
    study: str,
    trainable: Any,
    searcher: ScheduleSearcher,
    workers: Workers,
    callbacks: list[tune.Callback],
) -> None:
    """Run Tune once over what the searcher suggests."""
    with tempfile.TemporaryDirectory(prefix="noisescape-tune-") as scratch:
        tune.Tuner(
            tune.with_resources(trainable, workers.resources),
            tune_config=tune.TuneConfig(
                search_alg=searcher,
                num_samples=-1,
                reuse_actors=True,
                max_concurrent_trials=workers.limit,
                trial_name_creator=lambda trial: f"batch_{trial.config['batch']}",
                trial_dirname_creator=lambda trial: f"batch_{trial.config['batch']}",
            ),
            run_config=tune.RunConfig(
                name=study,
                storage_path=scratch,
                verbose=0,
                callbacks=callbacks,
                failure_config=tune.FailureConfig(
                    max_failures=MAX_ATTEMPTS * MAX_BATCH + MAX_NODE_LOSSES
                ),
            ),
        ).fit()


class RowCallback(TrialProgressCallback):
    """Passes rows on as they come, and writes failed rows for the fits that Tune gives up.

    Tune adds a callback of this class that prints unless it finds one.
    """

    def __init__(
        self, study: str, searcher: ScheduleSearcher, store: Store, on_row: Callable[[Row], None]
    ) -> None:
        super().__init__()
        self.study, self.searcher, self.store, self.on_row = study, searcher, store, on_row
        self.has_begun, self.started = False, time.monotonic()

    def _print(self, msg: str) -> None:
        pass

    def __getstate__(self) -> dict[str, Any]:
        return {}  # Tune pickles callbacks to restore them, which never happens here

    def on_trial_result(
        self, iteration: int, trials: Any, trial: Any, result: Any, **_: Any
    ) -> None:
        self.has_begun = True
        if "key" in result:  # the first result of a batch is no row, see `idle_callback`
            self.on_row(brief(result))

    def on_trial_recover(self, iteration: int, trials: Any, trial: Any, **_: Any) -> None:
        if not trial.pickled_error_file:
            return
        error = cloudpickle.loads(Path(trial.pickled_error_file).read_bytes())
        # Each process that an error passes through wraps it once more.
        while isinstance(error, ray.exceptions.RayTaskError):
            error = error.cause
        if isinstance(error, StorageAway):
            raise error  # another attempt would meet the same storage
        if not self.has_begun and trial.num_failures >= MAX_ATTEMPTS and self._had_time():
            raise _no_worker_starts(error)

    def _had_time(self) -> bool:
        """Return whether a worker on any node should have begun by now.

        Where there are several nodes, those without a fault may take longer than three failures.
        """
        is_alone = sum(node["Alive"] for node in ray.nodes()) == 1
        return is_alone or time.monotonic() - self.started > IDLE_SECONDS

    def on_trial_error(self, iteration: int, trials: Any, trial: Any, **_: Any) -> None:
        lines = str(trial.get_error() or "the worker process died").strip().splitlines()
        batch = self.searcher.batches[trial.trial_id]
        stored = self.store.fits([fit.trial.key for fit in batch.fits]).to_pylist()
        by_key = {row["key"]: row for row in stored}
        lost = {}
        for fit in batch.fits:
            if not is_done(by_key.get(fit.trial.key), may_be_partial=bool(fit.rungs)):
                row = failed_row(self.study, fit.signal, fit.trial, lines[-1])
                lost[fit.trial.key] = row | batch.columns
        self.store.append(lost.values())
        # No worker will report these fits any more, and the schedule must not wait for them.
        for fit in batch.fits:
            row = brief((by_key | lost)[fit.trial.key])
            self.searcher.schedule.record(row)
            self.on_row(row)


def _no_worker_starts(error: Exception) -> InputError:
    """Return what to tell the user whose workers all die before they begin a batch.

    The first line of a traceback that names an error is the cause of those below it. Ray's own
    error, which says only that the import failed, is none. A file beside the study that the
    traceback passes through is probably at fault.
    """
    errors = re.findall(r"^(?!RuntimeError: The actor)\w+Error: .+$", str(error), re.MULTILINE)
    cause = errors[0] if errors else first_line(error)
    folder = Path(sys.argv[0]).resolve().parent
    for file in re.findall(r'File "([^"]+)"', str(error)):
        if Path(file).parent == folder:
            cause = f"{cause.rstrip('.')}, in {file}"
            break
    return InputError.at(
        "unsupported",
        "ray",
        f"a worker died {MAX_ATTEMPTS} times before it began, and no other began: "
        f"{cause.rstrip('.')}. If a file beside the study has the name of a Python package, rename "
        "it. Otherwise run `python -m studies.engine.doctor`.",
    )
