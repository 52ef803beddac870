"""Check what the doctor concludes from a cluster file, from reports of nodes, and about secrets."""

import re
import time
from pathlib import Path

import pytest

from studies.engine.doctor import checks, findings
from studies.engine.doctor.command import passwords, without_passwords
from studies.engine.doctor.findings import Node
from studies.engine.doctor.nodes import read_cluster
from tests.refusals import refused

ROOT = Path(__file__).parents[1]
NAME = "10.0.0.11"
"""The name of a node."""


@pytest.mark.parametrize(
    ("text", "data"),
    [
        ("a: [", []),
        ("", [None]),
        ("cluster_name: x\nprovider: 3\n", ["$.provider: 3"]),
        ("cluster_name: x\nprovider: {type: aws}\nmax_workers: four\n", ["max_workers", "four"]),
    ],
)
def test_a_file_that_ray_would_not_take_is_refused(text, data, tmp_path):
    file = tmp_path / "bad.yaml"
    file.write_text(text)
    with refused("wrong-kind", file, *data):
        read_cluster(str(file))


@pytest.mark.parametrize(("name", "workers"), [("cluster.yaml", 0), ("cluster.onprem.yaml", 2)])
def test_our_files_say_how_many_workers_stay(name, workers):
    assert read_cluster(str(ROOT / name)).min_workers == workers


def report(**changes):
    base = {"code": checks.code_hash(), "versions": checks.versions(), "gpus": 0}
    return base | {"gpu_error": "", "refusal": ""} | changes


@pytest.mark.parametrize(
    ("seen", "usable", "level", "numbers"),
    [
        (2, 2, "ok", ["2"]),
        (0, 0, "ok", []),
        (2, 1, "problem", ["2", "1"]),
        (0, 1, "note", ["1", "0"]),
        (0, -1, "problem", []),
    ],
)
def test_gpus_that_ray_hands_out_must_be_those_that_torch_can_use(seen, usable, level, numbers):
    reports = {Node("", NAME, seen, False): report(gpus=usable, gpu_error="no driver")}
    [finding] = findings.gpus(reports)
    assert (finding.level, finding.subject) == (level, "GPUs")
    assert re.findall(r"\d+", finding.text.removeprefix(NAME)) == numbers
    assert finding.text.endswith("no driver") == (level == "problem"), "the reason is given"


def test_a_node_where_torch_takes_long_is_perhaps_busy():
    usable, why = checks.usable_gpus(0.01)  # no torch is imported in that time
    [finding] = findings.gpus({Node("", NAME, 0, False): report(gpus=usable, gpu_error=why)})
    assert finding.level == "problem"
    assert NAME in finding.text
    assert checks.SILENT in finding.text
    for name in ("--timeout", "constraints.txt"):
        assert name in finding.fix


def test_another_version_on_a_node_is_a_problem():
    own = checks.versions()
    reports = {Node("", NAME, 0, False): report(versions=own | {"torch": "1.0"})}
    [finding] = findings.versions(reports)
    assert (finding.level, finding.subject) == ("problem", "versions")
    for word in (NAME, "torch 1.0", own["torch"]):
        assert word in finding.text


def test_a_worker_that_cannot_write_a_bucket_is_no_problem(tmp_path):
    reports = {Node("", NAME, 0, False): report(refusal="access denied")}
    ok, note = findings.results(reports, f"file://{tmp_path}", 10)
    assert (ok.level, note.level) == ("ok", "note")
    assert f"file://{tmp_path}" in ok.text
    for word in (NAME, "access denied"):
        assert word in note.text


def test_the_hash_is_of_what_the_python_files_hold(tmp_path, monkeypatch):
    monkeypatch.setattr(checks, "PACKAGES", ("doctored",))
    monkeypatch.syspath_prepend(tmp_path)
    file = tmp_path / "doctored/__init__.py"
    file.parent.mkdir()
    hashes = []
    for text in ("a = 1\n", "a = 2\n", "a = 1\n"):
        file.write_text(text)
        hashes.append(checks.code_hash())
    file.rename(file.with_name("other.py"))
    file.touch()
    assert hashes[0] == hashes[2] != hashes[1]
    assert checks.code_hash() not in hashes


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("http://me:pass@host/x is away", "http://***@host/x is away"),
        ("postgresql+psycopg://me:p@ss/w@host/db", "postgresql+psycopg://***@host/db"),
        ("s3://id:key@bucket/x", "s3://***@bucket/x"),
        ("postgresql://h/db?user=me&password=abc", "postgresql://h/db?user=***&password=***"),
        ("no URI, mail me@host", "no URI, mail me@host"),
    ],
)
def test_secrets_in_uris_are_not_shown(text, shown):
    assert without_passwords(text, ()) == shown


def test_a_password_is_not_shown_outside_its_uri_either():
    secrets = passwords("http://me:p%40ssword@host")
    assert without_passwords("refused p@ssword and p%40ssword", secrets) == "refused *** and ***"


def test_what_takes_too_long_is_given_up():
    started = time.monotonic()
    assert checks.failure_of(0.2, time.sleep, 5).startswith(checks.SILENT)
    assert time.monotonic() - started < 2
