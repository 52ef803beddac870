"""What the doctor makes of a cluster's file, of what nodes report, and of secrets."""

import time
from pathlib import Path

import pytest

from inr_models import InputError
from studies.engine.doctor import checks, findings
from studies.engine.doctor.command import passwords, without_passwords
from studies.engine.doctor.findings import Node
from studies.engine.doctor.nodes import read_cluster

ROOT = Path(__file__).parents[1]


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("a: [", "not YAML"),
        ("", "None is not of type 'object'"),
        ("cluster_name: x\nprovider: 3\n", r"\$\.provider: 3 is not of type 'object'"),
        ("cluster_name: x\nprovider: {type: aws}\nmax_workers: four\n", "'four' is not of type"),
    ],
)
def test_a_file_that_ray_would_not_take_is_refused(text, why, tmp_path):
    (tmp_path / "bad.yaml").write_text(text)
    with pytest.raises(InputError, match=why):
        read_cluster(str(tmp_path / "bad.yaml"))


@pytest.mark.parametrize(("name", "workers"), [("cluster.yaml", 0), ("cluster.onprem.yaml", 2)])
def test_our_files_say_how_many_workers_stay(name, workers):
    assert read_cluster(str(ROOT / name)).min_workers == workers


def report(**changes):
    base = {"code": checks.code_hash(), "versions": checks.versions(), "gpus": 0}
    return base | {"gpu_error": "", "refusal": ""} | changes


@pytest.mark.parametrize(
    ("seen", "usable", "level", "words"),
    [
        (2, 2, "ok", "2, which torch can use"),
        (0, 0, "ok", "none"),
        (2, 1, "problem", "Ray hands out 2, torch can use 1: no driver"),
        (0, 1, "note", "Ray hands out only 0"),
        (0, -1, "problem", "torch does not start: no driver"),
    ],
)
def test_gpus_that_ray_hands_out_must_be_those_that_torch_can_use(seen, usable, level, words):
    asked = {Node("", "10.0.0.11", seen, False): report(gpus=usable, gpu_error="no driver")}
    [found] = findings.gpus(asked)
    assert found.level == level
    assert words in found.text


def test_a_node_where_torch_takes_long_is_perhaps_busy():
    usable, why = checks.usable_gpus(0.01)  # no torch is imported in that time
    [found] = findings.gpus({Node("", "10.0.0.11", 0, False): report(gpus=usable, gpu_error=why)})
    assert found.text == "10.0.0.11: torch does not start: no answer within 0 s"
    assert found.fix == (
        "if that node is busy, give a longer --timeout; else install what "
        "constraints.txt pins there"
    )


def test_another_version_on_a_node_is_a_problem():
    other = checks.versions() | {"torch": "1.0"}
    [found] = findings.versions({Node("", "10.0.0.11", 0, False): report(versions=other)})
    assert found.level == "problem"
    assert "10.0.0.11 has torch 1.0, this node" in found.text


def test_a_worker_that_cannot_write_a_bucket_is_no_problem(tmp_path):
    asked = {Node("", "10.0.0.11", 0, False): report(refusal="access denied")}
    found = list(findings.results(asked, f"file://{tmp_path}", 10))
    assert [finding.level for finding in found] == ["ok", "note"]


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
    assert checks.failure_of(0.2, time.sleep, 5) == "no answer within 0 s"
    assert time.monotonic() - started < 2
