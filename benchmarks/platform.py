"""Measure what everything around the fits costs: Ray, store and tracking, with fits that only wait.

    python -m benchmarks.platform [--nodes | --commands] [--json FILE]

The reference of a figure is the project's own limit, or the same run with fewer points. A ratio
above 1 means that the figure is within the limit. Everything is measured in separate processes.
--nodes measures only the cost of points, over three Ray nodes on this machine, and --commands only
whole commands with hardly a fit in them.
"""

import atexit
import io
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from typing import Any

import psutil
from rich.console import Console

from analysis.grid.report import compared_curves
from analysis.grid.summary import summarize
from benchmarks.commands import measure_commands
from benchmarks.large_store import CLIPS, fill, make_signals, wait, write_run
from benchmarks.measuring import (
    Figure,
    figure,
    figures_parser,
    in_new_processes,
    peak_memory_mb,
    show,
    timed,
)
from studies import audio_grid
from studies.engine.planning.resolving import resolve
from studies.engine.planning.run import Run
from studies.engine.running.job import Job
from studies.engine.signals.signal import Signal
from studies.engine.store.rows import signal_row
from studies.engine.store.store import Store
from studies.questions import Grid

NUM_WORKERS = 2
REPEATS = 5
FITS_IN_A_BATCH, BATCH_SECONDS = 5, 10.0
STATUS_LIMIT, READING_LIMIT, SKIPPING_LIMIT, OVERHEAD_LIMIT = 2.0, 10.0, 10.0, 0.05

cost = partial(figure, less=True)


def main() -> None:
    """Run the command."""
    options = figures_parser("benchmarks.platform", __doc__)
    only = options.add_mutually_exclusive_group()
    only.add_argument("--nodes", action="store_true", help="only a run over three Ray nodes")
    only.add_argument("--commands", action="store_true", help="only whole commands")
    arguments = options.parse_args()
    with tempfile.TemporaryDirectory(prefix="noisescape-benchmark-") as folder:
        if arguments.nodes:
            show(_measure_nodes(folder), arguments.json)
            return
        figures = measure_commands(f"{folder}/commands")
        if not arguments.commands:
            figures += [*_measure_store(f"{folder}/large"), *_measure_run(folder)]
        show(figures, arguments.json)


def _measure_nodes(folder: str) -> list[Figure]:
    """Measure what a point costs the driver over three nodes, and whether the cost grows."""
    run = _child(run_fits, results=f"{folder}/nodes", clips=20, seeds=22, nodes=3)
    name = f"{run['fits']:,} points over 3 nodes"
    end_ms, half_ms = 1e3 * run["each_end"], 1e3 * run["each_half"]
    return [
        cost(f"memory, {name}, last against half", run["end_mb"], run["half_mb"], "MB"),
        cost(f"each point, {name}, last quarter against second", end_ms, half_ms, "ms"),
    ]


def _measure_store(results: str) -> list[Figure]:
    """Measure reading a store of 100,000 rows."""
    rows = f"{_child(fill, results=results)['rows']:,} rows"
    figures = []
    for clips in (CLIPS, 11):
        write_run(results, clips)
        seconds, of_cpu = _command(audio_grid.__file__, "status", "--results", results)
        name = f"status of {rows}, a run of {clips} clips"
        figures.append(cost(name, seconds, STATUS_LIMIT, "s"))
        print(f"{name}: {of_cpu:.2f} s of CPU")
    imports = "import studies.command.cli, studies.engine.running.job, analysis.reporting.tables"
    print(f"Python's imports take {_command('-c', imports)[1]:.2f} s of CPU in a status")
    write_run(results, CLIPS)
    reading = _child(read_for_report, results=results)["seconds"]
    return [*figures, cost(f"report of {rows}, its reading", reading, READING_LIMIT, "s")]


def _measure_run(folder: str) -> list[Figure]:
    """Measure what a run costs besides its fits, in time and in the driver's memory."""
    slow = _child(run_fits, results=f"{folder}/slow", clips=6, seeds=2, seconds=BATCH_SECONDS)
    few = _child(run_fits, results=f"{folder}/few", clips=20, seeds=2)
    many = _child(run_fits, results=f"{folder}/many", clips=20, seeds=22)
    skipping = _child(skip_done, results=f"{folder}/many", clips=20, seeds=22)["seconds"]
    print(
        f"{slow['fits']} fits in batches of {BATCH_SECONDS:.0f} s: {slow['seconds']:.0f} s, "
        f"{slow['first']:.0f} s until the first"
    )
    points = f"{many['fits']:,} points"
    both = f"{points} against {few['fits']:,}"
    return [
        cost("overhead, start and end included", slow["overhead"], OVERHEAD_LIMIT, "share"),
        cost("overhead from the first fit on", slow["overhead_later"], OVERHEAD_LIMIT, "share"),
        cost(f"skipping {points} that are done", skipping, SKIPPING_LIMIT, "s"),
        cost(f"memory, {both}", many["peak_mb"], few["peak_mb"], "MB"),
        cost("memory, last point against half", many["end_mb"], many["half_mb"], "MB"),
        cost(f"each point, {both}", 1e3 * many["each"], 1e3 * few["each"], "ms"),
    ]


def run_fits(
    results: str, clips: int, seeds: int, seconds: float = 0.0, nodes: int = 1
) -> dict[str, float]:
    """Measure a whole run of fits that only wait.

    Args:
        results: the folder of the results.
        clips: how many signals it has.
        seeds: how many seeds each point has.
        seconds: how long a batch of `FITS_IN_A_BATCH` fits takes.
        nodes: Ray nodes to start on this machine.

    Returns:
        Seconds, shares and megabytes by name.
    """
    if nodes > 1:
        import ray
        from ray.cluster_utils import Cluster

        # A separate folder, so that nothing else on this machine finds this cluster and joins it.
        os.environ["RAY_TMPDIR"] = tempfile.mkdtemp(prefix="ray-", dir="/tmp")
        cluster = Cluster()
        atexit.register(shutil.rmtree, os.environ["RAY_TMPDIR"], ignore_errors=True)
        atexit.register(cluster.shutdown)
        for _ in range(nodes):
            cluster.add_node(num_cpus=1, object_store_memory=100_000_000)
        # Ray must shut down before the nodes, because a process does not outlive its raylet. The
        # functions run at exit in the reverse order.
        atexit.register(ray.shutdown)
        os.environ["RAY_ADDRESS"] = str(cluster.address)
    from studies.command.verbs import fit_missing
    from studies.engine.cluster.workers import connect
    from studies.engine.tracking.background import BackgroundTracking
    from studies.engine.tracking.tracker import default_uri

    run, signals = _small(clips, seeds)
    store = Store(results)
    store.add_signals(map(signal_row, signals))
    started = time.perf_counter()
    job = Job(run, signals, store)
    workers = connect("cpu", max(NUM_WORKERS, nodes))
    # This rate makes the scheduler pack FITS_IN_A_BATCH fits into a batch.
    expected = 8.0 / FITS_IN_A_BATCH if seconds else 0.001
    rate = expected / signals[0].num_samples / run.scale.fit.epochs
    job.seconds_per_sample = {p.network.structure: rate for p in job.longest.points}
    waits = partial(wait, seconds=seconds / FITS_IN_A_BATCH)
    with BackgroundTracking() as tracking, resident_memory() as megabytes:
        tracking.begin(default_uri(results), run, signals, store)
        fit_missing(job, workers, Console(file=io.StringIO()), waits)
    peak = peak_memory_mb()
    wall = time.perf_counter() - started
    rows = store.fits(columns=["written_at"], objective=None).to_pylist()
    times = sorted(row["written_at"].timestamp() for row in rows)
    first = times[0] - (time.time() - wall)
    quarter = len(rows) // 4
    busy = len(rows) * seconds / FITS_IN_A_BATCH / workers.count
    return {
        "fits": len(rows),
        "seconds": wall,
        "first": first,
        "each": (wall - first) / len(rows),
        "each_half": (times[2 * quarter] - times[quarter]) / quarter,
        "each_end": (times[-1] - times[-quarter - 1]) / quarter,
        "overhead": 1 - busy / wall,
        "overhead_later": 1 - (busy - seconds / FITS_IN_A_BATCH) / (wall - first),
        "peak_mb": peak,
        "half_mb": megabytes[len(megabytes) // 2],
        "end_mb": megabytes[-1],
    }


@contextmanager
def resident_memory() -> Iterator[list[float]]:
    """Record this process's resident memory in MB every second while the block runs."""
    megabytes, stop = [], threading.Event()

    def note() -> None:
        process = psutil.Process()
        while not stop.wait(1.0):
            megabytes.append(process.memory_info().rss / 1e6)

    thread = threading.Thread(target=note)
    thread.start()
    try:
        yield megabytes
    finally:
        stop.set()
        thread.join()


def skip_done(results: str, clips: int, seeds: int) -> dict[str, float]:
    """Measure what a run needs to see that all of its fits are done."""
    run, signals = _small(clips, seeds)
    started = time.perf_counter()
    job = Job(run, signals, Store(results))
    is_finished = not job.stored.num_missing and job.schedule(num_workers=2).is_finished
    seconds = time.perf_counter() - started
    assert is_finished, "the run was not finished"
    return {"seconds": seconds}


def read_for_report(results: str) -> dict[str, float]:
    """Measure the reading of what a report shows."""
    from studies.command.cli import parser as command_line
    from studies.command.stored_runs import newest_run

    study = audio_grid.STUDY
    arguments = command_line(study).parse_args(["report", "--results", results])
    started = time.perf_counter()
    store = Store(results)
    run, signals = newest_run(study, arguments, store)
    stored = Job(run, signals, store).results()
    assert isinstance(run.question, Grid)
    choices = [run.question.choice(state) for state in stored.states]
    seeds = run.question.scoring_seeds
    compared_curves(stored, summarize(stored.states, choices, seeds), seeds[0])
    return {"seconds": time.perf_counter() - started}


def _small(clips: int, seeds: int) -> tuple[Run, list[Signal]]:
    signals = make_signals(clips, num_samples=256)
    return resolve(audio_grid.STUDY, "small", signals, changes={"seeds": seeds}), signals


def _child(do: Callable[..., dict[str, Any]], **options: Any) -> dict[str, Any]:
    (answer,) = in_new_processes(do, **options)
    return answer


def _command(*arguments: str) -> tuple[float, float]:
    """Return the median seconds that a command of this Python takes, and those of CPU time."""
    command = [sys.executable, *arguments]
    times = []
    for _ in range(REPEATS):
        before = os.times()
        seconds = timed(lambda: subprocess.run(command, stdout=subprocess.DEVNULL, check=True))
        after = os.times()
        of_cpu = after.children_user + after.children_system
        times.append((seconds, of_cpu - before.children_user - before.children_system))
    return statistics.median(s for s, _ in times), statistics.median(c for _, c in times)


if __name__ == "__main__":
    main()
