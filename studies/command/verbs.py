"""What the verbs do. Torch, Ray and MLflow are imported by the verbs that need them alone."""

import argparse
import os
import sys
from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa
from rich.console import Console

from inr_models import InputError
from inr_models.networks.catalog import WITHOUT_TF32
from inr_models.shown import shown
from studies.command.progress import FitProgress, duration, end, say
from studies.command.stored_runs import newest_run
from studies.engine.planning.resolving import FLAGS, resolve
from studies.engine.planning.study import RUN_JSON, Run, Scale, Study
from studies.engine.signals.reading import find_files, read_all, signal_type
from studies.engine.signals.signal import Signal
from studies.engine.store.compaction import compact
from studies.engine.store.rows import COUNTED, signal_row
from studies.engine.store.storage import StorageAway
from studies.engine.store.store import Store, target_path

if TYPE_CHECKING:
    from studies.engine.cluster.workers import Workers
    from studies.engine.running.batch import BatchRunner
    from studies.engine.running.job import Job

DAY = 24 * 3600
STUDIES = Path(__file__).parents[1]


def plan(study: Study, arguments: argparse.Namespace, console: Console) -> int:
    """Say what a run would do and cost."""
    from analysis.reporting.tables import plan_table

    store = Store(arguments.results, create=False)
    run, signals = _resolve(study, arguments, console)
    job, _ = _prepare(run, signals, store, arguments, console)
    console.print(plan_table(run, signals, job.missing))
    return end(console, run.skipped, [])


def run(study: Study, arguments: argparse.Namespace, console: Console) -> int:
    """Do every fit that is missing, then report."""
    from studies.command.outcome import report_on, say_at_home
    from studies.engine.tracking.mlflow_tree import check_uri

    uri = _tracking_uri(arguments)
    check_uri(uri)
    store = Store(arguments.results)
    run, signals = _resolve(study, arguments, console)
    say(console, "skipped", run.skipped)
    say(console, "note", [note for signal in signals for note in signal.notes])
    job, workers = _prepare(run, signals, store, arguments, console)
    days = job.seconds / workers.count / DAY if workers and workers.device == "cpu" else 0
    if days > 1 and not arguments.yes:
        raise InputError(
            f"the run would take about {duration(days * DAY)} on {workers}, more than a day: "
            "add --yes to start it all the same, or try --scale small."
        )
    compact(store)
    store.add_signals(map(signal_row, signals))
    store.write_bytes(f"{run.folder}/study.json", RUN_JSON.dump_json(run, indent=1))
    for signal in signals if run.compares else ():
        store.write_array(target_path(signal.sha256), np.asarray(signal.values))
    if workers:
        say_at_home(store, uri, console)
        fit_missing(job, workers, uri, console)
    return report_on(run, signals, store, uri, console)


def _prepare(
    run: Run,
    signals: Sequence[Signal],
    store: Store,
    arguments: argparse.Namespace,
    console: Console,
) -> tuple["Job", "Workers | None"]:
    """What is missing of a run, and the workers for it, if any is; says the cost."""
    from studies.engine.running.job import Job

    scale, num = run.scale, len(signals)
    console.print(
        f"{run.study}, {run.scale_name} scale: {num} {run.noun}{'s' * (num != 1)}, "
        f"{scale.depth} x {scale.width}, {scale.fit.epochs:,} epochs"
    )
    job = Job(run, signals, store)
    up_to = "up to " * (run.search is not None and job.num_missing > 0)
    console.print(f"{up_to}{job.num_missing:,} fits to run, {job.num_done:,} already done")
    if not job.num_missing:
        return job, None
    from studies.engine.cluster.workers import connect, time_epoch, workers_per_gpu

    per_gpu = arguments.workers_per_gpu or workers_per_gpu(
        job.num_together, scale.width, job.longest.num_samples
    )
    with console.status("starting Ray and timing a step"):
        workers = connect(arguments.device, arguments.max_concurrent, per_gpu)
        _check_device(workers.device, arguments, scale)
        job.measure(partial(time_epoch, workers=workers))
    console.print(f"about {duration(job.seconds / workers.count)} on {workers}")
    return job, workers


def fit_missing(
    job: "Job",
    workers: "Workers",
    uri: str,
    console: Console,
    run_batch: "BatchRunner | None" = None,
) -> None:
    """Everything that is missing in one Tune run, MLflow following beside.

    `run_batch` fits, in the place of `batch.run_batch`.
    """
    from studies.engine.cluster.tune_run import run_schedule
    from studies.engine.running import batch
    from studies.engine.tracking.tracker import BackgroundTracking, Tracker

    # Arrow's own allocator keeps 100 MB of what a long run's files take now and then.
    pa.set_memory_pool(pa.system_memory_pool())
    schedule = job.schedule(num_workers=workers.count)
    tracker = Tracker(uri, job.run, job.signals, Store(job.store.location))
    tracking = BackgroundTracking(tracker)
    try:
        with FitProgress(console, job.num_missing, job.seconds / workers.count) as progress:
            run_schedule(
                job.run.study,
                schedule,
                job.signals,
                workers,
                job.store.location,
                on_row=progress.on_row,
                run_batch=run_batch or batch.run_batch,
            )
        if not schedule.is_finished:
            raise KeyboardInterrupt
    finally:
        tracking.finish()
        if not isinstance(sys.exception(), StorageAway):
            compact(job.store)


def status(study: Study, arguments: argparse.Namespace, console: Console) -> int:
    """Say how far the newest run that fits the flags has come."""
    from analysis.reporting.tables import status_table
    from studies.engine.running.job import Job

    store = Store(arguments.results, create=False)
    run, signals = newest_run(study.name, arguments, store)
    console.print(shown(f"{store.results}/{run.folder}"), soft_wrap=True)
    console.print(status_table(Job(run, signals, store, COUNTED).results()))
    return 0


def report(study: Study, arguments: argparse.Namespace, console: Console) -> int:
    """Make the table, the HTML report and MLflow's view anew from the store."""
    from studies.command.outcome import report_on
    from studies.engine.tracking.mlflow_tree import check_uri

    uri = _tracking_uri(arguments)
    check_uri(uri)
    store = Store(arguments.results)
    run, signals = newest_run(study.name, arguments, store)
    return report_on(run, signals, store, uri, console)


def _check_device(device: str, arguments: argparse.Namespace, scale: Scale) -> None:
    """Refuse for a CPU what only a GPU has."""
    if device == "cpu" and (given := arguments.workers_per_gpu):
        raise InputError(f"--workers-per-gpu {given}: no GPU is used; leave the flag out.")
    if device == "cpu" and scale.fit.precision == "tf32":
        raise InputError("--precision tf32: a CPU has no TF32 products; leave the flag out.")
    if scale.fit.precision == "tf32":
        without = sorted({c.name for c in scale.cases if c.network in WITHOUT_TF32})
        if without:
            raise InputError(
                f"--precision tf32: {', '.join(without)} would have their coordinates rounded; "
                "name the others with --networks, or leave the flag out."
            )


def _resolve(
    study: Study, arguments: argparse.Namespace, console: Console
) -> tuple[Run, list[Signal]]:
    """The run that the flags name, and its signals."""
    scale_name = arguments.scale or study.default_scale
    changes = {name: getattr(arguments, name, None) for name in FLAGS}
    for flag in ("max_concurrent", "workers_per_gpu"):
        if (given := getattr(arguments, flag)) is not None and given < 1:
            raise InputError(f"--{flag.replace('_', '-')} {given}: give 1 or more.")
    patterns = arguments.signals or [_default(name) for name in study.signals]
    # Whatever is wrong with the flags is said before any file is read.
    empty = resolve(study, scale_name, (), changes=changes)
    _check_search(empty, ())
    _check_device(arguments.device, arguments, empty.scale)
    files = find_files(patterns, study.media)
    made = {str(file) for file in files} & set(signal_type(study.media).generated)
    with console.status("reading the signals" + ": two minutes, the first time" * bool(made)):
        signals, skipped = read_all(files, empty.scale.max_samples, study.media)
    if not signals:
        raise InputError(*skipped)
    run = resolve(study, scale_name, signals, skipped=skipped, changes=changes)
    _check_search(run, signals)
    return run, signals


def _default(name: str) -> str:
    """One of a study's own signals: a path beside the studies, or the name of a generated one."""
    path = STUDIES / name
    return str(path) if path.exists() else name


def _check_search(run: Run, signals: Sequence[Signal]) -> None:
    if run.search:
        from studies.engine.search.signal_search import check_search

        check_search(run, signals)


def _tracking_uri(arguments: argparse.Namespace) -> str:
    from studies.engine.tracking.tracker import default_uri

    given = arguments.tracking_uri or os.environ.get("MLFLOW_TRACKING_URI")
    return given or default_uri(arguments.results)
