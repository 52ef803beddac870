"""How a run ends early: a request from outside, a Ray that dies, results that are removed.

They have a file of their own, because a file runs in one process.
"""

import re
import shutil
import time
from functools import partial

import psutil

import studies.audio_grid
from tests import commands
from tests.commands import scores, wait_for_rows
from tests.outages import CLIP, NUM_FITS, SIZES

SCRIPT = studies.audio_grid.__file__
start = partial(commands.start, SCRIPT)
run = partial(commands.run, SCRIPT)


def test_a_request_to_end_is_obeyed_like_ctrl_c(tmp_path):
    results = tmp_path / "results"
    process = start("run", results, *SIZES, "--signals", CLIP)
    wait_for_rows(results, 3)
    process.terminate()
    output, _ = process.communicate(timeout=120)
    assert process.returncode == 143, output
    assert len(scores(results)) >= 3
    for word in ("Traceback", "*** SIG", "SIGABRT", "StackTrace"):
        assert word not in output


def test_a_run_whose_ray_dies_says_how_to_go_on(tmp_path):
    results = tmp_path / "results"
    process = start("run", results, *SIZES, "--signals", CLIP)
    wait_for_rows(results, 3)
    children = psutil.Process(process.pid).children(recursive=True)
    (raylet,) = [child for child in children if child.name() == "raylet"]
    raylet.kill()
    output, _ = process.communicate(timeout=120)
    assert process.returncode == 1, output
    assert output.splitlines()[-1].startswith(f"{results}: ")
    assert 3 <= commands.num_rows(results) < NUM_FITS
    code, again = run("run", results, *SIZES, "--signals", CLIP)
    assert code == 0, again
    assert len(scores(results)) == NUM_FITS


def test_results_that_are_removed_during_a_run_are_missed_at_its_end(tmp_path):
    results = tmp_path / "results"
    slow = ("--scale", "small", "--epochs", "900", "--max-samples", "2048", "--signals", CLIP)
    process = start("run", results, *slow)
    while not list(results.glob("fits/*.parquet")):  # what only grows would be written again
        assert process.poll() is None
        time.sleep(0.05)
    shutil.rmtree(results)
    output, _ = process.communicate(timeout=240)
    assert process.returncode == 3, output
    (lost,) = re.findall(r"lacks (\d+) fits", output)
    assert int(lost) >= NUM_FITS - len(scores(results)) >= 1
    code, again = run("run", results, *slow)
    assert code == 0, again
    assert f"{lost} fits to run" in again, "study.json and the signals are there again"
