"""Studies run as a user runs them: as scripts, in a process of their own."""

import subprocess
import sys
import time
from pathlib import Path

import pandas as pd


def start(script: str, verb: str, results: Path, *arguments: object) -> subprocess.Popen[str]:
    command = [sys.executable, "-u", script, verb, "--results", str(results), *map(str, arguments)]
    return subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, cwd=results.parent
    )


def run(script: str, verb: str, results: Path, *arguments: object) -> tuple[int, str]:
    process = start(script, verb, results, *arguments)
    output, _ = process.communicate(timeout=240)
    return process.returncode, output


def wait_for_rows(results: Path, count: int) -> None:
    deadline = time.monotonic() + 120
    while len(list(results.glob("fits/*.parquet"))) < count:
        assert time.monotonic() < deadline, "no rows came"
        time.sleep(0.05)


def scores(results: Path) -> pd.DataFrame:
    """What must be the same however a run was disturbed."""
    frame = pd.read_parquet(results).set_index("key").sort_index()
    return frame[["status", "seed", "metric_psnr_peak", "metric_psnr_final", "epoch_of_peak"]]
