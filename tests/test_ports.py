"""What listens while a study runs on one machine can be reached from that machine alone."""

import ipaddress

import psutil

from studies import audio_grid
from tests.commands import start, wait_for_rows


def test_no_port_of_a_running_study_is_open_to_other_machines(
    tmp_path, make_wav, noise, monkeypatch
):
    monkeypatch.setenv("RAY_ADDRESS", "local")
    clip = make_wav("a.wav", noise[:1024])
    study = start(
        audio_grid.__file__, "run", tmp_path / "results", "--scale", "small", "--signals", clip,
        "--epochs", 40, "--seeds", 1, "--max-concurrent", 1,
    )  # fmt: skip
    try:
        wait_for_rows(tmp_path / "results", 1)
        driver = psutil.Process(study.pid)
        listening = [
            (process.name(), connection.laddr.ip.removeprefix("::ffff:"))
            for process in (driver, *driver.children(recursive=True))
            for connection in process.net_connections("inet")
            if connection.status == psutil.CONN_LISTEN
        ]
    finally:
        study.terminate()
        study.communicate(timeout=60)
    assert {"gcs_server", "raylet"} <= {name for name, _ in listening}, "Ray must be among them"
    assert [entry for entry in listening if not ipaddress.ip_address(entry[1]).is_loopback] == []
