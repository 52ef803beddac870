"""A Ray that a study starts on this machine serves this study alone."""

import os
import subprocess
import sys
from pathlib import Path

import psutil
import pytest

from studies.engine.cluster import own_token

ROOT = Path(__file__).parents[1]
NOBODY = 65534

STUDY = """
import os, sys
from studies.engine.cluster.own_token import give_own_token
give_own_token()
import ray
from studies.engine.cluster.workers import start_ray, workers_here
workers = workers_here("cpu", None)
start_ray()
print(workers.count == ray.cluster_resources()["CPU"], flush=True)
print(ray.get_runtime_context().gcs_address, flush=True)
print(os.environ["RAY_TMPDIR"], flush=True)
print(os.environ["RAY_AUTH_TOKEN"], flush=True)
sys.stdin.read()
print(ray.get(ray.remote(lambda: "done").remote()), flush=True)
"""

OTHER_USER = """
import os, sys
import ray
from ray._raylet import GcsClient
if os.getuid() == 0:
    # The files of Python may be closed to the other user, so all of it is imported by now.
    os.setgroups([])
    os.setgid(65534)
    os.setuid(65534)
address, *folders = sys.argv[1:]
try:
    GcsClient(address).internal_kv_keys(b"", b"session", timeout=20)
    print("reached")
except ray.exceptions.AuthenticationError:
    print("refused")
for folder in folders:
    try:
        os.listdir(folder)
        print("open")
    except PermissionError:
        print("closed")
"""


@pytest.fixture
def clean(monkeypatch, tmp_path):
    """Make this process know of no Ray, in itself or on this machine."""
    for name in ("RAY_ADDRESS", "RAY_AUTH_MODE", "RAY_AUTH_TOKEN"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("RAY_TMPDIR", str(tmp_path))
    monkeypatch.setattr(own_token.atexit, "register", lambda *_, **__: None)
    monkeypatch.delitem(sys.modules, "ray", raising=False)
    return monkeypatch


def test_every_ray_has_another_token(clean):
    tokens = set()
    for _ in range(3):
        own_token.give_own_token()
        assert os.environ.pop("RAY_AUTH_MODE") == "token"
        tokens.add(os.environ.pop("RAY_AUTH_TOKEN"))
    assert len(tokens) == 3
    assert min(map(len, tokens)) >= 32


def test_a_cluster_that_would_be_joined_keeps_its_own(clean, tmp_path):
    clean.setenv("RAY_ADDRESS", "10.0.0.1:6379")
    own_token.give_own_token()
    clean.delenv("RAY_ADDRESS")
    (tmp_path / "ray").mkdir()
    (tmp_path / "ray" / "ray_current_cluster").write_text("10.0.0.1:6379")
    own_token.give_own_token()
    clean.setenv("RAY_AUTH_MODE", "disabled")
    own_token.give_own_token()
    assert "RAY_AUTH_TOKEN" not in os.environ
    clean.delenv("RAY_AUTH_MODE")
    clean.setenv("RAY_ADDRESS", "local")
    own_token.give_own_token()
    assert "RAY_AUTH_TOKEN" in os.environ


def test_another_user_reaches_neither_ray_nor_its_files_without_the_token(tmp_path):
    """The other user is `nobody` where the test may become so, otherwise this one."""
    environment = {n: v for n, v in os.environ.items() if not n.startswith("RAY_")}
    environment |= {"RAY_ADDRESS": "local", "PYTHONPATH": str(ROOT)}
    study = subprocess.Popen(
        [sys.executable, "-c", STUDY],
        env=environment,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert study.stdout
    try:
        counted, address, named, token = (study.stdout.readline().strip() for _ in range(4))
        assert counted == "True", "Ray has the cores that were counted without it"
        folder = Path(named)
        store = folder / "ray" / "session_latest" / "sockets"
        assert (store / "plasma_store").exists()
        assert folder.stat().st_mode & 0o777 == 0o700
        children = psutil.Process(study.pid).children(recursive=True)
        (raylet,) = [child for child in children if child.name() == "raylet"]
        programs = {Path(word).name for child in children for word in child.cmdline()}
        assert not programs & {
            "dashboard.py",
            "log_monitor.py",
            "monitor.py",
            "agent.py",
            "main.py",
        }
        read = ["cat", f"/proc/{raylet.pid}/environ"]
        assert token in subprocess.run(read, check=True, capture_output=True, text=True).stdout
        if os.getuid() == 0:
            other = {"user": NOBODY, "group": NOBODY, "extra_groups": []}
            with pytest.raises(subprocess.CalledProcessError):
                subprocess.run(read, check=True, capture_output=True, **other)
        closed = "closed" if os.getuid() == 0 else "open"
        expected = {None: "refused", token: "reached", "0" * 64: "refused"}
        for given, answer in expected.items():
            variables = {"RAY_AUTH_MODE": "token", "RAY_AUTH_TOKEN": given} if given else {}
            stranger = subprocess.run(
                [sys.executable, "-c", OTHER_USER, address, folder, store],
                env={"PATH": os.environ["PATH"], "HOME": str(tmp_path)} | variables,
                capture_output=True,
                text=True,
                timeout=120,
                check=False,
            )
            assert stranger.stdout.split() == [answer, closed, closed], stranger.stderr
        output, _ = study.communicate("go on", timeout=60)
        assert "done" in output
        assert not folder.exists()
    finally:
        study.kill()
