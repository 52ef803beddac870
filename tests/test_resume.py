"""A long fit goes on from its last checkpoint, whether its worker or its driver was killed."""

import io
import os
import subprocess
import sys
import time
from pathlib import Path

import pandas as pd
import psutil
import pytest
import torch

from tests import commands
from tests.long_fit import EPOCHS

SCRIPT = str(Path(__file__).parent / "long_fit.py")
MARK = 0.123


def start(results: Path, **environment: str) -> subprocess.Popen[bytes]:
    command = [sys.executable, SCRIPT, str(results)]
    return subprocess.Popen(command, env=os.environ | environment)


def wait_for_checkpoint(results: Path) -> Path:
    deadline = time.monotonic() + 60
    while not (checkpoints := list(results.glob("_checkpoints/[!.]*.pt"))):
        assert time.monotonic() < deadline, "no checkpoint came"
        time.sleep(0.02)
    return checkpoints[0]


def ray_workers(driver: subprocess.Popen[bytes]) -> list[psutil.Process]:
    return [
        child
        for child in psutil.Process(driver.pid).children(recursive=True)
        if child.cmdline() and child.cmdline()[0].startswith("ray::ImplicitFunc")
    ]


def is_alive(process: psutil.Process) -> bool:
    try:
        return process.status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


def outcome(results: Path) -> tuple[float, float, int]:
    (row,) = pd.read_parquet(results).to_dict("records")
    assert row["status"] == "ok"
    assert not list(results.glob("_checkpoints/*"))
    return row["metric_psnr_peak"], row["metric_psnr_final"], row["epoch_of_peak"]


@pytest.fixture(scope="module")
def undisturbed(tmp_path_factory) -> tuple[float, float, int]:
    results = tmp_path_factory.mktemp("whole")
    assert start(results).wait(timeout=120) == 0
    return outcome(results)


def test_a_killed_driver_goes_on_from_the_checkpoint(undisturbed, tmp_path):
    process = start(tmp_path)
    path = wait_for_checkpoint(tmp_path)
    workers = ray_workers(process)
    process.kill()
    process.wait()
    while any(map(is_alive, workers)):  # they end a moment after it
        time.sleep(0.1)
    assert commands.num_rows(tmp_path) == 0
    # A mark in the past of the curve shows afterwards that this state was gone on from.
    state = torch.load(path, weights_only=True)
    assert 0 < state["epoch"] < EPOCHS
    state["errors"][0, 0, 0] = MARK
    buffer = io.BytesIO()
    torch.save(state, buffer)
    path.write_bytes(buffer.getvalue())
    assert start(tmp_path).wait(timeout=120) == 0
    assert outcome(tmp_path) == undisturbed
    first = pd.read_parquet(tmp_path / "_curves").set_index("epoch")["psnr"][0]
    assert 10 ** (-first / 10) == pytest.approx(MARK)


@pytest.mark.slow
def test_a_killed_worker_goes_on_from_the_checkpoint(undisturbed, tmp_path):
    process = start(tmp_path)
    path = wait_for_checkpoint(tmp_path)
    workers = ray_workers(process)
    assert workers
    for worker in workers:
        worker.kill()
    assert path.exists()
    assert process.wait(timeout=120) == 0
    assert outcome(tmp_path) == undisturbed


@pytest.mark.slow
@pytest.mark.long
def test_a_worker_that_ray_kills_for_want_of_memory_costs_nothing(undisturbed, tmp_path):
    memory = psutil.virtual_memory()
    room, step = 2 << 30, 1 << 28
    if memory.available < 3 * room:
        pytest.skip("the machine has too little free memory to fill some of it")
    limit = (memory.total - memory.available + room) / memory.total
    process = start(
        tmp_path, RAY_memory_usage_threshold=f"{limit:.4f}", RAY_memory_monitor_refresh_ms="50"
    )
    wait_for_checkpoint(tmp_path)
    workers, hoard = ray_workers(process), []
    while all(map(is_alive, workers)) and len(hoard) * step < 2 * room:
        hoard.append(bytearray(os.urandom(1) * step))
        time.sleep(0.1)
    assert not all(map(is_alive, workers)), "Ray let the machine run out of memory"
    hoard.clear()
    assert process.wait(timeout=120) == 0
    assert outcome(tmp_path) == undisturbed
