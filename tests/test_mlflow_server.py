"""A shared MLflow: its server, PostgreSQL and an S3 store for artifacts, all real."""

from collections.abc import Iterator
from pathlib import Path

import mlflow
import pandas as pd
import pytest

from studies.command.outcome import MLFLOW_AWAY
from tests import commands
from tests.commands import scores
from tests.outages import AUDIO_GRID, CLIP, NUM_FITS, SIZES, check_mlflow, postgres_restarted
from tests.servers import BUCKET, MlflowServer, Postgres, S3Server

pytestmark = pytest.mark.skipif(bool(Postgres.why_not()), reason=Postgres.why_not())


@pytest.fixture
def s3(monkeypatch) -> Iterator[S3Server]:
    monkeypatch.setenv("RAY_ADDRESS", "local")
    with S3Server() as server:
        for name, value in server.environment.items():
            monkeypatch.setenv(name, value)
        yield server


@pytest.fixture
def postgres() -> Iterator[Postgres]:
    with Postgres() as server:
        yield server


@pytest.fixture
def server(s3: S3Server, postgres: Postgres, tmp_path: Path) -> Iterator[MlflowServer]:
    stores = (
        "--backend-store-uri", postgres.uri, "--artifacts-destination", f"s3://{BUCKET}/mlflow",
    )  # fmt: skip
    with MlflowServer(tmp_path / "server.log", *stores) as mlflow_server:
        yield mlflow_server


@pytest.mark.slow
def test_a_study_is_whole_on_a_shared_server(server, s3, tmp_path):
    results = tmp_path / "results"
    arguments = (*SIZES, "--signals", CLIP, "--tracking-uri", server.uri)
    output = commands.run(AUDIO_GRID, "run", results, *arguments)
    assert f"MLflow   {server.uri}" in output
    check_mlflow(server.uri, pd.read_parquet(results))
    kept = s3.names("mlflow/")
    assert any(name.endswith("/report.html") for name in kept), "artifacts are in the bucket"
    assert not (tmp_path / "mlruns").exists()


@pytest.mark.cluster
def test_a_database_that_is_killed_and_comes_back_costs_nothing(
    server, postgres, s3, tmp_path, record
):
    long = ("--scale", "small", "--epochs", "1000", "--max-samples", "1024", "--signals", CLIP)
    results = f"s3://{BUCKET}/results"
    tracking = ("--tracking-uri", server.uri)
    process = commands.start(AUDIO_GRID, "run", results, *long, *tracking, folder=tmp_path)
    outage = postgres_restarted(postgres, server.uri, s3, "results", seconds=5)
    output, _ = process.communicate(timeout=900)
    assert process.returncode == 0, output
    assert outage.fits_lost == 0
    if MLFLOW_AWAY in output:  # on a busy machine the server is back later than the fits end
        output = commands.run(AUDIO_GRID, "report", results, *long, *tracking)
    assert MLFLOW_AWAY not in output
    frame = pd.read_parquet(results)
    assert len(frame) == NUM_FITS
    assert frame["key"].is_unique
    client = mlflow.MlflowClient(server.uri)
    experiments = [e.experiment_id for e in client.search_experiments()]
    runs = client.search_runs(experiments, max_results=1000)
    assert {run.info.status for run in runs} == {"FINISHED"}
    seeds = [len(run.data.tags.get("noisescape.seeds", "").split()) for run in runs]
    assert sum(seeds) == NUM_FITS
    whole = tmp_path / "undisturbed"
    process = commands.start(AUDIO_GRID, "run", whole, *long)
    assert process.wait(timeout=900) == 0
    pd.testing.assert_frame_equal(scores(results), scores(whole))
    record("MLflow", outage.injected, outage.seconds_to_recover, outage.fits_lost)
