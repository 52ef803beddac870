"""What is taken from a running study and given back, and what that cost."""

import contextlib
import time
from pathlib import Path
from typing import NamedTuple

import mlflow

import studies.audio_grid
from tests.servers import BUCKET, Postgres, S3Server

AUDIO_GRID = studies.audio_grid.__file__
CLIP = Path(AUDIO_GRID).parent / "clips" / "perc_bell.flac"
SIZES = ("--scale", "small", "--epochs", "60", "--max-samples", "2048")
NUM_FITS = 29  # SIREN, two rules, 20 cells; two confirming seeds of SIREN, Eqn. 11, best cell


class Outage(NamedTuple):
    """`seconds_to_recover` from when it was given back to the next row; `fits_lost` had to be
    done again. Of MLflow's outages: to the next fit that it knows."""

    injected: str
    seconds_to_recover: float
    fits_lost: int


def storage_away(s3: S3Server, results: str, seconds: float) -> Outage:
    """S3 does not answer for `seconds` while a study writes to the bucket's `results`."""
    s3.wait_for(f"{results}/fits/", 3)
    s3.stop()
    time.sleep(seconds)
    begin = time.monotonic()
    s3.start()
    stored = len(s3.names(f"{results}/fits/"))
    s3.wait_for(f"{results}/fits/", stored + 1)
    recovered = time.monotonic() - begin
    s3.wait_for(f"{results}/fits/", stored + 6)
    return Outage(f"S3 does not answer for {seconds:.0f} s", recovered, fits_lost(s3, results))


def postgres_restarted(
    postgres: Postgres, uri: str, s3: S3Server, results: str, seconds: float
) -> Outage:
    """The database of the MLflow server at `uri` is killed, and is back after `seconds`, while a
    study writes to the bucket's `results`. It has recovered when MLflow knows of more fits."""
    known = wait_for_seeds(uri, 1)
    postgres.kill()
    time.sleep(seconds)
    begin = time.monotonic()
    postgres.start()
    wait_for_seeds(uri, known + 1)
    recovered = time.monotonic() - begin
    injected = f"PostgreSQL is killed and back after {seconds:.0f} s"
    return Outage(injected, recovered, fits_lost(s3, results))


def fits_lost(s3: S3Server, results: str) -> int:
    """Fits that were begun again: a worker asks for a checkpoint when it begins one."""
    begun = [r for r in s3.requests if r.startswith(f"HEAD /{BUCKET}/{results}/_checkpoints/")]
    return len(begun) - len(set(begun))


def wait_for_seeds(uri: str, count: int) -> int:
    """How many fits MLflow knows, once it knows `count`."""
    client = mlflow.MlflowClient(uri)
    deadline = time.monotonic() + 600
    while True:
        assert time.monotonic() < deadline, f"MLflow did not come to know {count} fits"
        with contextlib.suppress(mlflow.MlflowException):  # while it is away
            experiments = [e.experiment_id for e in client.search_experiments()]
            runs = client.search_runs(experiments, max_results=1000)
            seeds = sum(len(r.data.tags.get("noisescape.seeds", "").split()) for r in runs)
            if seeds >= count:
                return seeds
        time.sleep(0.5)
