"""Measure whole commands with hardly a fit in them: a plan, a short run, a run that is done."""

import subprocess
import sys
import time
from pathlib import Path
from typing import NamedTuple

import psutil

from benchmarks.measuring import Figure, figure
from studies import audio_grid

SCRIPT = audio_grid.__file__
CLIP = Path(SCRIPT).parent / "clips" / "perc_bell.flac"
FLAGS = ("--scale", "small", "--epochs", "2", "--signals", str(CLIP), "--device", "cpu")

COMMANDS = (
    ("plan", "a plan", 4.0),
    ("run", "a run of 29 fits of 2 epochs", 9.0),
    ("run", "the same run when all is done", 2.5),
)
"""Each verb, what it does then, and the limit of its time in s."""

LOOK_SECONDS = 0.05


class Cost(NamedTuple):
    """The seconds that a command takes, and the CPU seconds of all of its processes."""

    wall: float
    cpu: float


def measure_commands(folder: str) -> list[Figure]:
    """Return the time of each command from its start to the prompt, in one results folder."""
    figures = []
    for verb, name, limit in COMMANDS:
        cost = cost_of([sys.executable, SCRIPT, verb, *FLAGS, "--results", f"{folder}/results"])
        figures.append(figure(name, cost.wall, limit, "s", less=True))
        print(f"{name}: {cost.cpu:.1f} s of CPU")
    return figures


def cost_of(command: list[str]) -> Cost:
    """Run a command and return its cost.

    Nobody waits for Ray's processes, so the system does not add their times to their parent's.
    They are read while the processes live, and what a process does after the last look is lost.
    """
    started = time.perf_counter()
    seconds: dict[int, float] = {}
    with subprocess.Popen(command, stdout=subprocess.DEVNULL) as process:
        parent = psutil.Process(process.pid)
        while process.poll() is None:
            for member in _tree(parent):
                try:
                    times = member.cpu_times()
                except psutil.NoSuchProcess:
                    continue
                seconds[member.pid] = times.user + times.system
            time.sleep(LOOK_SECONDS)
        wall = time.perf_counter() - started
    if process.returncode:
        raise subprocess.CalledProcessError(process.returncode, command)
    return Cost(wall, sum(seconds.values()))


def _tree(parent: psutil.Process) -> list[psutil.Process]:
    try:
        return [parent, *parent.children(recursive=True)]
    except psutil.NoSuchProcess:
        return []
