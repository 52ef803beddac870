"""A user's mistake is one sentence on stderr and exit code 2, before anything runs."""

import subprocess
import sys

import numpy as np
import pytest

from inr_models.errors import Problem
from studies import audio_architectures, shape_fitting
from studies.audio_grid import STUDY
from studies.command.cli import main
from studies.engine.cluster import workers
from studies.engine.cluster.workers import Workers
from studies.engine.planning.study import Study
from studies.engine.signals.audio import AUDIO_SUFFIXES
from studies.engine.signals.reading import find_files
from tests import commands
from tests.refusals import refused


def refuse(capsys, *argv: object, study: Study = STUDY, has_begun: bool = False) -> Problem:
    """Return the mistake for which a command ends, see `commands.refuse`."""
    return commands.refuse(capsys, study, *argv, has_begun=has_begun)


@pytest.fixture
def small(tmp_path) -> tuple[object, ...]:
    return ("run", "--scale", "small", "--results", tmp_path / "results")


def test_bad_files_are_refused(capsys, small, tmp_path, make_wav):
    (tmp_path / "text.wav").write_text("not a sound")
    (tmp_path / "empty.wav").touch()
    (tmp_path / "folder").mkdir()
    make_wav("silent.wav", np.zeros(5000))
    codes = {
        "text.wav": "wrong-kind",
        "empty.wav": "empty",
        "missing.wav": "not-there",
        "folder": "not-there",
        "*.ogg": "not-there",
        "silent.wav": "constant",
    }
    for name, code in codes.items():
        path = str(tmp_path / name)
        problem = refuse(capsys, *small, "--signals", path)
        assert (problem.code, problem.field) == (code, path)
        assert problem.sentence.startswith(f"{path}: ")
    problem = refuse(capsys, *small, "--signals", "x" * 300)
    assert (problem.code, problem.field) == ("unreadable", f"{'x' * 200}...")
    assert not list(tmp_path.glob("results/fits/*"))


@pytest.mark.parametrize("name", ["folder", "*.ogg"])
def test_a_folder_or_a_glob_without_a_sound_names_what_would_be_one(tmp_path, name):
    (tmp_path / "folder").mkdir()
    (tmp_path / "folder" / "notes.txt").touch()
    suffixes = AUDIO_SUFFIXES if name == "folder" else ()
    with refused("not-there", tmp_path / name, *suffixes):
        find_files([str(tmp_path / name)])
    (tmp_path / "folder" / "a.ogg").touch()
    (tmp_path / "b.ogg").touch()
    expected = {"folder": "folder/a.ogg", "*.ogg": "b.ogg"}[name]
    assert find_files([str(tmp_path / name)]) == [tmp_path / expected]


@pytest.mark.parametrize(
    ("flags", "code", "field"),
    [
        (("--epochs", 0), "out-of-range", "epochs"),
        (("--seeds", 0), "out-of-range", "seeds"),
        (("--seeds", 101), "out-of-range", "seeds"),
        (("--epochs", 10**22), "out-of-range", "epochs"),
        (("--epochs", 10**9), "out-of-range", "epochs"),
        (("--confirm-seeds", 10**11), "out-of-range", "--confirm-seeds"),
        (("--confirm-seeds", 451), "out-of-range", "--confirm-seeds"),
        (("--max-samples", 10**22), "out-of-range", "max_samples"),
        (("--channel", -1), "out-of-range", "channel"),
        (("--max-samples", 10), "out-of-range", "max_samples"),
        (("--max-concurrent", 0), "out-of-range", "--max-concurrent"),
        (("--workers-per-gpu", 0), "out-of-range", "--workers-per-gpu"),
        (("--precision", "half"), "unknown-name", "precision"),
        (("--optimizer", "sgd"), "unknown-name", "optimizer"),
        (("--tracking-uri", "mlruns"), "wrong-kind", "--tracking-uri"),
        (("--tracking-uri", "sqlite:///"), "wrong-kind", "--tracking-uri"),
        (("--tracking-uri", "sqlite://"), "wrong-kind", "--tracking-uri"),
        (("--tracking-uri", "sqlite:///folder/"), "wrong-kind", "--tracking-uri"),
    ],
)
def test_flags_out_of_range_are_refused(capsys, small, flags, code, field):
    problem = refuse(capsys, *small, *flags)
    assert (problem.code, problem.field) == (code, field)
    assert field in problem.sentence
    assert str(flags[1]) in problem.sentence


def test_results_that_cannot_be_written_are_refused(capsys, tmp_path):
    (tmp_path / "file").write_text("in the way")
    folder = tmp_path / "file" / "results"
    problem = refuse(capsys, "run", "--results", folder)
    assert (problem.code, problem.field) == ("unwritable", "--results")
    assert problem.sentence.startswith(f"{folder}: ")


@pytest.mark.parametrize(
    ("results", "code", "name"),
    [
        ("~nosuchuser/x", "not-there", "~nosuchuser"),
        ("s3://[x", "wrong-kind", "s3://..."),
        ("s3://", "missing", "s3://BUCKET"),
        ("r?1", "wrong-kind", "?"),
        ("r%20x", "wrong-kind", "%"),
    ],
)
def test_results_that_are_no_place_are_refused(capsys, tmp_path, monkeypatch, results, code, name):
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("MLFLOW_TRACKING_URI", raising=False)
    problem = refuse(capsys, "run", "--results", results, "--scale", "small")
    assert (problem.code, problem.field) == (code, "--results")
    assert problem.sentence.startswith(f"--results {results}: ")
    assert name in problem.sentence
    assert not list(tmp_path.iterdir())


def test_networks_that_tf32_would_hurt_are_named(capsys, tmp_path):
    flags = ["--results", tmp_path, "--precision", "tf32", "--networks", "siren", "wire"]
    problem = refuse(capsys, "run", *flags, study=audio_architectures.STUDY)
    assert (problem.code, problem.field) == ("unsupported", "--precision")
    assert problem.sentence.startswith("--precision tf32: wire ")
    assert "siren" not in problem.sentence


def test_what_an_optimizer_cannot_train_is_refused_before_a_file_is_read(capsys, tmp_path):
    flags = ["--results", tmp_path, "--optimizer", "muon"]
    wire = ["--networks", "siren", "wire"]
    problem = refuse(capsys, "run", *flags, *wire, study=audio_architectures.STUDY)
    assert (problem.code, problem.field) == ("unsupported", "--optimizer")
    assert "wire" in problem.sentence
    problem = refuse(capsys, "run", *flags, "--depth", "1")
    assert (problem.code, problem.field) == ("unsupported", "--optimizer")
    flags[-1] = "lbfgs"
    problem = refuse(capsys, "run", *flags, study=shape_fitting.STUDY)
    assert (problem.code, problem.field) == ("unsupported", "--optimizer")


def test_run_is_the_default_verb(capsys, small):
    with pytest.raises(SystemExit) as stop:
        main(STUDY, [*map(str, small[1:]), "--epochs", "0"])
    assert stop.value.code == 2
    error = capsys.readouterr().err
    problem = refuse(capsys, *small, "--epochs", 0)
    assert problem.field == "epochs"
    assert error == f"error: {problem.sentence}\n"


@pytest.mark.parametrize("verb", ["status", "report"])
def test_what_was_never_run_has_no_status_and_no_report(capsys, tmp_path, verb):
    problem = refuse(capsys, verb, "--results", tmp_path)
    assert (problem.code, problem.field) == ("not-there", "--results")
    assert problem.sentence.startswith(f"{tmp_path}: ")
    assert "audio_grid" in problem.sentence


def test_a_space_with_its_bounds_reversed_is_a_sentence_too(tmp_path):
    study = tmp_path / "mine.py"
    study.write_text(
        "from studies.command.cli import main\n"
        "from search_spaces.axes import Log\n"
        "GRID = Log(low=100, high=10, num=3)\n"
    )
    done = subprocess.run([sys.executable, study], capture_output=True, text=True)
    assert done.returncode == 2
    assert done.stderr.startswith("error: low = 100, high = 10: ")
    assert done.stderr.count("\n") == 1


@pytest.mark.parametrize("flags", [("--precision", "tf32"), ("--workers-per-gpu", "2")])
def test_what_only_a_gpu_has_is_refused_on_a_cpu(capsys, monkeypatch, small, flags):
    told = refuse(capsys, *small, "--device", "cpu", *flags)
    cores = Workers(device="cpu", count=2, limit=2)
    monkeypatch.setattr(workers, "connect", lambda *_: cores)
    seen = refuse(capsys, *small, *flags, has_begun=True)
    for problem in (told, seen):
        assert (problem.code, problem.field) == ("unsupported", flags[0])
        assert problem.sentence.startswith(f"{' '.join(flags)}: ")


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
    problem = refuse(capsys, *small, *flags)
    assert problem.field == flags[0]
    assert SECRET not in problem.sentence


@pytest.mark.parametrize(
    ("argv", "quoted"),
    [
        (["plan", "--signals", "a.wav", "--signals", "b.wav"], "--signals"),
        (["plan", "--rules", "eqn11", "--rules", "spectrum"], "--rules"),
        (["plan", "--channel", "0"], "--channel"),
        (["plan", "a.wav"], "--signals"),
        (["stats"], "status"),
    ],
)
def test_a_command_that_is_mistyped_is_not_guessed(capsys, argv, quoted):
    with pytest.raises(SystemExit) as stop:
        main(STUDY, argv)
    assert stop.value.code == 2
    (said,) = capsys.readouterr().err.splitlines()
    assert said.startswith("error: ")
    assert quoted in said


def test_flags_that_do_not_exist_are_quoted_as_they_may_be_shown(capsys):
    with pytest.raises(SystemExit) as stop:
        main(STUDY, ["status", f"--uri=http://user:{SECRET}@host", "-\x1b]0;title\x07"])
    assert stop.value.code == 2
    error = capsys.readouterr().err
    assert r"--uri=http://***@host -\x1b]0;title\x07" in error
    assert SECRET not in error


def test_a_traceback_keeps_no_password(tmp_path):
    study = tmp_path / "mine.py"
    study.write_text(
        "import sys\nimport studies.command.cli\n"
        "raise RuntimeError(f'no answer of {sys.argv[1]}\\x1b[31m')\n"
    )
    command = [sys.executable, study, f"http://user:{SECRET}@host?token={SECRET}"]
    error = subprocess.run(command, capture_output=True, text=True).stderr
    assert "Traceback" in error
    assert r"RuntimeError: no answer of http://***@host?token=***" in error
    assert SECRET not in error
    assert "\x1b" not in error
