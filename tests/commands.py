"""Studies run as a user runs them: as scripts, in a process of their own."""

import functools
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping
from pathlib import Path

import pandas as pd
from mlflow import MlflowClient

from studies.engine.tracking.tracker import default_uri


def start(
    script: str,
    verb: str,
    results: Path | str,
    *arguments: object,
    folder: Path | None = None,
    environment: Mapping[str, str] | None = None,
) -> subprocess.Popen[str]:
    """In `folder`, by default beside the results; `environment` is added to this process's."""
    folder = folder or Path(results).parent
    if verb == "run" and "://" not in str(results):
        _prepare_mlflow(folder / results)
    command = [sys.executable, "-u", script, verb, "--results", str(results), *map(str, arguments)]
    return subprocess.Popen(
        command,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        cwd=folder,
        env=os.environ | dict(environment or {}),
    )


def run(
    script: str,
    verb: str,
    results: Path | str,
    *arguments: object,
    folder: Path | None = None,
    environment: Mapping[str, str] | None = None,
) -> tuple[int, str]:
    process = start(script, verb, results, *arguments, folder=folder, environment=environment)
    output, _ = process.communicate(timeout=900)
    return process.returncode, output


def _prepare_mlflow(results: Path) -> None:
    """Tables for MLflow, which makes them by all its migrations: seconds of every run."""
    database = results / "_mlflow" / "mlflow.db"
    if not database.exists():
        database.parent.mkdir(parents=True, exist_ok=True)
        database.write_bytes(_empty_mlflow())


@functools.cache
def _empty_mlflow() -> bytes:
    with tempfile.TemporaryDirectory() as results:
        database = Path(results, "_mlflow", "mlflow.db")
        database.parent.mkdir()
        MlflowClient(default_uri(results)).search_experiments()
        return database.read_bytes()


def wait_for_rows(results: Path, count: int) -> None:
    deadline = time.monotonic() + 120
    while len(list(results.glob("fits/*.parquet"))) < count:
        assert time.monotonic() < deadline, "no rows came"
        time.sleep(0.05)


def scores(results: Path | str) -> pd.DataFrame:
    """What must be the same however a run was disturbed."""
    frame = pd.read_parquet(results).set_index("key").sort_index()
    return frame[["status", "seed", "metric_psnr_peak", "metric_psnr_final", "epoch_of_peak"]]
