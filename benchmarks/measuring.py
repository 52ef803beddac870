"""Measure in separate processes, and show and save figures. All benchmarks use this module."""

import argparse
import json
import logging
import re
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path
from typing import Any, NamedTuple, TypeVar

import torch
from rich.console import Console
from rich.table import Table

from analysis.reporting.commands import parser

T = TypeVar("T")


class Figure(NamedTuple):
    """Holds a figure and its reference from one run. `ours` is better where `ratio` is above 1."""

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
    match = re.search(r"model name\s*: (.*)", Path("/proc/cpuinfo").read_text())
    model = match[1] if match else "unknown CPU"
    card = f", {torch.cuda.get_device_name()}" if torch.cuda.is_available() else ""
    return f"{model}, {torch.get_num_threads()} cores{card}, torch {torch.__version__}"


def device() -> torch.device:
    """Return this machine's GPU, or its CPU if it has none."""
    return torch.device("cuda" if torch.cuda.is_available() else "cpu")


def figures_parser(module: str, description: str | None) -> argparse.ArgumentParser:
    """Return the command line of a benchmark with figures."""
    options = parser(module, description)
    options.add_argument("--json", type=Path, metavar="FILE", help="write the figures as JSON")
    return options


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


def in_new_processes(do: Callable[..., T], num: int = 1, **options: Any) -> list[T]:
    """Return what `do(**options)` returns in each of `num` new processes, all at once."""
    quiet = {"initializer": logging.disable, "initargs": (logging.WARNING,)}
    with ProcessPoolExecutor(num, get_context("spawn"), **quiet) as pool:
        running = [pool.submit(do, **options) for _ in range(num)]
        return [process.result() for process in running]


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
