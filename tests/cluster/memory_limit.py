"""A limit on the memory of some processes, set in the kernel's cgroups, version 1 or 2."""

import contextlib
import uuid
from collections.abc import Sequence
from pathlib import Path

ROOT = Path("/sys/fs/cgroup")


class MemoryLimit:
    """Limits what a group of processes may take from now on. They die where that is too little.

    Raises:
        OSError: there can be no such group here.
    """

    def __init__(self, pids: Sequence[int], num_bytes: int) -> None:
        own = dict(line.split(":")[1:] for line in Path("/proc/self/cgroup").read_text().split())
        name = f"noisescape-{uuid.uuid4().hex[:8]}"
        self.is_first_version = "memory" in own
        parent = ROOT / "memory" if self.is_first_version else ROOT
        self.path = parent / own["memory" if self.is_first_version else ""].lstrip("/") / name
        self.path.mkdir()
        try:
            limit = "memory.limit_in_bytes" if self.is_first_version else "memory.max"
            (self.path / limit).write_text(str(num_bytes))
            for pid in pids:
                (self.path / "cgroup.procs").write_text(str(pid))
        except OSError:
            self.remove()
            raise

    @property
    def num_kills(self) -> int:
        """Processes that the kernel has killed here."""
        file = "memory.oom_control" if self.is_first_version else "memory.events"
        lines = (self.path / file).read_text().splitlines()
        return int(next(line for line in lines if line.startswith("oom_kill ")).split()[1])

    def remove(self) -> None:
        """Give its processes back to the group above."""
        for pid in (self.path / "cgroup.procs").read_text().split():
            with contextlib.suppress(OSError):
                (self.path.parent / "cgroup.procs").write_text(pid)
        self.path.rmdir()
