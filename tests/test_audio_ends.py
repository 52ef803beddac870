"""How a run ends early: a request from outside, a Ray that dies.

They have a file of their own, because a file runs in one process.
"""

from functools import partial

import psutil

import studies.audio_grid
from tests import commands
from tests.commands import scores, wait_for_rows
from tests.outages import CLIP, NUM_FITS, SIZES

SCRIPT = studies.audio_grid.__file__
start = partial(commands.start, SCRIPT)


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
    num_stored = commands.num_rows(results)
    assert 3 <= num_stored < NUM_FITS
    again = commands.run(SCRIPT, "plan", results, *SIZES, "--signals", CLIP)
    assert f"{NUM_FITS - num_stored} fits to run, {num_stored} already done" in again
