"""Machines on a network of their own, made of Linux namespaces: sshd, home, /tmp and clock apart.

Each has its own network, processes and mounts; they share the processor, the disk that is mounted
at `SHARED`, and the Python that runs this. All of a machine ends with its first process.
"""

import contextlib
import shlex
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from pathlib import Path

import psutil

ROOT = Path(__file__).parents[2]
SHARED = "/mnt/shared"
NEEDED = ("unshare", "nsenter", "ip", "mount", "sshd", "ssh-keygen", "rsync")
KEPT = sorted({str(ROOT), sys.prefix, sys.base_prefix})
ENVIRONMENT = {
    "HOME": "/root",
    "PATH": f"{sys.prefix}/bin:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
    "LANG": "C.UTF-8",
    "RAY_USAGE_STATS_ENABLED": "0",
}

# Folders of this machine that every other one has for itself. What has to stay visible below them,
# the checkout and Python, is put back.
BOOT = """
set -eu
mount --make-rprivate /
mount -t tmpfs tmpfs /mnt
mkdir /mnt/kept /mnt/shared /mnt/upper /mnt/work
mount --bind "$1" /mnt/shared; venv=$2; shift 2
for path; do mkdir -p "/mnt/kept$path"; mount --bind "$path" "/mnt/kept$path"; done
for folder in /root /tmp /run /dev/shm; do
    mount -t tmpfs -o mode=755 tmpfs "$folder"
    for path; do
        case $path in "$folder"/*) mkdir -p "$path"; mount --bind "/mnt/kept$path" "$path";; esac
    done
done
chmod 1777 /tmp /dev/shm
mount -t overlay overlay -o "lowerdir=$venv,upperdir=/mnt/upper,workdir=/mnt/work" "$venv"
mkdir /root/venv; mount --bind "$venv" /root/venv
mkdir -m 700 /run/sshd /root/.ssh
ip link set lo up
hostname "$0"
echo up
while :; do sleep 3600 & wait $!; done  # a shell, which takes in what others leave behind
"""
SSHD = """
ssh-keygen -q -t ed25519 -N '' -f /run/sshd/key
exec $(command -v sshd) -f /dev/null -h /run/sshd/key -o PidFile=none -o UsePAM=no
"""
PIP = "[global]\nno-index = true\n[install]\nno-build-isolation = false\n"
"""There is no internet: what the project needs is there, itself it is installed."""


def why_not() -> str:
    """Why there can be no such machines here; empty if there can."""
    path = ENVIRONMENT["PATH"]
    if missing := [name for name in NEEDED if not shutil.which(name, path=path)]:
        packages = "iproute2, openssh-server, rsync and util-linux have them"
        return f"{', '.join(missing)} not installed; Debian's {packages}"
    tried = subprocess.run(
        ["unshare", "-nmupf", "sh", "-c", "mount -t tmpfs tmpfs /mnt && ip link add type veth"],
        capture_output=True,
        text=True,
    )
    return f"no namespaces: {tried.stderr.strip()}" if tried.returncode else ""


def fast_clock(seconds: int) -> dict[str, str]:
    """Variables of a shell whose clock is ahead; none where libfaketime is not installed."""
    libraries = sorted(Path("/usr/lib").glob("*/faketime/libfaketime.so.1"))
    if not libraries:
        return {}
    steady = {"FAKETIME_DONT_FAKE_MONOTONIC": "1"}
    return {"LD_PRELOAD": str(libraries[0]), "FAKETIME": f"+{seconds}s"} | steady


class Machine:
    """Runs one machine, which is up from the start.

    `shared` is a folder of this machine that it finds at `SHARED`.
    """

    def __init__(self, name: str, address: str, shared: Path) -> None:
        self.name, self.address = name, address
        spaces = ["--net", "--uts", "--mount", "--pid", "--fork", "--kill-child", "--mount-proc"]
        boot = ["bash", "-c", BOOT, name, str(shared), sys.prefix, *KEPT]
        self.process = subprocess.Popen(
            ["unshare", *spaces, *boot], stdout=subprocess.PIPE, text=True
        )
        assert self.process.stdout
        assert self.process.stdout.readline() == "up\n", f"{name} does not start"
        children = Path(f"/proc/{self.process.pid}/task/{self.process.pid}/children")
        self.pid = int(children.read_text())

    def start(self, command: str, **environment: str) -> subprocess.Popen[str]:
        """A shell command there, in the home folder, what it says together in one pipe."""
        return subprocess.Popen(
            [*self._enter, "--", "bash", "-c", f"cd; {command}"],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            env=ENVIRONMENT | environment,
        )

    def run(self, command: str, timeout: float = 240, **environment: str) -> tuple[int, str]:
        """Exit code and output of a shell command there."""
        process = self.start(command, **environment)
        try:
            output, _ = process.communicate(timeout=timeout)
        except subprocess.TimeoutExpired:
            process.kill()
            raise
        return process.returncode, output

    def do(self, command: str, timeout: float = 240, **environment: str) -> str:
        """Output of a shell command there that must not fail."""
        code, output = self.run(command, timeout, **environment)
        assert code == 0, f"{self.name}: {command}\n{output}"
        return output

    def write(self, path: str, text: str) -> None:
        """Make or replace a file there."""
        self.do(f"mkdir -p $(dirname {path}) && printf %s {shlex.quote(text)} > {path}")

    def processes(self, name: str) -> list[int]:
        """The machine's own pids of the processes whose command line begins with `name`."""
        lines = self.do("ps -eo pid=,args= -ww").splitlines()
        processes = [line.split(maxsplit=1) for line in lines]
        return [int(pid) for pid, command in processes if command.startswith(name)]

    def kill(self, process: subprocess.Popen[str]) -> None:
        """End a command that `start` began, and what it began itself."""
        for child in psutil.Process(process.pid).children(recursive=True):
            child.kill()
        process.wait()

    def outer_pids(self, name: str) -> list[int]:
        """Return `processes` by the pids of the machine that this runs on."""
        pids = []
        for child in psutil.Process(self.pid).children(recursive=True):
            with contextlib.suppress(psutil.NoSuchProcess):  # it has just ended
                if " ".join(child.cmdline()).startswith(name):
                    pids.append(child.pid)
        return pids

    def lose(self) -> None:
        """All its processes end at once, as with the power."""
        self.process.kill()
        self.process.wait()

    @property
    def _enter(self) -> list[str]:
        return ["nsenter", f"--target={self.pid}", "--net", "--uts", "--mount", "--pid"]


class Network:
    """Connects machines by one bridge. The first, `laptop`, is the user's.

    It holds the bridge and the key that opens the others.
    """

    def __init__(self) -> None:
        self.shared = Path(tempfile.mkdtemp(prefix="noisescape-cluster-"))
        self.machines: dict[str, Machine] = {}
        try:
            self.laptop = self._machine("laptop", "10.77.0.1")
            self.laptop.do("ip link add lan type bridge && ip addr add 10.77.0.1/24 dev lan")
            self.laptop.do(
                "ip link set lan up && ssh-keygen -q -t ed25519 -N '' -f .ssh/id_ed25519"
            )
            self.key = self.laptop.do("cat .ssh/id_ed25519.pub")
        except BaseException:
            self.close()
            raise

    def add(self, number: int, setup: Mapping[str, str] | None = None) -> Machine:
        """The host 10.77.0.1<number>, new, with sshd; `setup` are variables of its shells."""
        name = f"host{number}"
        if name in self.machines:
            self.machines[name].lose()
        host = self._machine(name, f"10.77.0.1{number}")
        # By this machine's pids, which is why only the network is entered.
        enter = ["nsenter", f"--net=/proc/{self.laptop.pid}/ns/net", "ip", "link"]
        run = lambda *words: subprocess.run([*enter, *words], check=True)  # noqa: E731
        subprocess.run([*enter, "del", name], capture_output=True)  # a lost machine's end of it
        run("add", name, "type", "veth", "peer", "name", "eth0", "netns", str(host.pid))
        run("set", name, "master", "lan", "up")
        host.do(f"ip addr add {host.address}/24 dev eth0 && ip link set eth0 up")
        variables = {"PATH": f"{sys.base_prefix}/bin:$PATH"} | dict(setup or {})
        host.write("~/.bashrc", "".join(f'export {k}="{v}"\n' for k, v in variables.items()))
        host.write("~/.bash_profile", ". ~/.bashrc\n")
        host.write("~/.config/pip/pip.conf", PIP)
        host.write("~/.ssh/authorized_keys", self.key)
        host.do(SSHD)
        return host

    def cut(self, host: Machine) -> None:
        """Nothing comes to the host or from it any more."""
        self.laptop.do(f"ip link set {host.name} down")

    def mend(self, host: Machine) -> None:
        """The host is back on the network."""
        self.laptop.do(f"ip link set {host.name} up")

    def close(self) -> None:
        """End all machines, and remove the disk that they share."""
        for machine in reversed(self.machines.values()):
            machine.lose()
        shutil.rmtree(self.shared, ignore_errors=True)

    def _machine(self, name: str, address: str) -> Machine:
        self.machines[name] = Machine(name, address, self.shared)
        return self.machines[name]


if __name__ == "__main__":
    if why := why_not():
        sys.exit(f"make test-cluster cannot run here: {why}")
