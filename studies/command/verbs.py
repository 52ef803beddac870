"""Run the verbs of a study: plan, run, status and report.

A verb imports Torch, Ray, MLflow and matplotlib itself if it needs them, so that `status` answers
at once.
"""

import argparse
import os
import time
from collections.abc import Sequence
from functools import partial
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa
from rich.console import Console

from inr_models import InputError
from inr_models.shown import count, shown
from studies.command.asked import asked_run, check_device
from studies.command.import_early import import_for_report
from studies.command.last_words import last_words
from studies.command.progress import FitProgress, duration, end, say, say_notes, say_outcome_notes
from studies.command.start_up import start_up_seconds
from studies.command.stored_runs import newest_run
from studies.command.tables import part_sentence, plan_table, print_table, status_table
from studies.engine.planning.question import Prepared
from studies.engine.planning.run import Run, run_json
from studies.engine.planning.study import Study
from studies.engine.running.idle_nodes import stored_idle_nodes
from studies.engine.running.job import Job
from studies.engine.signals.signal import Signal
from studies.engine.store.rows import COUNTED, Row, signal_row
from studies.engine.store.store import Store, cloud_path, target_path, truth_path

if TYPE_CHECKING:
    from studies.engine.cluster.workers import Workers
    from studies.engine.running.batch import BatchRunner

DAY = 24 * 3600


def plan(study: Study, arguments: argparse.Namespace, console: Console) -> int:
    """Print what a run would do and cost. Return the exit code: 3 if a file was skipped."""
    store = Store(arguments.results, create=False)
    run, (signals, _) = asked_run(study, arguments, store, console)
    job = _counted(run, signals, store, arguments, console)
    if job.stored.num_missing:
        _estimate(job, arguments, console)
    print_table(console, plan_table(run, signals, job.stored.progress))
    say_notes(console, run, signals)
    return end(console, run.skipped)


def run(study: Study, arguments: argparse.Namespace, console: Console) -> int:
    """Run every fit that is missing, then report. Return the exit code.

    Raises:
        InputError: A flag or a signal is at fault, or the run takes over a day and lacks --yes.
    """
    from studies.command.outcome import report_on, say_at_home, show_again
    from studies.engine.tracking.background import BackgroundTracking

    uri = _tracking_uri(arguments)
    store = Store(arguments.results)
    run, prepared = asked_run(study, arguments, store, console)
    signals = prepared.signals
    say(console, "skipped", run.skipped)
    say_notes(console, run, signals)
    job = _counted(run, signals, store, arguments, console)
    if not job.stored.num_missing:
        _write_value(run, prepared, store)
        code = show_again(run, store, uri, console)
        if code is not None:
            return code
        with BackgroundTracking() as tracking:
            tracking.begin(uri, run, signals, store)
            return report_on(run, signals, store, console, tracking, is_complete=True)
    with BackgroundTracking() as tracking:
        workers = _estimate(job, arguments, console)
        days = job.seconds / workers.count / DAY if workers.device == "cpu" else 0
        if days > 1 and not arguments.yes:
            raise InputError(
                "too-large",
                "--yes",
                f"the run would take about {duration(days * DAY)} on {workers}, more than a day: "
                "add --yes to start it all the same, or try --scale small.",
            )
        from studies.engine.cluster.workers import start_ray

        with console.status("starting Ray"):
            start_ray()
        _write_value(run, prepared, store)
        tracking.begin(uri, run, signals, store)
        say_at_home(store, uri, console)
        with last_words(
            f"{shown(store.results)}: the run was ended from outside. Ray lost a process that it "
            "needs, or the system killed the study. Finished fits are stored, and the same command "
            "goes on."
        ):
            hopeless = fit_missing(job, workers, console)
        tracking.sync_soon()
        if hopeless:
            say(console, "stopped", [hopeless])
            return report_on(run, signals, store, console, tracking)
        # Somebody may have removed the results while the study ran.
        _write_value(run, prepared, store)
        return report_on(run, signals, store, console, tracking, is_complete=True)


def _write_value(run: Run, prepared: Prepared, store: Store) -> None:
    """Store what a run is, and its signals, unless they are there."""
    store.add_signals(map(signal_row, prepared.signals))
    store.update_bytes(f"{run.folder}/study.json", run_json(run))
    for signal in prepared.signals:
        if run.question.keeps_targets or signal.has_gaps:
            store.update_array(target_path(signal.sha256), np.asarray(signal.values))
        if signal.cloud is not None:
            store.update_array(cloud_path(signal.sha256), signal.cloud.surface)
    for sha256, truth in prepared.truths.items():
        store.update_array(truth_path(sha256), truth)


def _counted(
    run: Run,
    signals: Sequence[Signal],
    store: Store,
    arguments: argparse.Namespace,
    console: Console,
) -> Job:
    """Print what a run is and how much of it is missing, and return the job."""
    scale = run.scale
    other = "" if arguments.scale else " (the default; --scale paper has the paper's sizes)"
    console.print(f"{run.study} at the {run.scale_name} scale{other}")
    console.print(
        f"{count(len(signals), run.noun)}, {run.question.size(scale)}, {scale.fit.epochs:,} epochs"
    )
    if part := part_sentence(run, signals):
        console.print(part)
    job = Job(run, signals, store)
    num_missing, num_done = job.stored.num_missing, job.stored.num_done
    up_to = "up to " if run.question.counts_at_most and num_missing else ""
    console.print(f"{up_to}{num_missing:,} fits to run, {num_done:,} already done")
    return job


def _estimate(job: Job, arguments: argparse.Namespace, console: Console) -> "Workers":
    """Count the workers, time a step, and print what a run will take. Return the workers."""
    scale = job.stored.run.scale
    from studies.engine.cluster.own_token import give_own_token

    give_own_token()  # before Ray is imported
    begin = time.monotonic()
    from studies.engine.cluster.step_time import time_epoch
    from studies.engine.cluster.workers import connect, workers_here, workers_per_gpu

    import_seconds = time.monotonic() - begin
    per_gpu = arguments.workers_per_gpu or workers_per_gpu(
        job.num_together, scale.width, job.longest.signal.num_samples
    )
    device, most = arguments.device, arguments.max_concurrent
    with console.status("counting workers and timing a step"):
        workers = workers_here(device, most) or connect(device, most, per_gpu)
        check_device(workers.device, arguments, scale)
        job.measure(partial(time_epoch, workers=workers))
    workers = workers.worth_starting(job.seconds)
    start_up = start_up_seconds(import_seconds)
    total = job.seconds / workers.count + start_up
    beside = f", {duration(start_up)} of it to start and to report" if start_up > total / 10 else ""
    console.print(f"about {duration(total)} on {workers}{beside}")
    return workers


def fit_missing(
    job: Job,
    workers: "Workers",
    console: Console,
    run_batch: "BatchRunner | None" = None,
) -> str | None:
    """Run everything that is missing in one Tune run.

    Args:
        job: The run, measured.
        workers: Where it runs.
        console: Where the progress is printed.
        run_batch: What fits a batch. By default `batch.run_batch`.

    Returns:
        A sentence if the run was stopped because all fits failed alike, otherwise None.

    Raises:
        KeyboardInterrupt: The user has interrupted the run. Finished fits are stored.
        StorageAway: The results' storage has failed for too long.
    """
    from studies.engine.cluster.tune_run import run_schedule
    from studies.engine.running import batch

    # Arrow's own allocator does not give back the 100 MB that a long run's files take at times.
    pa.set_memory_pool(pa.system_memory_pool())
    schedule = job.schedule(num_workers=workers.count)
    stored = job.stored

    def on_row(row: Row) -> None:
        import_for_report()  # Tune has imported by now what it needs itself
        progress.on_row(row)

    with FitProgress(console, stored.num_missing, job.seconds / workers.count) as progress:
        run_schedule(
            stored.run.study,
            schedule,
            stored.signals,
            workers,
            stored.store.location,
            on_row=on_row,
            on_idle=lambda node: say(console, "idle", [node]),
            run_batch=run_batch or batch.run_batch,
        )
    if not schedule.is_finished:
        raise KeyboardInterrupt
    if schedule.hopeless is None:
        return None
    return (
        f"the first {len(schedule.errors)} fits failed with the same error, and none succeeded, so "
        f"no more were tried: {schedule.hopeless}"
    )


def status(study: Study, arguments: argparse.Namespace, console: Console) -> int:
    """Print how far the newest run that matches the flags is. Return the exit code."""
    store = Store(arguments.results, create=False)
    run, signals = newest_run(study, arguments, store)
    console.print(shown(f"{store.results}/{run.folder}"), soft_wrap=True)
    results = Job(run, signals, store, COUNTED).results()
    print_table(console, status_table(results))
    say_outcome_notes(console, results)
    say(console, "idle", stored_idle_nodes(store))
    say_notes(console, run, signals)
    return 0


def report(study: Study, arguments: argparse.Namespace, console: Console) -> int:
    """Write the table, the HTML report and MLflow's view again. Return the exit code."""
    from studies.command.outcome import report_on
    from studies.engine.tracking.background import BackgroundTracking

    uri = _tracking_uri(arguments)
    store = Store(arguments.results)
    run, signals = newest_run(study, arguments, store)
    say_notes(console, run, signals)
    with BackgroundTracking() as tracking:
        tracking.begin(uri, run, signals, store)
        return report_on(run, signals, store, console, tracking)


def _tracking_uri(arguments: argparse.Namespace) -> str:
    """Return the URI of MLflow, checked before the study runs."""
    from studies.engine.tracking.mlflow_tree import check_uri
    from studies.engine.tracking.tracker import default_uri

    uri = arguments.tracking_uri or os.environ.get("MLFLOW_TRACKING_URI")
    uri = uri or default_uri(arguments.results)
    check_uri(uri)
    return uri
