"""A user's mistake is one sentence on stderr and exit code 2, before anything runs."""

import subprocess
import sys

import numpy as np
import pytest

from studies import audio_architectures
from studies.audio_grid import STUDY
from studies.command.cli import main
from studies.engine.cluster import workers
from studies.engine.cluster.workers import Workers


def refuse(capsys, *argv: object) -> str:
    """The one line that refuses `argv`."""
    with pytest.raises(SystemExit) as stop:
        main(STUDY, [str(argument) for argument in argv])
    assert stop.value.code == 2
    captured = capsys.readouterr()
    assert captured.out == ""
    assert captured.err.startswith("error: ")
    assert captured.err.count("\n") == 1
    return captured.err


@pytest.fixture
def small(tmp_path) -> tuple[object, ...]:
    return ("run", "--scale", "small", "--results", tmp_path / "results")


def test_bad_files_are_refused(capsys, small, tmp_path, make_wav):
    (tmp_path / "text.wav").write_text("not a sound")
    (tmp_path / "empty.wav").touch()
    (tmp_path / "folder").mkdir()
    silent = make_wav("silent.wav", np.zeros(5000))
    for name in ("text.wav", "empty.wav", "missing.wav", "folder", "*.ogg", silent.name):
        path = tmp_path / name
        assert refuse(capsys, *small, "--signals", path).startswith(f"error: {path}: ")
    line = refuse(capsys, *small, "--signals", "x" * 300)
    assert line.startswith(f"error: {'x' * 200}...: ")
    assert not list(tmp_path.glob("results/fits/*"))


@pytest.mark.parametrize(
    ("flags", "field"),
    [
        (("--epochs", 0), "epochs = 0: "),
        (("--seeds", 0), "seeds = 0: "),
        (("--seeds", 101), "seeds = 101: "),
        (("--max-samples", 10), "max_samples = 10: "),
        (("--max-concurrent", 0), "--max-concurrent 0: "),
        (("--workers-per-gpu", 0), "--workers-per-gpu 0: "),
        (("--precision", "half"), "precision = 'half': "),
        (("--tracking-uri", "mlruns"), "--tracking-uri mlruns: "),
    ],
)
def test_flags_out_of_range_are_refused(capsys, small, flags, field):
    assert refuse(capsys, *small, *flags).startswith(f"error: {field}")


def test_results_that_cannot_be_written_are_refused(capsys, tmp_path):
    (tmp_path / "file").write_text("in the way")
    folder = tmp_path / "file" / "results"
    assert f"error: {folder}: " in refuse(capsys, "run", "--results", folder)


@pytest.mark.parametrize(
    ("results", "name"),
    [
        ("~nosuchuser/x", ""),
        ("s3://[x", ""),
        ("s3://", "s3://BUCKET"),
        ("r?1", "?"),
        ("r%20x", "%"),
    ],
)
def test_results_that_are_no_place_are_refused(capsys, tmp_path, monkeypatch, results, name):
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("MLFLOW_TRACKING_URI", raising=False)
    line = refuse(capsys, "run", "--results", results, "--scale", "small")
    place, sentence = line.removeprefix("error: ").split(": ", 1)
    assert place == f"--results {results}"
    assert name in sentence
    assert not list(tmp_path.iterdir())


def test_networks_that_tf32_would_hurt_are_named(capsys, tmp_path):
    flags = ["--results", str(tmp_path), "--precision", "tf32", "--networks", "siren", "wire"]
    with pytest.raises(SystemExit) as stop:
        main(audio_architectures.STUDY, ["run", *flags])
    assert stop.value.code == 2
    said = capsys.readouterr().err
    assert said.startswith("error: --precision tf32: wire ")
    assert "siren" not in said


def test_run_is_the_default_verb(capsys, small):
    assert "epochs = 0" in refuse(capsys, *small[1:], "--epochs", 0)


@pytest.mark.parametrize("verb", ["status", "report"])
def test_what_was_never_run_has_no_status_and_no_report(capsys, tmp_path, verb):
    line = refuse(capsys, verb, "--results", tmp_path)
    assert line.startswith(f"error: {tmp_path}: ")
    assert "audio_grid" in line


def test_a_space_with_its_bounds_reversed_is_a_sentence_too(tmp_path):
    study = tmp_path / "mine.py"
    study.write_text(
        "from studies.command.cli import main\n"
        "from search_spaces.axes import Log\n"
        "GRID = Log(low=100, high=10, num=3)\n"
    )
    done = subprocess.run([sys.executable, study], capture_output=True, text=True)
    assert done.returncode == 2
    assert done.stderr == "error: low = 100, high = 10: give finite bounds with low < high.\n"


@pytest.mark.parametrize("flags", [("--precision", "tf32"), ("--workers-per-gpu", "2")])
def test_what_only_a_gpu_has_is_refused_on_a_cpu(capsys, monkeypatch, small, flags):
    start = f"error: {' '.join(flags)}: "
    assert start in refuse(capsys, *small, "--device", "cpu", *flags)
    cores = Workers(device="cpu", count=2, limit=2)
    monkeypatch.setattr(workers, "connect", lambda *_: cores)
    with pytest.raises(SystemExit) as stop:
        main(STUDY, [*map(str, small), *flags])
    assert stop.value.code == 2
    assert capsys.readouterr().err.startswith(start)


SECRET = "pa55word"


@pytest.mark.parametrize(
    "flags",
    [
        ("--tracking-uri", f"ftp://user:{SECRET}@host"),
        ("--tracking-uri", f"postgresql://user:x {SECRET}@host/db"),
        ("--results", f"s3://KEY:pa/55/{SECRET}@bucket"),
        ("--results", f"s3://KEY:x {SECRET}@bucket"),
        ("--results", f"nosuch://user:{SECRET}@host?token={SECRET}"),
        ("--results", f"s3://user:{SECRET}@[host"),
        ("--results", f"s3:///path?secret_key={SECRET}"),
    ],
    ids=range(7),
)
def test_no_refusal_quotes_a_password(capsys, small, flags):
    assert SECRET not in refuse(capsys, *small, *flags)


def test_flags_that_do_not_exist_are_quoted_as_they_may_be_shown(capsys):
    with pytest.raises(SystemExit) as stop:
        main(STUDY, ["status", f"--uri=http://user:{SECRET}@host", "-\x1b]0;title\x07"])
    assert stop.value.code == 2
    said = capsys.readouterr().err
    assert r"--uri=http://***@host -\x1b]0;title\x07" in said
    assert SECRET not in said


def test_a_traceback_keeps_no_password(tmp_path):
    study = tmp_path / "mine.py"
    study.write_text(
        "import sys\nimport studies.command.cli\n"
        "raise RuntimeError(f'no answer of {sys.argv[1]}\\x1b[31m')\n"
    )
    command = [sys.executable, study, f"http://user:{SECRET}@host?token={SECRET}"]
    said = subprocess.run(command, capture_output=True, text=True).stderr
    assert "Traceback" in said
    assert r"RuntimeError: no answer of http://***@host?token=***" in said
    assert SECRET not in said
    assert "\x1b" not in said
