"""Our `cluster.onprem.yaml` on three machines, brought up and used by the written commands."""

import contextlib
import functools
import re
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path

from studies.engine.store.store import Store
from tests import commands
from tests.cluster.machines import ENVIRONMENT, ROOT, SHARED, Machine, Network

FILE = "cluster.onprem.yaml"
STUDY = "studies/audio_grid.py"
CHANGES = {
    "head_ip": "10.77.0.11",
    "worker_ips": "[10.77.0.12, 10.77.0.13]",
    "ssh_user": "root",
    "ssh_private_key": "~/.ssh/id_ed25519",
}
CLIPS = "noisescape/studies/clips"
CLIP = f"{CLIPS}/perc_bell.flac"
MLFLOW = "http://10.77.0.1:5000"  # where nothing listens, but in some of the tests
QUIET_SECONDS = 3.0
"""Seconds that `slowness` takes as those of a quiet machine."""

HOSTS = ("host1", "host2", "host3")
SIZES = "--scale small --epochs 100 --max-samples 2048"


class RayCluster:
    """Holds three hosts with a CPU each, the first of them the head, and the user's checkout."""

    def __init__(self, network: Network) -> None:
        self.network, self.laptop = network, network.laptop
        self.faults = network.shared / "faults"
        self.faults.mkdir()
        self.hosts: list[Machine] = []
        self.renew_hosts()
        # The user's steps: a checkout, the marked lines changed, a token.
        copied = "rsync -a --filter=':- .gitignore' --exclude=.git"
        self.laptop.do(f"{copied} {ROOT}/ noisescape/")
        text = (ROOT / FILE).read_text()
        for field, value in CHANGES.items():
            text, count = re.subn(rf"\b({field}: ).*# CHANGE.*", rf"\g<1>{value}", text)
            assert count == 1, field
        self.laptop.write(f"noisescape/{FILE}", text)
        self.laptop.do("umask 077; ray get-auth-token --generate")

    @property
    def head(self) -> Machine:
        return self.hosts[0]

    def renew_hosts(self, **last: str) -> None:
        """New machines under the old addresses; `last` is set in the shells of the last one."""
        one_cpu = {"RAY_OVERRIDE_RESOURCES": r"{\"CPU\":1}"}
        hooks = {"PYTHONPATH": "/root/noisescape/tests/cluster/hooks"}
        self.hosts = [
            self.network.add(number, one_cpu | hooks | (last if number == 3 else {}))
            for number in (1, 2, 3)
        ]

    def up(self) -> None:
        """`ray up`, until all hosts are there."""
        self.laptop.do(f"cd noisescape; ray up -y {FILE}")
        wait_until(lambda: self.num_nodes == 3, 200, "three nodes")

    def down(self) -> None:
        self.laptop.do(f"cd noisescape; ray down -y {FILE}")

    @property
    def num_nodes(self) -> int:
        """Nodes that are alive in Ray's own table, in which studies count their workers.

        `ray status` is no measure. It counts addresses, so that of a node which Ray has given up
        and is about to start again counts as well.
        """
        command = "ray list nodes --filter state=ALIVE --format json"
        _, output = self.head.run(f"bash --login -c -i '{command} 2> /dev/null'")
        return output.count('"node_id"')

    @property
    def reserved_hosts(self) -> list[Machine]:
        """The hosts whose CPU Ray counts as reserved."""
        _, output = self.head.run("bash --login -c -i 'ray status -v 2> /dev/null'")
        usage = re.findall(
            r"^Node: (\S+) .*\n Usage:\n\s+([\d.]+)/[\d.]+ CPU", output, re.MULTILINE
        )
        reserved = {address for address, used in usage if float(used) > 0}
        return [host for host in self.hosts if host.address in reserved]

    def heal(self) -> list[Machine]:
        """Restart Ray where a CPU stays reserved although no study runs, and return these hosts.

        Ray itself leaves such a reservation behind now and then when a driver is killed. No actor,
        placement group or worker is there any more, and the node gets no work from then on.
        """
        with contextlib.suppress(AssertionError):
            wait_until(lambda: not self.reserved_hosts, 60, "free CPUs")
        lost = [host for host in self.reserved_hosts if host is not self.head]
        for host in lost:
            host.do("pkill -9 -x raylet")
        if lost:
            wait_until(lambda: self.num_nodes == 3 - len(lost), 120, "the end of the node")
            wait_until(lambda: self.num_nodes == 3, 300, "the node's return")
        return lost

    def described(self) -> str:
        """Return what Ray knows of its nodes and its work, and what each raylet does."""
        sections = []
        for command in (
            "ray status -v",
            "ray list nodes",
            "ray list actors --filter state!=DEAD --detail",
            "ray list placement-groups --filter state!=REMOVED --detail",
            "ray list workers --filter is_alive=True --detail",
        ):
            _, output = self.head.run(f"bash --login -c -i '{command} 2> /dev/null'")
            sections.append(f"$ {command}\n{output[-5000:]}")
        logs = "/tmp/ray/session_latest/logs"
        for host in self.hosts:
            for command in (
                "ps -eo pid,stat,lstart,args -ww | cut -c1-150",
                f"grep -v state-dump {logs}/raylet.out | tail -n 40 | cut -c1-300",
                f"head -n 60 {logs}/debug_state.txt | cut -c1-300",
                f"tail -n 20 {logs}/runtime_env_agent.log {logs}/dashboard_agent.log",
                "df /tmp /dev/shm",
            ):
                _, output = host.run(command)
                sections.append(f"{host.name} $ {command}\n{output[-5000:]}")
        return "\n".join(sections)

    def submit(self, arguments: str) -> subprocess.Popen[str]:
        """`ray submit` of the study, which goes on by itself."""
        return self.laptop.start(f"cd noisescape; ray submit {FILE} {STUDY} -- {arguments}")


class Submitted:
    """Follows a study under way. Its results are on the disk that all machines share."""

    def __init__(
        self,
        cluster: RayCluster,
        name: str,
        clips: str = CLIP,
        uri: str = MLFLOW,
        awaited: Sequence[str] = HOSTS,
    ) -> None:
        self.cluster, self.results = cluster, cluster.network.shared / name
        self.arguments = f"{SIZES} --signals {clips} --results {SHARED}/{name}"
        self.arguments += f" --tracking-uri {uri}" if uri else ""
        self.begun_file = cluster.faults / "begun"
        self.begun_file.write_text("")
        (cluster.faults / "awaited").write_text(" ".join(awaited))
        self.again()

    def again(self, verb: str = "run") -> None:
        """The same command once more, or another."""
        self.process = self.cluster.submit(f"{verb} {self.arguments}")

    def wait_for_rows(self, count: int) -> None:
        wait_until(lambda: self.num_rows >= count or not self.runs, 240, f"{count} rows")
        assert self.runs or self.num_rows >= count, self.process.communicate()[0]

    @property
    def runs(self) -> bool:
        return self.process.poll() is None

    @property
    def num_rows(self) -> int:
        """Count the stored fits."""
        return commands.num_rows(self.results)

    @property
    def begun(self) -> list[tuple[str, str]]:
        """(host, key) of every fit that began, in order."""
        lines = self.begun_file.read_text().splitlines()
        return [(host, key) for host, key in map(str.split, lines)]

    @property
    def num_repeated(self) -> int:
        """Fits that began once more."""
        return len(self.begun) - len({key for _, key in self.begun})

    def wait_for_fit_on(self, host: Machine) -> str:
        """The key of the next fit that begins there."""
        count = len(self.begun)
        new_keys = lambda: [key for name, key in self.begun[count:] if name == host.name]  # noqa: E731
        self._wait(new_keys, f"a fit on {host.name}")
        assert new_keys(), f"the study ended without another fit on {host.name}"
        return new_keys()[0]

    def wait_for_all_hosts(self) -> None:
        """Until every host has begun a fit."""
        self._wait(lambda: self.hosts >= set(HOSTS), "a fit on every host")
        assert self.hosts >= set(HOSTS), f"the study ended with fits on {self.hosts} alone"

    def _wait(self, is_so: Callable[[], object], what: str) -> None:
        """Until it is so or the study has ended; says what Ray does if that takes too long."""
        try:
            wait_until(lambda: is_so() or not self.runs, 240, what)
        except AssertionError as error:
            raise AssertionError(f"{error}\n{self.cluster.described()}") from None

    @property
    def hosts(self) -> set[str]:
        """The hosts that have begun a fit."""
        return {host for host, _ in self.begun}

    def last_begun(self, host: Machine) -> str:
        """The key of the last fit that began there."""
        return [key for name, key in self.begun if name == host.name][-1]

    def times_begun(self, key: str) -> int:
        return sum(begun == key for _, begun in self.begun)

    def seconds_until_again(self, *keys: str) -> float:
        """Until fits that were broken off have begun once more, or turn out to be stored."""
        counts = {key: self.times_begun(key) for key in keys}
        is_again = lambda key: self.times_begun(key) > counts[key] or key in self.stored_keys  # noqa: E731
        return wait_until(lambda: all(map(is_again, keys)), 240, "the fits that were broken off")

    @property
    def stored_keys(self) -> set[str]:
        return set(
            Store(str(self.results), create=False).read("fits", None, ["key"])["key"].to_pylist()
        )

    def end(self) -> str:
        """What the study said, without colours."""
        output, _ = self.process.communicate(timeout=420 * slowness())
        self.ended = time.time()
        assert self.process.returncode == 0, output
        return plain(output)


def plain(output: str) -> str:
    return re.sub(r"\x1b\[[0-9;?]*[a-zA-Z]", "", output).replace("\r", "")


def table(output: str, clip: str = Path(CLIP).stem) -> list[str]:
    """The lines of a study's table that are of a clip."""
    return [line.rstrip() for line in output.splitlines() if re.match(rf" {clip} .*\d/\d", line)]


@functools.cache
def slowness() -> float:
    """How much slower than a quiet machine with two cores this one is now, at least 1."""
    command = [sys.executable, "-c", "import ray.tune, torch"]
    seconds = []
    for _ in range(2):  # the first may have to read files from the disk
        started = time.monotonic()
        subprocess.run(command, check=True, env=ENVIRONMENT)
        seconds.append(time.monotonic() - started)
    return max(1.0, seconds[-1] / QUIET_SECONDS)


def wait_until(is_so: Callable[[], object], seconds: float, what: str) -> float:
    """Seconds until it is so. On a slow machine it may take longer than `seconds`."""
    started = time.monotonic()
    allowed = seconds * slowness()
    while not is_so():
        assert time.monotonic() < started + allowed, f"{what}: not within {allowed:.0f} s"
        time.sleep(0.2)
    return time.monotonic() - started
