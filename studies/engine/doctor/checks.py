"""Look at one node: its code, its versions, its GPUs, and whether it can write the results.

`examine` runs on every node of a cluster. Ray sends this module there by value, so that a node
with an older checkout of noisescape, or none, is examined in the same way. So no function that
`examine` calls may use another module of noisescape, except inside `failure_of`.
"""

import hashlib
import importlib.util
import json
import platform
import re
import socket
import subprocess
import sys
import threading
import uuid
from collections.abc import Callable
from importlib import metadata
from pathlib import Path
from typing import Any, TypedDict
from urllib.parse import urlsplit

PACKAGES = ("analysis", "inr_models", "search_spaces", "studies")
DISTRIBUTIONS = ("ray", "torch", "noisescape")
PORTS = {"http": 80, "https": 443, "postgresql": 5432, "mysql": 3306, "mssql": 1433}

# Runs in a process of its own. Ray's idle worker would otherwise keep the GPU's memory.
USE_GPUS = """
import json, torch
usable, why = 0, ""
for index in range(torch.cuda.device_count() or 1):
    try:
        usable += int(torch.ones(1, device=f"cuda:{index}").sum().item())
    except Exception as error:
        why = str(error).strip().splitlines()[0]
print(json.dumps([usable, why]))
"""
SILENT = "no answer"


class Report(TypedDict):
    """Holds what `examine` has seen on a node.

    Attributes:
        code: the hash of the code, see `code_hash`.
        versions: {distribution: version}.
        gpus: how many GPUs torch can use, -1 if torch itself does not start.
        gpu_error: why torch cannot use more of them.
        refusal: why the results cannot be written from there, "" if they can.
    """

    code: str
    versions: dict[str, str]
    gpus: int
    gpu_error: str
    refusal: str


def examine(results: str | None, seconds: float) -> Report:
    """Examine this node within about `seconds`, and try to write `results` if they are given."""
    gpus, gpu_error = usable_gpus(seconds / 2)
    return {
        "code": code_hash(),
        "versions": versions(),
        "gpus": gpus,
        "gpu_error": gpu_error,
        "refusal": failure_of(seconds / 3, try_writing, results) if results else "",
    }


def versions() -> dict[str, str]:
    """Return the versions of Python and of what fits need, without a build's suffix (+cu130)."""
    own = {"Python": platform.python_version()}
    for name in DISTRIBUTIONS:
        try:
            own[name] = metadata.version(name).split("+")[0]
        except metadata.PackageNotFoundError:
            own[name] = "missing"
    return own


def code_hash() -> str:
    """Return a hash of this project's Python files that a new process would import."""
    digest = hashlib.sha256()
    for package in PACKAGES:
        spec = importlib.util.find_spec(package)
        for folder in (spec.submodule_search_locations if spec else None) or ():
            for file in sorted(Path(folder).rglob("*.py")):
                digest.update(f"{package}/{file.relative_to(folder)}\0".encode())
                digest.update(hashlib.sha256(file.read_bytes()).digest())
    return digest.hexdigest()[:12]


def usable_gpus(seconds: float) -> tuple[int, str]:
    """Return how many GPUs torch can compute on (-1 if it does not start), and why no more."""
    try:
        command = [sys.executable, "-c", USE_GPUS]
        done = subprocess.run(command, capture_output=True, text=True, timeout=seconds)
    except subprocess.TimeoutExpired:
        return -1, f"{SILENT} within {seconds:.0f} s"
    if done.returncode:
        lines = done.stderr.strip().splitlines()
        return -1, lines[-1] if lines else f"torch ended with exit code {done.returncode}"
    usable, why = json.loads(done.stdout.splitlines()[-1])
    return usable, why


def try_writing(results: str) -> None:
    """Write and remove a file in the results. Raise whatever goes wrong."""
    from studies.engine.store.folder import Folder

    folder, name = Folder(results), f".doctor-{uuid.uuid4().hex}"
    folder.write_bytes(name, b"")
    folder.delete(name)


def reach_mlflow(uri: str, seconds: float) -> None:
    """Ask an MLflow server or database for its experiments. Raise whatever goes wrong."""
    from studies.engine.tracking.mlflow_tree import check_uri, import_mlflow

    check_uri(uri)
    parts = urlsplit(uri)
    port = parts.port or PORTS.get(parts.scheme.split("+")[0])
    if parts.hostname and port:  # MLflow itself would try for minutes
        socket.create_connection((parts.hostname, port), seconds / 3).close()
    import_mlflow().MlflowClient(uri).search_experiments(max_results=1)


def failure_of(seconds: float, action: Callable[..., Any], *arguments: Any) -> str:
    """Return in one line why an action fails or takes more than `seconds`, "" if it succeeds."""
    failure = [f"{SILENT} within {seconds:.0f} s"]

    def attempt() -> None:
        try:
            action(*arguments)
            failure[0] = ""
        except Exception as error:
            failure[0] = reason(error)

    # A call that waits for a server cannot be interrupted, so it is left behind in a thread.
    thread = threading.Thread(target=attempt, daemon=True)
    thread.start()
    thread.join(seconds)
    return failure[0]


def reason(error: BaseException) -> str:
    """Return an error in one line.

    `storage.reason` is similar, but a node with another checkout may lack it.
    """
    if isinstance(error, OSError) and error.strerror:
        return error.strerror
    lines = str(error).strip().splitlines() or [type(error).__name__]
    return re.sub(r"^--[a-z-]+ \S+: ", "", lines[0]).removesuffix(".")[:200]
