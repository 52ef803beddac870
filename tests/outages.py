"""What is taken from a running study and given back, and what that cost."""

import contextlib
import json
import time
from pathlib import Path
from typing import NamedTuple

import mlflow
import pandas as pd
import pytest

import studies.audio_grid
from tests.servers import BUCKET, Postgres, S3Server

AUDIO_GRID = studies.audio_grid.__file__
CLIP = Path(AUDIO_GRID).parent / "clips" / "perc_bell.flac"
SIZES = ("--scale", "small", "--epochs", "60", "--max-samples", "2048")
NUM_FITS = 29  # SIREN, two rules, 20 cells; two confirming seeds of SIREN, Eqn. 11, best cell


class Outage(NamedTuple):
    """Tells what was done, how long recovery took, and what was done twice.

    `seconds_to_recover` is the time from the end of the outage to the next row, or to the next fit
    that MLflow knows. `fits_lost` is the number of fits that were begun again.
    """

    injected: str
    seconds_to_recover: float
    fits_lost: int


def storage_away(s3: S3Server, results: str, seconds: float) -> Outage:
    """S3 does not answer for `seconds` while a study writes to the bucket's `results`."""
    s3.wait_for_rows(results, 3)
    s3.stop()
    time.sleep(seconds)
    begin = time.monotonic()
    s3.start()
    stored = s3.num_rows(results)
    s3.wait_for_rows(results, stored + 1)
    recovered = time.monotonic() - begin
    s3.wait_for_rows(results, stored + 6)
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


def check_mlflow(uri: str, frame: pd.DataFrame) -> None:
    """That MLflow has the study, its clip and every point of `frame`, nested and finished."""
    client = mlflow.MlflowClient(uri)
    experiment = client.get_experiment_by_name("audio_grid")
    assert experiment is not None
    runs = client.search_runs([experiment.experiment_id], max_results=1000)
    assert all(r.info.status == "FINISHED" for r in runs)
    parent = {r.info.run_id: r.data.tags.get("mlflow.parentRunId") for r in runs}
    (study,) = [r for r in runs if parent[r.info.run_id] is None]
    (clip,) = [r for r in runs if parent[r.info.run_id] == study.info.run_id]
    points = [r for r in runs if parent[r.info.run_id] == clip.info.run_id]
    assert len(points) == 23
    assert {"report.html", "study.json"} <= {
        a.path for a in client.list_artifacts(study.info.run_id)
    }
    assert clip.data.metrics["best_minus_eqn11_db"] == pytest.approx(
        clip.data.metrics["psnr_best"] - clip.data.metrics["psnr_eqn11"]
    )
    check_pages(client, experiment, study, clip, points)
    peaks = {(r.hp_s0, r.hp_s1, r.seed): r.metric_psnr_peak for r in frame.itertuples()}
    assert sum(point.data.params["kind"] == "grid" for point in points) == 20
    for point in points:
        if point.data.params["kind"] == "grid":
            place = [(s0, s1) for s0, s1, seed in peaks if seed == 0
                     and f"{s0:.6g}" == point.data.params["s0"]
                     and f"{s1:.6g}" == point.data.params["s1"]]  # fmt: skip
            assert point.data.metrics["seeds/psnr_peak_seed_0"] == peaks[(*place[0], 0)]
        history = client.get_metric_history(point.info.run_id, "seeds/psnr_db_seed_0")
        assert [m.step for m in history][-1] == 60
        assert len(history) > 20


def check_pages(client: mlflow.MlflowClient, experiment, study, clip, points) -> None:
    """That MLflow's pages show what a researcher looks for first."""
    primary = experiment.tags["mlflow.experiment.primaryMetric.name"]
    assert primary == "psnr_confirmed"
    view = json.loads(experiment.tags["mlflow.sharedViewState.points"])
    columns = {column.replace("`", "") for column in view["selectedColumns"]}
    shown = {f"metrics.{name}" for point in points for name in point.data.metrics}
    shown |= {f"params.{name}" for point in points for name in point.data.params}
    shown |= {f"tags.{name}" for point in points for name in point.data.tags}
    assert columns <= shown
    assert {f"metrics.{name}" for name in (primary, "s0", "s1")} <= columns
    assert "viewStateShareKey=points" in experiment.tags["mlflow.note.content"]
    # A comparison selects the metric that was logged first.
    assert any(primary in point.data.metrics for point in points)
    # MLflow draws a chart over steps for a metric whose last step is 1 or more.
    for point in points:
        scalars = [name for name in point.data.metrics if "psnr_db" not in name]
        for name in scalars:
            steps = {m.step for m in client.get_metric_history(point.info.run_id, name)}
            assert steps == {0}, name
    notes = [run.data.tags["mlflow.note.content"] for run in (study, clip)]
    assert clip.info.run_id in notes[0]
    best = max(points, key=lambda point: point.data.metrics["psnr_peak"])
    assert all(best.info.run_id in note for note in notes)
    cells = [point for point in points if point.data.params["kind"] == "grid"]
    assert all(f"{float(p.data.params['s0']):.4g}" in p.info.run_name for p in cells)
