"""What a study says at its end on a cluster's head: commands that work at home."""

import os
import re
import shlex
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from ray.scripts import scripts

from studies.command.cluster_head import cluster_file, commands_at_home
from tests import commands
from tests.outages import AUDIO_GRID, CLIP, NUM_FITS
from tests.servers import free_port, wait_for_port

RAY = Path(sys.executable).with_name("ray")
MLFLOW = "/venv/bin/mlflow ui --backend-store-uri sqlite:////home/me/my results/_mlflow/mlflow.db"


@pytest.fixture
def head(tmp_path) -> Iterator[dict[str, str]]:
    """A real Ray head; the variables of a shell on it. Ends with the processes that it started."""
    port = free_port()
    # Ray's sockets want short paths.
    with tempfile.TemporaryDirectory(prefix="ray-", dir="/tmp") as sessions:
        environment = {
            "HOME": str(tmp_path),
            "RAY_TMPDIR": sessions,
            "RAY_USAGE_STATS_ENABLED": "0",
        }
        command = [
            RAY, "start", "--head", "--block", f"--port={port}", "--node-ip-address=127.0.0.1",
            f"--temp-dir={sessions}", "--num-cpus=2", "--include-dashboard=false",
            "--min-worker-port=0", "--max-worker-port=0",
        ]  # fmt: skip
        without = {k: v for k, v in os.environ.items() if k != "RAY_ADDRESS"}
        with (tmp_path / "ray.log").open("w") as log:
            process = subprocess.Popen(command, env=without | environment, stdout=log, stderr=log)
        try:
            wait_for_port(port)
            (tmp_path / "ray_bootstrap_config.yaml").write_text("provider: {type: aws}\n")
            yield environment | {"RAY_ADDRESS": f"127.0.0.1:{port}"}
        finally:
            process.terminate()
            process.wait(timeout=60)


@pytest.mark.slow
def test_on_a_head_the_study_says_how_to_get_at_what_it_did(head, tmp_path):
    results = tmp_path / "my results"
    output = commands.run(
        AUDIO_GRID, "run", results, "--scale", "small", "--epochs", "5", "--max-samples", "512",
        "--signals", CLIP, environment=head,
    )  # fmt: skip
    assert f"{NUM_FITS} fits to run" in output
    copying = f"results  ray rsync-down cluster.yaml '{results}/' results/"
    opening = "MLflow   ray exec -p 5000 cluster.yaml '"
    lines = output.splitlines()
    # Both are said before the first fit, and at the end.
    at_start, at_end = (at for at, line in enumerate(lines) if line == copying)
    report = next(at for at, line in enumerate(lines) if line.startswith("report "))
    assert at_start < report < at_end
    assert lines[at_start + 1].startswith(opening)
    assert lines[at_end + 1].startswith(opening)
    assert "s3://" in lines[at_end + 2], "a bucket outlives the head"
    # The inner command is whole: it names the file of MLflow's database.
    _, _, _, _, _, inner, *_ = shlex.split(lines[at_end + 1].removeprefix("MLflow"))
    assert f"sqlite:///{results}/_mlflow/mlflow.db" in shlex.split(inner)
    assert (results / "_mlflow" / "mlflow.db").exists()


def test_a_ray_that_cannot_start_is_a_sentence(tmp_path):
    folder = tmp_path / ("long" * 30)  # too long for a socket's path
    folder.mkdir()
    output = commands.run(
        AUDIO_GRID, "run", tmp_path / "results", "--scale", "small", "--epochs", "5",
        "--max-samples", "512", "--signals", CLIP,
        environment={"RAY_TMPDIR": str(folder), "RAY_ADDRESS": "local"}, code=2,
    )  # fmt: skip
    assert output.count("error: ") == 1
    assert "Traceback" not in output


@pytest.mark.parametrize(
    ("location", "uri", "says"),
    [
        (
            "/home/me/results",
            "sqlite:////home/me/x.db",
            "rsync-down cluster.yaml /home/me/results/ ",
        ),
        ("s3://b/x", "sqlite:////home/me/x.db", r"copy_files.*s3://b/x"),
        ("s3://b/x", "http://127.0.0.1:5001", "ray attach -p 5001 cluster.yaml"),
    ],
)
def test_the_commands_are_of_the_place_where_things_are(location, uri, says):
    lines = commands_at_home("cluster.yaml", location, uri, MLFLOW)
    assert re.search(says, "\n".join(lines))
    for line in lines:
        command = shlex.split(line, comments=True)[1:]
        if command[0] == "ray":  # Ray's own parser takes its options
            context = {
                "exec": scripts.exec,
                "attach": scripts.attach,
                "rsync-down": scripts.rsync_down,
            }
            context[command[1]].make_context("ray", command[2:])
        else:
            compile(command[2], "command", "exec")


def test_a_server_elsewhere_needs_no_tunnel():
    (line,) = commands_at_home("cluster.yaml", "/r", "http://10.0.0.5:5000", MLFLOW)
    assert line.startswith("results")


@pytest.mark.parametrize(
    ("text", "file"),
    [
        (None, None),
        ("provider: {type: local}", "cluster.onprem.yaml"),
        ("provider: {type: aws}", "cluster.yaml"),
        ("- not\n- a cluster", None),
        ("{", None),
    ],
)
def test_a_head_is_known_by_what_ray_up_leaves_there(tmp_path, monkeypatch, text, file):
    monkeypatch.setenv("HOME", str(tmp_path))
    if text:
        (tmp_path / "ray_bootstrap_config.yaml").write_text(text)
    assert cluster_file() == file
