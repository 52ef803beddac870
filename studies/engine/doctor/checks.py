"""What the doctor looks at.

`examine` runs on every node of a cluster. It travels there by value, so that a node with other
code is looked at with the same eyes.
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
from collections.abc import Callable, Iterable
from importlib import metadata
from pathlib import Path
from typing import Any, Literal, TypedDict
from urllib.parse import unquote, urlsplit

from inr_models.shown import shown

PACKAGES = ("analysis", "inr_models", "search_spaces", "studies")
DISTRIBUTIONS = ("ray", "torch", "noisescape")
PORTS = {"http": 80, "https": 443, "postgresql": 5432, "mysql": 3306, "mssql": 1433}

# In a process of its own, so that no GPU's memory stays taken by an idle worker.
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
GREET = """
import sys
from ray._private.authentication import authentication_token_setup
from ray._raylet import GcsClient
from ray.exceptions import AuthenticationError
authentication_token_setup.maybe_enable_token_auth_if_token_available(warn_if_disabled=False)
try:
    GcsClient(address=sys.argv[1]).get_all_node_info(timeout=5)
except AuthenticationError:
    sys.exit(3)
"""
SILENT = "no answer"
Answer = Literal["welcome", "refused", "silent"]


class Report(TypedDict):
    """What a node has. `gpus` are those that torch can use, -1 where torch itself does not start;
    `refusal` is why the results cannot be written from there, empty if they can.
    """

    code: str
    versions: dict[str, str]
    gpus: int
    gpu_error: str
    refusal: str


def examine(results: str | None, seconds: float) -> Report:
    """Look at this node; with `results`, also whether they can be written from here.

    Returns within `seconds`, about.
    """
    gpus, gpu_error = usable_gpus(seconds / 2)
    return {
        "code": code_hash(),
        "versions": versions(),
        "gpus": gpus,
        "gpu_error": gpu_error,
        "refusal": why_not(seconds / 3, try_writing, results) if results else "",
    }


def versions() -> dict[str, str]:
    """Versions of Python and of what fits need, without a build's suffix (+cu130)."""
    found = {"Python": platform.python_version()}
    for name in DISTRIBUTIONS:
        try:
            found[name] = metadata.version(name).split("+")[0]
        except metadata.PackageNotFoundError:
            found[name] = "missing"
    return found


def code_hash() -> str:
    """A hash of this project's Python files, as a process started now would import them."""
    digest = hashlib.sha256()
    for package in PACKAGES:
        spec = importlib.util.find_spec(package)
        for folder in (spec.submodule_search_locations if spec else None) or ():
            for file in sorted(Path(folder).rglob("*.py")):
                digest.update(f"{package}/{file.relative_to(folder)}\0".encode())
                digest.update(hashlib.sha256(file.read_bytes()).digest())
    return digest.hexdigest()[:12]


def usable_gpus(seconds: float) -> tuple[int, str]:
    """How many GPUs torch can compute on, and why not on more; -1 where torch does not start."""
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
    """Make and remove a file in the results. Raises whatever goes wrong."""
    from studies.engine.store.folder import Folder

    folder, name = Folder(results), f".doctor-{uuid.uuid4().hex}"
    folder.write_bytes(name, b"")
    folder.delete(name)


def reach_mlflow(uri: str, seconds: float) -> None:
    """Ask an MLflow server or database for its experiments. Raises whatever goes wrong."""
    from studies.engine.tracking.mlflow_tree import MlflowClient, check_uri

    check_uri(uri)
    parts = urlsplit(uri)
    port = parts.port or PORTS.get(parts.scheme.split("+")[0])
    if parts.hostname and port:  # MLflow tries for minutes to reach a database that is away
        socket.create_connection((parts.hostname, port), seconds / 3).close()
    MlflowClient(uri).search_experiments(max_results=1)


def greet(address: str, environment: dict[str, str], seconds: float = 20) -> Answer:
    """How the cluster at `address` answers a process with this environment."""
    command = [sys.executable, "-c", GREET, address]
    host, _, port = address.rpartition(":")
    try:
        socket.create_connection((host.strip("[]"), int(port)), seconds / 2).close()
        done = subprocess.run(command, env=environment, capture_output=True, timeout=seconds)
    except (OSError, ValueError, subprocess.TimeoutExpired):
        return "silent"
    return "welcome" if done.returncode == 0 else "refused" if done.returncode == 3 else "silent"


def why_not(seconds: float, action: Callable[..., Any], *arguments: Any) -> str:
    """Why an action cannot be done within `seconds`, as one line; empty if it can."""
    failure = [f"{SILENT} within {seconds:.0f} s"]

    def attempt() -> None:
        try:
            action(*arguments)
            failure[0] = ""
        except Exception as error:
            failure[0] = reason(error)

    # What waits for a server cannot be interrupted, only left behind.
    thread = threading.Thread(target=attempt, daemon=True)
    thread.start()
    thread.join(seconds)
    return failure[0]


def reason(error: BaseException) -> str:
    """An error in one line."""
    if isinstance(error, OSError) and error.strerror:
        return error.strerror
    lines = str(error).strip().splitlines() or [type(error).__name__]
    return re.sub(r"^--[a-z-]+ \S+: ", "", lines[0]).removesuffix(".")[:200]


def passwords(*uris: str) -> set[str]:
    """The passwords in URIs, as they stand there and as they are meant."""
    found = [re.search(r"://[^:\s]*:(\S*)@", uri) for uri in uris]
    written = {match[1] for match in found if match}
    return {word for word in written | {unquote(word) for word in written} if len(word) > 3}


def hide_secrets(text: str, secrets: Iterable[str]) -> str:
    """`text` as it may be shown, without `secrets` wherever they stand."""
    for secret in sorted(secrets, key=len, reverse=True):
        text = text.replace(secret, "***")
    return shown(text)
