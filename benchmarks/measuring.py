"""Measure in separate processes, and show and save figures. All benchmarks use this module."""

import argparse
import json
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple

import torch
from rich.console import Console
from rich.table import Table

from inr_models import InputError


class Figure(NamedTuple):
    """A figure and its reference from the same run. `ours` is better where `ratio` is above 1."""

    name: str
    ours: float
    reference: float
    ratio: float
    unit: str
    machine: str


def figure(name: str, ours: float, reference: float, unit: str, *, less: bool = False) -> Figure:
    """Return a figure of this machine. With `less`, smaller values are better.

    Example:
        >>> figure("status", ours=1.0, reference=2.0, unit="s", less=True).ratio
        2.0
    """
    ratio = reference / ours if less else ours / reference
    return Figure(name, ours, reference, ratio, unit, machine())


def machine() -> str:
    """Return the processor, cores, card and torch version."""
    model = next(
        (
            line.split(":", 1)[1].strip()
            for line in Path("/proc/cpuinfo").read_text().splitlines()
            if line.startswith("model name")
        ),
        "unknown CPU",
    )
    card = f", {torch.cuda.get_device_name()}" if torch.cuda.is_available() else ""
    return f"{model}, {torch.get_num_threads()} cores{card}, torch {torch.__version__}"


def parser(description: str | None) -> argparse.ArgumentParser:
    """Return a command line whose help keeps the line breaks of its description."""
    return argparse.ArgumentParser(
        description=description, formatter_class=argparse.RawDescriptionHelpFormatter
    )


def figures_parser(description: str | None) -> argparse.ArgumentParser:
    """Return the command line of a benchmark with figures, which runs itself for each task."""
    options = parser(description)
    options.add_argument("--json", type=Path, metavar="FILE", help="write the figures as JSON")
    options.add_argument("--task", help="for the benchmark's own processes")
    return options


@contextmanager
def in_a_sentence() -> Iterator[None]:
    """Print a user's mistake as one sentence and exit with code 2, without a traceback."""
    try:
        yield
    except InputError as error:
        print(f"error: {error}", file=sys.stderr)
        raise SystemExit(2) from None


def show(figures: Sequence[Figure], path: Path | None) -> None:
    """Print the figures as a table, and write them as JSON if there is a path."""
    table = Table(box=None, pad_edge=False, title=machine(), title_justify="left")
    table.add_column("")
    for column in ("ours", "reference", "ratio"):
        table.add_column(column, justify="right", no_wrap=True)
    table.add_column("unit")
    for f in figures:
        table.add_row(f.name, f"{f.ours:.4g}", f"{f.reference:.4g}", f"{f.ratio:.2f}", f.unit)
    Console().print(table)
    if path:
        path.write_text(json.dumps([f._asdict() for f in figures], indent=1))


def start(module: str, **task: Any) -> subprocess.Popen[str]:
    """Run `task` in a separate process, by the module's `--task`."""
    command = [sys.executable, "-m", module, "--task", json.dumps(task)]
    return subprocess.Popen(command, stdout=subprocess.PIPE, text=True)


def answer(process: subprocess.Popen[str]) -> dict[str, Any]:
    """Return the last line that such a process printed, which is JSON."""
    output, _ = process.communicate()
    if process.returncode:
        raise RuntimeError(f"{process.args} ended with {process.returncode}")
    return json.loads(output.splitlines()[-1])


def do_task(task: str, tasks: dict[str, Callable[..., Any]]) -> None:
    """Run one of `tasks` with the options of a `--task`, and print what it returns as JSON."""
    options = json.loads(task)
    print(json.dumps(tasks[options.pop("task")](**options)))


def timed(run: Callable[[], Any]) -> float:
    """Return the seconds that a call takes."""
    started = time.perf_counter()
    run()
    return time.perf_counter() - started


def peak_memory_mb() -> float:
    """Return the peak memory of this process in MB."""
    # getrusage would count what the parent held before this process began.
    status = Path("/proc/self/status").read_text().split()
    return int(status[status.index("VmHWM:") + 1]) / 1e3
