"""Say what a fit ran on: the versions of the software, the commit and the device."""

import platform
import subprocess
from functools import cache
from importlib import metadata
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import torch


def device_name(device: "torch.device") -> str:
    """Return what a fit's row calls the device: the model of a GPU, or CPU."""
    if device.type != "cuda":
        return "CPU"
    import torch

    return torch.cuda.get_device_name(device)


@cache
def versions() -> str:
    """Return the versions of what decides a number: noisescape, Python, torch."""
    import torch  # the package's metadata does not name its build

    try:
        own = metadata.version("noisescape")
    except metadata.PackageNotFoundError:
        own = "not installed"
    return f"noisescape {own}, Python {platform.python_version()}, torch {torch.__version__}"


@cache
def git_commit() -> str | None:
    """Return the short commit of the checkout this code runs from, with + if it has changes."""
    here = Path(__file__).parent

    def git(*arguments: str) -> str:
        command = ["git", "-C", str(here), *arguments]
        return subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip()

    try:
        if not git("ls-files", Path(__file__).name):  # installed beside a foreign checkout
            return None
        commit = git("rev-parse", "--short=12", "HEAD")
        return f"{commit}+" if git("status", "-s", "-uno") else commit
    except (OSError, subprocess.CalledProcessError):
        return None
