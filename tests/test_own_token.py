"""A Ray that a study starts on this machine serves this study alone."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from studies.engine.cluster import own_token

ROOT = Path(__file__).parents[1]
NOBODY = 65534

STUDY = """
import logging, sys
from studies.engine.cluster.own_token import give_own_token
give_own_token()
import ray
ray.init(log_to_driver=False, logging_level=logging.ERROR, include_dashboard=False)
print(ray.get_runtime_context().gcs_address, flush=True)
sys.stdin.read()
print(ray.get(ray.remote(lambda: "done").remote()), flush=True)
"""

STRANGER = """
import logging, sys
import ray
try:
    ray.init(sys.argv[1], log_to_driver=False, logging_level=logging.ERROR)
    print("joined")
except BaseException:
    print("refused")
"""


@pytest.fixture
def clean(monkeypatch, tmp_path):
    """No Ray in this process, and none on this machine, as far as the variables tell."""
    for name in ("RAY_ADDRESS", "RAY_AUTH_MODE", "RAY_AUTH_TOKEN"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("RAY_TMPDIR", str(tmp_path))
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


def test_whoever_lacks_the_token_is_refused_and_another_user_cannot_read_it():
    """The stranger is this user without the token: another one may not reach this Python."""
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
        address = study.stdout.readline().strip()
        assert ":" in address
        if os.getuid() == 0:
            read = ["cat", f"/proc/{study.pid}/environ"]
            other = {"user": NOBODY, "group": NOBODY, "extra_groups": []}
            assert subprocess.run(read, check=True, capture_output=True).stdout
            with pytest.raises(subprocess.CalledProcessError):
                subprocess.run(read, check=True, capture_output=True, **other)
        stranger = subprocess.run(
            [sys.executable, "-c", STRANGER, address],
            env={"PATH": os.environ["PATH"], "HOME": "/tmp"},
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )
        assert stranger.stdout == "refused\n"
        output, _ = study.communicate("go on", timeout=60)
        assert "done" in output
    finally:
        study.kill()
