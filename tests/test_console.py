"""The command `noisescape` does what the files of the studies do, and a shell completes it."""

import os
import subprocess
import sys
import tomllib
from argparse import Namespace
from importlib import import_module
from pathlib import Path

import numpy as np
import pytest
from rich.console import Console

from noisescape import console
from search_spaces.networks import NETWORKS
from search_spaces.rules import RULES
from studies import audio_grid, rule_check
from studies.command.asked import asked_run
from studies.command.cli import parser
from studies.engine.store.store import Store

ROOT = Path(__file__).parents[1]
FILES = {path.stem for path in (ROOT / "studies").glob("[a-z]*.py")}


def complete(line: str, folder: Path) -> set[str]:
    """Return what a shell offers at the end of a line."""
    completions = folder / "completions"
    environment = {
        "_ARGCOMPLETE": "1",
        "_ARGCOMPLETE_IFS": "\n",
        "_ARGCOMPLETE_STDOUT_FILENAME": str(completions),
        "COMP_LINE": line,
        "COMP_POINT": str(len(line)),
        "COMP_TYPE": "",
    }
    code = "from noisescape.console import main; main()"
    subprocess.run([sys.executable, "-c", code], env=os.environ | environment, timeout=120)
    return {word.strip() for word in completions.read_text().split("\n")}


def test_the_package_installs_the_command():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    module, function = project["scripts"]["noisescape"].split(":")
    assert getattr(import_module(module), function) is console.main


def test_every_file_is_a_study_of_the_command_with_a_title():
    names = console.study_names()
    assert {name.replace("-", "_") for name in names} == FILES
    assert all(names.values())
    assert {console.study(name).name for name in names} == FILES


@pytest.mark.parametrize("name", ["audio-grid", "audio_grid"])
def test_a_study_by_its_name_refuses_what_its_file_refuses(capsys, tmp_path, name):
    with pytest.raises(SystemExit) as stop:
        console.main([name, "status", "--results", str(tmp_path)])
    assert stop.value.code == 2
    assert capsys.readouterr().err.startswith(f"error: {tmp_path}: ")


def test_a_study_that_does_not_exist_is_refused_with_the_names_of_those_that_do(capsys):
    with pytest.raises(SystemExit) as stop:
        console.main(["audio-gird", "run"])
    assert stop.value.code == 2
    error = capsys.readouterr().err
    assert "audio-gird" in error
    assert all(name.replace("_", "-") in error for name in FILES)


def test_a_shell_completes_studies_flags_and_names(tmp_path):
    assert complete("noisescape image-", tmp_path) == {
        name.replace("_", "-") for name in FILES if name.startswith("image")
    }
    names = complete("noisescape audio-architectures run --networks ", tmp_path)
    assert set(NETWORKS) <= names
    assert "--max-samples" in complete("noisescape audio-grid run --max-s", tmp_path)


def help_of(name: str, capsys: pytest.CaptureFixture[str]) -> str:
    with pytest.raises(SystemExit) as stop:
        parser(console.study(name)).parse_args(["run", "--help"])
    assert stop.value.code == 0
    return " ".join(capsys.readouterr().out.split())


def test_the_help_names_rules_networks_and_the_defaults_of_both_scales(capsys, monkeypatch):
    monkeypatch.setenv("COLUMNS", "80")
    grid = help_of("audio-grid", capsys)
    assert all(name in grid for name in RULES)
    scales = audio_grid.STUDY.small, audio_grid.STUDY.paper
    assert all(f"{scale.max_samples:,}" in grid for scale in scales)
    networks = help_of("audio-architectures", capsys)
    assert all(name in networks for name in NETWORKS)


@pytest.mark.parametrize("name", sorted(FILES))
def test_every_verb_of_a_study_has_a_help(name):
    top = parser(console.study(name))
    (verbs,) = (action for action in top._actions if action.dest == "verb" or action.choices)
    helps = [sub.format_help() for sub in dict(verbs.choices or {}).values()]
    assert len(helps) == 4
    assert all("--results" in text for text in helps)


@pytest.mark.parametrize("study", [audio_grid.STUDY, rule_check.STUDY], ids=lambda s: s.name)
def test_without_a_scale_every_study_is_the_small_one(tmp_path, make_wav, study):
    clip = make_wav("a.wav", np.random.default_rng(0).uniform(-1, 1, 500))
    results = Store(str(tmp_path / "results"))
    arguments: Namespace = parser(study).parse_args(["plan", "--signals", str(clip)])
    run, _ = asked_run(study, arguments, results, Console(quiet=True))
    assert (run.scale_name, run.scale.width) == ("small", study.small.width)
