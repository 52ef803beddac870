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
import pytest
from mlflow import MlflowClient
from rich.console import Console

from inr_models import InputError
from inr_models.errors import Problem
from studies.command.cli import main, parser
from studies.engine.planning.study import Study
from studies.engine.store.store import Store
from studies.engine.tracking.tracker import default_uri
from tests.refusals import check_sentence


def start(
    script: str,
    verb: str,
    results: Path | str,
    *arguments: object,
    folder: Path | None = None,
    environment: Mapping[str, str] | None = None,
) -> subprocess.Popen[str]:
    """Start a command in `folder`, by default beside the results, with more `environment`."""
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
    code: int = 0,
    folder: Path | None = None,
    environment: Mapping[str, str] | None = None,
) -> str:
    """Run a command that ends with an exit code, and return what it prints."""
    process = start(script, verb, results, *arguments, folder=folder, environment=environment)
    output, _ = process.communicate(timeout=900)
    assert process.returncode == code, output
    return output


def refuse(
    capsys: pytest.CaptureFixture[str], study: Study, *argv: object, has_begun: bool = False
) -> Problem:
    """Return the mistake for which a command ends with code 2 and its sentence as one line.

    Nothing is printed before it, unless the command `has_begun` to say what it would do.
    """
    command = [str(argument) for argument in argv]
    with pytest.raises(SystemExit) as stop:
        main(study, command)
    assert stop.value.code == 2
    captured = capsys.readouterr()
    assert bool(captured.out) == has_begun
    arguments = parser(study).parse_args(command)
    with pytest.raises(InputError) as caught:
        arguments.verb(study, arguments, Console(quiet=True))
    (problem,) = caught.value.problems
    assert captured.err == f"error: {problem.sentence}\n"
    check_sentence(problem.sentence)
    return problem


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


def num_rows(results: Path) -> int:
    """How many rows of fits a folder has, whoever writes it."""
    return Store(str(results), create=False).read("fits", None, ["key"]).num_rows


def wait_for_rows(results: Path, count: int) -> None:
    deadline = time.monotonic() + 120
    while num_rows(results) < count:
        assert time.monotonic() < deadline, "no rows came"
        time.sleep(0.05)


def scores(results: Path | str) -> pd.DataFrame:
    """What must be the same however a run was disturbed."""
    frame = pd.read_parquet(results).set_index("key").sort_index()
    return frame[["status", "seed", "metric_psnr_peak", "metric_psnr_final", "epoch_of_peak"]]
