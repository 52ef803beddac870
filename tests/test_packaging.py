"""What is shipped: version, pins, clips, study files, and a wheel with all of it."""

import hashlib
import json
import os
import re
import shutil
import subprocess
import sys
import tomllib
import zipfile
from pathlib import Path

import pytest
import yaml
from packaging.requirements import Requirement

from search_spaces.rules import RULES

ROOT = Path(__file__).parents[1]
CLIPS = sorted((ROOT / "studies/clips").glob("*.flac"))
VERBS = ("plan", "run", "status", "report")
PACKAGES = ("analysis", "inr_models", "noisescape", "search_spaces", "studies")
VERSION = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["version"]

AWAY = """
import json
from importlib.metadata import version

import numpy as np

import noisescape
from search_spaces.rules import RECOMMENDED, RULES, Target

sine = noisescape.represent(np.sin(np.arange(600) / 9), epochs=60, quiet=True)
scales = RULES[RECOMMENDED](Target.of(np.sin(np.arange(600) / 9), width=52))
print(json.dumps([version("noisescape"), noisescape.__file__, sine.is_dead, *scales, len(RULES)]))
"""


def test_the_changelog_and_the_citation_have_the_version_of_the_project():
    releases = re.findall(
        r"^## (\d+\.\d+\.\d+) \((\d{4}-\d\d-\d\d)\)$", (ROOT / "CHANGELOG.md").read_text(), re.M
    )
    numbers = [tuple(map(int, number.split("."))) for number, _ in releases]
    assert numbers == sorted(numbers, reverse=True)
    citation = yaml.safe_load((ROOT / "CITATION.cff").read_text())
    assert (citation["version"], str(citation["date-released"])) == releases[0]
    assert releases[0][0] == VERSION


def test_the_citation_names_the_paper_as_readme_does():
    (paper,) = yaml.safe_load((ROOT / "CITATION.cff").read_text())["references"]
    readme = " ".join((ROOT / "README.md").read_text().replace("> ", " ").split())
    authors = ", ".join(f"{a['given-names']} {a['family-names']}" for a in paper["authors"])
    assert f"{authors}. *{paper['title']}.*" in readme
    assert paper["identifiers"][0]["value"] in readme
    assert paper["url"] in readme


@pytest.fixture(scope="module")
def wheel(tmp_path_factory) -> Path:
    """A wheel that was built from a copy of the checkout, so that nothing is left in it."""
    folder = tmp_path_factory.mktemp("wheel")
    source = folder / "source"
    ignored = shutil.ignore_patterns("__pycache__", "*.parquet", "*.ipynb")
    for name in PACKAGES:
        shutil.copytree(ROOT / name, source / name, ignore=ignored)
    for name in ("pyproject.toml", "README.md", "LICENSE"):
        shutil.copy(ROOT / name, source)
    pip = [sys.executable, "-m", "pip", "wheel", "-q", "--no-deps", "--no-build-isolation"]
    subprocess.run([*pip, "-w", str(folder), str(source)], check=True, timeout=600)
    (built,) = folder.glob("*.whl")
    return built


@pytest.mark.slow
def test_the_wheel_holds_everything_that_the_packages_read(wheel):
    assert wheel.name == f"noisescape-{VERSION}-py3-none-any.whl"
    inside = set(zipfile.ZipFile(wheel).namelist())
    kinds = ("*.py", "*.json", "*.j2", "*.css", "*.flac", "NOTICE", "py.typed")
    wanted = {
        str(path.relative_to(ROOT))
        for name in PACKAGES
        for kind in kinds
        for path in (ROOT / name).rglob(kind)
        if {"_studies", "_rules", "notebooks"}.isdisjoint(path.parts)  # these stay in the checkout
    }
    assert wanted - inside == set()


@pytest.mark.slow
def test_the_wheel_works_away_from_the_checkout(wheel, tmp_path):
    target = tmp_path / "installed"
    pip = [sys.executable, "-m", "pip", "install", "-q", "--no-deps", "--target", str(target)]
    subprocess.run([*pip, str(wheel)], check=True, timeout=600)
    environment = os.environ | {"PYTHONPATH": str(target)}

    def run(*command: str) -> str:
        return subprocess.run(
            [sys.executable, *command],
            cwd=tmp_path,
            env=environment,
            check=True,
            capture_output=True,
            text=True,
            timeout=300,
        ).stdout

    version, file, is_dead, s0, s1, num_rules = json.loads(run("-c", AWAY).splitlines()[-1])
    assert version == VERSION
    assert Path(file).is_relative_to(target)
    assert not is_dead
    assert s0 > 0
    assert s1 > 0
    assert num_rules == len(RULES)
    planned = run("-m", "studies.audio_grid", "plan", "--scale", "small", "--max-samples", "512")
    assert all(f" {clip.stem} " in planned for clip in CLIPS)


def test_the_notice_names_every_clip_with_its_sha256():
    notice = dict(
        re.findall(r"^(\S+\.flac) +([0-9a-f]{64}) ", (CLIPS[0].parent / "NOTICE").read_text(), re.M)
    )
    assert notice == {clip.name: hashlib.sha256(clip.read_bytes()).hexdigest() for clip in CLIPS}


def test_every_dependency_is_pinned_within_its_bound():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    extras = project["optional-dependencies"]
    wanted = map(Requirement, [*project["dependencies"], *extras["cluster"], *extras["dev"]])
    lines = (ROOT / "constraints.txt").read_text().lower().splitlines()
    pins = dict(line.split("==") for line in lines)
    assert {need.name for need in wanted if not need.specifier.contains(pins[need.name])} == set()


def test_a_lone_copy_of_a_study_runs_from_another_folder(tmp_path):
    # That is what `ray submit` does: it copies the one file, and starts it at home.
    copy = shutil.copy(ROOT / "studies/audio_grid.py", tmp_path)
    environment = {k: v for k, v in os.environ.items() if k != "PYTHONPATH"}
    done = subprocess.run(
        [sys.executable, copy, "--help"],
        cwd=tmp_path,
        env=environment,
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert done.returncode == 0, done.stderr
    assert all(re.search(rf"^ +{verb} ", done.stdout, re.MULTILINE) for verb in VERBS)
