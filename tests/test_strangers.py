"""Names, passwords and ports of a real study: nothing of them gets where it does harm."""

import contextlib
import ipaddress
import os
import re
import subprocess
import sys
import tempfile
import time
from html.parser import HTMLParser
from pathlib import Path
from typing import NamedTuple

import numpy as np
import psutil
import pytest
import soundfile

from studies import audio_grid
from studies.engine.signals.signal import Signal

pytestmark = pytest.mark.slow

NAMES = (
    "<img src=x onerror=alert(1)> {{7*7}} [red]bold[!red] :bell:",
    "-rf; $(touch pwned) `touch pwned` '\" $\\frac{a}{$ %s {0}",
    "\x1b]0;pwned\x07\x1b[31m\nerror: \u202egnp.exe caf\udce9",
    ".." + "x" * 240,
)
SECRET = "pa55/W0rd+x"
TRACKING = f"http://user:{SECRET}@127.0.0.1:9/?token={SECRET}"


class Seen(NamedTuple):
    """Holds what a study printed, wrote and listened on when it was run and then reported on."""

    folder: Path
    codes: list[int]
    printed: bytes
    listening: set[tuple[str, str]]
    """(process, address) at any time."""
    logs: bytes
    """Whatever Ray and its workers wrote."""


@pytest.fixture(scope="module")
def seen(tmp_path_factory):
    folder = tmp_path_factory.mktemp("strangers")
    (folder / "clips").mkdir()
    for name in NAMES:
        samples = np.random.default_rng(len(name)).uniform(-0.5, 0.5, 300)
        soundfile.write(os.fsencode(folder / "clips" / f"{name}.wav"), samples, 44_100)
    flags = ["--scale", "small", "--results", "results", "--signals", "clips"]
    fits = ["--epochs", "3", "--seeds", "1"]
    tracking = ["--tracking-uri", TRACKING]
    # Of its own, so that all that Ray writes can be looked through; short, as sockets want it.
    with tempfile.TemporaryDirectory(prefix="r", dir="/tmp") as ray_folder:
        environment = os.environ | {"RAY_TMPDIR": ray_folder, "RAY_ADDRESS": "local"}

        def start(verb: str, *arguments: str) -> subprocess.Popen[bytes]:
            command = [sys.executable, "-u", audio_grid.__file__, verb, *flags, *arguments]
            return subprocess.Popen(
                command, cwd=folder, env=environment, stdout=-1, stderr=subprocess.STDOUT
            )

        printed, codes, listening = b"", [], set()
        for arguments in (("run", *fits, *tracking), ("status",), ("report", *tracking)):
            with start(*arguments) as process:
                # Until a fit's worker is among what listens: to look costs more than to run.
                while process.poll() is None and not any("Impl" in name for name, _ in listening):
                    listening |= ports(process.pid)
                    time.sleep(1)
                printed += process.communicate(timeout=240)[0]
            codes.append(process.returncode)
        logs = b"".join(path.read_bytes() for path in files(Path(ray_folder)))
    return Seen(folder, codes, printed, listening, logs)


def ports(pid: int) -> set[tuple[str, str]]:
    open_ports = set()
    with contextlib.suppress(psutil.NoSuchProcess):
        driver = psutil.Process(pid)
        for process in (driver, *driver.children(recursive=True)):
            with contextlib.suppress(psutil.NoSuchProcess):
                open_ports |= {
                    (process.name(), connection.laddr.ip.removeprefix("::ffff:"))
                    for connection in process.net_connections("inet")
                    if connection.status == psutil.CONN_LISTEN
                }
    return open_ports


def files(folder: Path) -> list[Path]:
    return [path for path in folder.rglob("*") if path.is_file() and not path.is_symlink()]


def test_it_ends_well_whatever_the_clips_are_called(seen):
    assert seen.codes == [0, 0, 0], seen.printed.decode(errors="replace")


def test_no_port_is_open_to_other_machines(seen):
    names = {name for name, _ in seen.listening}
    assert {"gcs_server", "raylet"} <= names, "Ray must be seen"
    assert any("Impl" in name for name in names), "and a worker with a fit"
    assert [at for at in seen.listening if not ipaddress.ip_address(at[1]).is_loopback] == []


def test_everything_is_written_inside_of_the_results(seen):
    assert {path.name for path in seen.folder.iterdir()} == {"clips", "results"}
    assert len(list((seen.folder / "clips").iterdir())) == len(NAMES)
    named = [path.name for path in files(seen.folder / "results")]
    assert {"report.html", "study.json"} <= set(named)
    assert [name for name in named if not re.fullmatch(r"[\w.-]+", name, re.ASCII)] == []


def test_no_escape_reaches_the_terminal_and_no_mark_is_obeyed(seen):
    assert not re.search(rb"[\x00-\x09\x0b-\x1f\x7f]", seen.printed)
    text = seen.printed.decode()
    assert not re.search("[\u0080-\u009f\u202a-\u202e\u2066-\u2069]", text)
    assert r"\x1b]0;pwned\x07" in text
    assert "<img src=x" in text
    assert "-rf; $(touch" in text
    assert not any(line.startswith("error: ") for line in text.splitlines())


OF_THE_PAGE = ("#", "data:image/png;base64,", "data:image/jpeg;base64,", "data:audio/wav;base64,")


class Tags(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.found: set[str] = set()
        self.attributes: set[str] = set()
        self.text = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.add(tag)
        self.attributes |= {name for name, _ in attrs}
        assert all(v is None or v.startswith(OF_THE_PAGE) for n, v in attrs
                   if n in ("src", "href"))  # fmt: skip

    def handle_data(self, data: str) -> None:
        self.text += data


def test_a_name_is_text_in_the_report(seen):
    (report,) = seen.folder.glob("results/_studies/*/report.html")
    tags = Tags()
    tags.feed(report.read_text())
    assert not {"script", "iframe", "object"} & tags.found
    assert not [name for name in tags.attributes if name.startswith("on")]
    assert NAMES[0] in tags.text, "neither parsed as HTML nor as a template"
    assert NAMES[1] in tags.text


def test_no_password_is_printed_or_stored(seen):
    assert b"http://***@127.0.0.1:9/?token=***" in seen.printed, "the place must be named"
    assert b"gcs_server" in seen.logs, "Ray's logs must be looked through"
    for content in (seen.printed, seen.logs, *(path.read_bytes() for path in files(seen.folder))):
        assert b"pa55" not in content
        assert b"W0rd" not in content


def test_a_signals_name_is_printable_whatever_made_it():
    fields = {"sha256": "0" * 64, "shape": (1,), "channels": 1, "sample_rate": None}
    fields |= {"file_samples": 1, "crop": "head", "crop_start": 0, "peak": 1.0, "psnr_zero": 0.0}
    signal = Signal(name=NAMES[2], source=f"clips/{NAMES[2]}", descriptors={}, **fields)
    assert signal.name == r"\x1b]0;pwned\x07\x1b[31m\nerror: \u202egnp.exe caf" + "\ufffd"
    assert signal.source == f"clips/{signal.name}"
