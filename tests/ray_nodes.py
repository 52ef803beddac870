"""Real Ray nodes on this machine, and the doctor run as a command."""

import contextlib
import os
import re
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

from studies.engine.doctor.findings import Finding

ROOT = Path(__file__).parents[1]
NODES = """
import os, sys
from ray.cluster_utils import Cluster

size = {"num_cpus": 1, "object_store_memory": 80_000_000, "include_dashboard": False}
cluster = Cluster(initialize_head=True, head_node_args=size)
print(cluster.address, flush=True)
for line in sys.stdin:
    name, path = line.split()
    cluster.add_node(**size, resources={name: 1}, env_vars={"PYTHONPATH": path})
    print(name, flush=True)
cluster.shutdown()
"""


class Nodes:
    """Runs Ray on this machine, in a process of its own, which ends when its input does."""

    def __init__(self, folder, token):
        self.folder = folder
        self.environment = os.environ | {"RAY_TMPDIR": folder, "RAY_AUTH_MODE": "disabled"}
        self.environment.pop("MLFLOW_TRACKING_URI", None)
        if token:
            path = Path(folder, "token")
            path.write_text("0123456789abcdef" * 4)
            self.environment |= {"RAY_AUTH_MODE": "token", "RAY_AUTH_TOKEN_PATH": str(path)}
        command = [sys.executable, "-c", NODES]
        pipe = subprocess.PIPE
        with Path(folder, "log").open("w") as log:
            self.process = subprocess.Popen(
                command, stdin=pipe, stdout=pipe, stderr=log, text=True, env=self.environment
            )
        self.environment["RAY_ADDRESS"] = self._said()

    def _said(self):
        line = self.process.stdout.readline().strip()
        assert line, Path(self.folder, "log").read_text()
        return line

    def add(self, name, path):
        self.process.stdin.write(f"{name} {path}\n")
        self.process.stdin.flush()
        assert self._said() == name

    def stop(self):
        self.process.stdin.close()
        self.process.wait(timeout=30)


@contextlib.contextmanager
def started(*, token: bool) -> Iterator[Nodes]:
    """One node, and those that are added, until the end of the block."""
    # Paths of sockets must be short, so not under pytest's folders.
    with tempfile.TemporaryDirectory(prefix="doctor-", dir="/tmp") as folder:
        nodes = Nodes(folder, token)
        try:
            yield nodes
        finally:
            nodes.stop()


def doctor(environment, folder, *arguments, script=("-m", "studies.engine.doctor")):
    """Return the doctor's exit code and all that it prints."""
    command = [sys.executable, *script, *map(str, arguments)]
    done = subprocess.run(
        command, env=environment, cwd=folder, capture_output=True, text=True, timeout=90
    )
    return done.returncode, done.stdout + done.stderr


def findings(output: str) -> list[Finding]:
    """Return the findings that the doctor has printed, in order."""
    line = re.compile(r"(ok|note|problem) +([^:]+): (.*?)(?:; fix: (.*))?")
    matches = map(line.fullmatch, output.splitlines())
    return [Finding(*match.groups(default="")) for match in matches if match]


def finding(output: str, level: str, subject: str) -> Finding:
    """Return the only finding of a level about a subject."""
    (only,) = [f for f in findings(output) if (f.level, f.subject) == (level, subject)]
    return only
