"""The main job as a user runs it: a real Ray, real files, killed processes, MLflow away."""

import re
import shutil
import signal
import subprocess
import sys
from functools import partial
from pathlib import Path

import mlflow
import numpy as np
import pandas as pd
import psutil
import pytest
import soundfile

import studies.audio_grid
from studies.engine.store.store import Store
from tests import commands
from tests.commands import scores, wait_for_rows
from tests.outages import CLIP, NUM_FITS, SIZES, check_mlflow
from tests.servers import MlflowServer, free_port

SCRIPT = studies.audio_grid.__file__
start = partial(commands.start, SCRIPT)
run = partial(commands.run, SCRIPT)


def table(output: str) -> list[str]:
    return [line.rstrip() for line in output.splitlines() if line.startswith(" perc_bell")]


@pytest.fixture(scope="module")
def undisturbed(tmp_path_factory) -> tuple[Path, str]:
    results = tmp_path_factory.mktemp("undisturbed") / "results"
    output = run("run", results, *SIZES, "--signals", CLIP)
    return results, output


def test_a_run_ends_with_the_table_the_report_and_the_rows(undisturbed):
    results, output = undisturbed
    assert f"{NUM_FITS} fits to run, 0 already done" in output
    assert re.search(r"about \d+ (s|min) on \d+ CPU core", output)
    (line,) = table(output)
    psi, zero, siren, rule, best = map(float, line.split()[1:6])
    gain = float(line.split()[8])
    frame = pd.read_parquet(results)
    assert len(frame) == NUM_FITS
    assert frame["key"].is_unique
    confirmed = frame[frame["seed"] >= 100].groupby(["network", "hp_s0", "hp_s1"], dropna=False)
    means = sorted(confirmed["metric_psnr_peak"].mean().round(1))
    assert sorted([siren, rule, best]) == means
    assert gain == pytest.approx(best - rule, abs=0.11)
    assert zero == pytest.approx(frame["metric_psnr_zero"].iloc[0], abs=0.05)
    assert psi == pytest.approx(
        pd.read_parquet(results / "_signals")["descriptor_psi"][0], abs=1e-3
    )
    (report,) = results.glob("_studies/audio_grid-small-*/report.html")
    assert f"report   {report}" in output
    html = report.read_text()
    assert "perc_bell" in html
    assert "http" not in html.split("<body>")[1]
    assert max(map(len, output.split("report ")[0].splitlines())) <= 80


def test_a_run_with_nothing_to_do_shows_the_report_without_drawing_it_or_starting_ray(undisturbed):
    results, output = undisturbed
    (report,) = results.glob("_studies/audio_grid-small-*/report.html")
    written = report.stat().st_mtime_ns
    heavy = {"torch", "ray", "mlflow", "scipy", "matplotlib", "jinja2"}
    arguments = [SCRIPT, "run", "--results", str(results), *SIZES, "--signals", CLIP]
    program = (
        "import runpy, sys\n"
        f"sys.argv = {list(map(str, arguments))!r}\n"
        "try:\n    runpy.run_path(sys.argv[0], run_name='__main__')\n"
        f"finally:\n    print('loaded', *sorted({heavy!r} & sys.modules.keys()))\n"
    )
    command = [sys.executable, "-c", program]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    *lines, loaded = done.stdout.splitlines()
    assert loaded == "loaded"
    last = output.split(f"fits {NUM_FITS}/{NUM_FITS}")[1].splitlines()[1:]
    assert lines[-len(last) :] == last
    assert report.stat().st_mtime_ns == written


def test_rows_tell_the_batch_that_they_were_in(undisturbed):
    rows = Store(str(undisturbed[0]), create=False).fits().to_pylist()
    batches: dict[int, list[dict]] = {}
    for row in rows:
        batches.setdefault(row["batch"], []).append(row)
    for fits in batches.values():
        assert {row["batch_fits"] for row in fits} == {len(fits)}
        assert len({(row["batch_seconds"], row["sha256"]) for row in fits}) == 1
    seconds = [fits[0]["batch_seconds"] / len(fits) for fits in batches.values()]
    assert max(seconds) == pytest.approx(min(seconds)), "all fits are expected to take as long"
    assert max(map(len, batches.values())) > 5, "fits of a moment were not packed"


def test_curves_are_log_spaced_and_end_with_the_last_epoch(undisturbed):
    results, _ = undisturbed
    curves = pd.read_parquet(results / "_curves")
    fits = pd.read_parquet(results).set_index("key")
    assert set(curves["key"]) == set(fits.index)
    for key, curve in curves.groupby("key"):
        assert {0, 1, 2, 60} <= set(curve["epoch"])
        last = curve.set_index("epoch")["psnr"][60]
        assert last == pytest.approx(fits.loc[key, "metric_psnr_final"], abs=1e-9)
        assert curve["psnr"].max() <= fits.loc[key, "metric_psnr_peak"] + 1e-9


def test_mlflow_holds_study_signal_and_points_nested(undisturbed):
    results, _ = undisturbed
    uri = f"sqlite:///{results}/_mlflow/mlflow.db"
    check_mlflow(uri, pd.read_parquet(results))
    client = mlflow.MlflowClient(uri)
    experiment = client.get_experiment_by_name("audio_grid")
    assert experiment is not None
    runs = client.search_runs([experiment.experiment_id], max_results=1000)
    # A comparison selects the metric that was logged first. A database lists them in that order.
    first = {next(iter(run.data.metrics)) for run in runs if run.data.params.get("kind") == "grid"}
    assert first <= {"psnr_confirmed", "psnr_peak"}


def test_a_finished_run_is_not_run_again(undisturbed):
    results, output = undisturbed
    before = scores(results)
    again = run("run", results, *SIZES, "--signals", CLIP)
    assert f"0 fits to run, {NUM_FITS} already done" in again
    assert table(again) == table(output)
    pd.testing.assert_frame_equal(scores(results), before)
    status = run("status", results)
    assert re.search(rf"perc_bell +{NUM_FITS} +{NUM_FITS} ", status)


@pytest.mark.slow
def test_a_killed_driver_goes_on_to_the_same_table(undisturbed, tmp_path):
    whole, output = undisturbed
    results = tmp_path / "results"
    process = start("run", results, *SIZES, "--signals", CLIP)
    wait_for_rows(results, 6)
    process.kill()
    process.communicate()
    again = run("run", results, *SIZES, "--signals", CLIP)
    # What was in flight may land a moment after the driver's death.
    counts = re.search(r"(\d+) fits to run, (\d+) already done", again)
    assert counts
    assert int(counts[1]) + int(counts[2]) == NUM_FITS
    assert 6 <= int(counts[2]) < NUM_FITS
    assert table(again) == table(output)
    pd.testing.assert_frame_equal(scores(results), scores(whole))


def test_a_killed_worker_a_bad_clip_and_a_dead_mlflow_cost_nothing(undisturbed, tmp_path):
    whole, output = undisturbed
    results, port = tmp_path / "results", free_port()
    (tmp_path / "text.wav").write_text("not a sound")
    process = start(
        "run", results, *SIZES, "--signals", CLIP, tmp_path / "text.wav",
        "--tracking-uri", f"http://127.0.0.1:{port}",
    )  # fmt: skip
    wait_for_rows(results, 3)
    workers = [
        child
        for child in psutil.Process(process.pid).children(recursive=True)
        if child.cmdline() and child.cmdline()[0].startswith("ray::ImplicitFunc")
    ]
    assert workers
    workers[0].kill()
    text, _ = process.communicate(timeout=240)
    assert process.returncode == 3, text
    assert f"skipped {tmp_path}/text.wav: " in text
    assert len(re.findall(r"^MLflow .*", text, re.MULTILINE)) == 1, "it is said once"
    assert str(port) in text
    assert "mlflow ui" not in text
    assert table(text) == table(output)
    pd.testing.assert_frame_equal(scores(results), scores(whole))


def test_after_ctrl_c_the_same_command_has_the_rest_to_fit(undisturbed, tmp_path):
    results = tmp_path / "results"
    process = start("run", results, *SIZES, "--signals", CLIP)
    wait_for_rows(results, 3)
    process.send_signal(signal.SIGINT)
    output, _ = process.communicate(timeout=120)
    assert process.returncode == 130, output
    assert "Traceback" not in output
    whole, _ = undisturbed
    kept = scores(results)
    assert 3 <= len(kept) < NUM_FITS
    pd.testing.assert_frame_equal(kept, scores(whole).loc[kept.index])
    again = run("plan", results, *SIZES, "--signals", CLIP)
    assert f"{NUM_FITS - len(kept)} fits to run, {len(kept)} already done" in again


def test_results_that_are_removed_during_a_run_are_missed_at_its_end(undisturbed, tmp_path):
    results = tmp_path / "results"
    shutil.copytree(undisturbed[0], results)
    more = (*SIZES, "--confirm-seeds", "10", "--signals", CLIP)
    process = start("run", results, *more)
    wait_for_rows(results, NUM_FITS + 3)  # what only grows would be written again
    shutil.rmtree(results)
    output, _ = process.communicate(timeout=240)
    assert process.returncode == 3, output
    (lost,) = re.findall(r"lacks (\d+) fits", output)
    # The 23 fits of the map are lost, and without them nobody knows which others are of the best.
    assert int(lost) >= 23
    again = run("plan", results, *more)
    assert f"{lost} fits to run" in again


def test_mlflow_gone_and_back_is_filled_in_from_the_store(undisturbed, tmp_path):
    results = tmp_path / "results"
    shutil.copytree(undisturbed[0], results)
    uri = f"http://127.0.0.1:{free_port()}"
    output = run("report", results, "--tracking-uri", uri)
    assert uri in output
    stores = (
        "--backend-store-uri", f"sqlite:///{tmp_path}/server.db",
        "--artifacts-destination", str(tmp_path / "artifacts"),
    )  # fmt: skip
    with MlflowServer(tmp_path / "server.log", *stores) as server:
        output = run("report", results, "--tracking-uri", server.uri)
        assert "report`" not in output, "nothing is left to be filled in"
        check_mlflow(server.uri, pd.read_parquet(results))


@pytest.mark.slow
def test_a_gpu_that_is_not_there_is_refused_before_any_training(tmp_path):
    if shutil.which("nvidia-smi"):
        pytest.skip("this machine has a GPU")
    results = tmp_path / "results"
    output = run("run", results, *SIZES, "--signals", CLIP, "--device", "cuda", code=2)
    (line,) = [line for line in output.splitlines() if line.startswith("error: ")]
    assert line.startswith("error: --device cuda: ")
    assert "--device cpu" in line
    assert "Traceback" not in output
    assert not list(results.glob("fits/*"))


@pytest.mark.slow
def test_a_run_of_more_than_a_day_wants_a_yes(tmp_path):
    x = np.random.default_rng(0).uniform(-1, 1, 150_000)
    soundfile.write(tmp_path / "noise.wav", x, 44_100)
    flags = ("--scale", "paper", "--signals", tmp_path / "noise.wav")
    output = run("run", tmp_path / "results", *flags, code=2)
    assert re.search(r"more than a day: add --yes", output)
    assert not list((tmp_path / "results").glob("fits/*"))
