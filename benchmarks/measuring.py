"""What the benchmarks share: processes of their own, and how figures are shown and kept."""

import argparse
import json
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple

import torch
from rich.console import Console
from rich.table import Table

from inr_models import InputError


class Figure(NamedTuple):
    """One figure beside its reference in the same run. `ratio` above 1 is in our favour."""

    name: str
    ours: float
    reference: float
    ratio: float
    unit: str
    machine: str


def figure(name: str, ours: float, reference: float, unit: str, *, less: bool = False) -> Figure:
    """A figure of this machine; `less` says that less is better."""
    ratio = reference / ours if less else ours / reference
    return Figure(name, ours, reference, ratio, unit, machine())


def machine() -> str:
    """Processor, cores, card and torch."""
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


def parser(doc: str) -> argparse.ArgumentParser:
    """The command line that all benchmarks with figures have."""
    made = argparse.ArgumentParser(description=doc, formatter_class=argparse.RawTextHelpFormatter)
    made.add_argument("--json", type=Path, metavar="FILE", help="write the figures there as well")
    return made


@contextmanager
def in_a_sentence() -> Iterator[None]:
    """End the command with a user's mistake in words, not with a traceback."""
    try:
        yield
    except InputError as error:
        print(f"error: {error}", file=sys.stderr)
        raise SystemExit(2) from None


def show(figures: Sequence[Figure], path: Path | None) -> None:
    """Print the figures as a table, and write them as JSON if a path is given."""
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
    """Run `task` in a process of its own, by the module's `--task`."""
    command = [sys.executable, "-m", module, "--task", json.dumps(task)]
    return subprocess.Popen(command, stdout=subprocess.PIPE, text=True)


def answer(process: subprocess.Popen[str]) -> dict[str, Any]:
    """What such a process printed last, as JSON."""
    said, _ = process.communicate()
    if process.returncode:
        raise RuntimeError(f"{process.args} ended with {process.returncode}")
    return json.loads(said.splitlines()[-1])


def peak_memory_mb() -> float:
    """Most memory that this process has held, in MB."""
    # Not getrusage, which counts what the parent held before this process began.
    status = Path("/proc/self/status").read_text().split()
    return int(status[status.index("VmHWM:") + 1]) / 1e3
