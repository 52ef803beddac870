"""What is shipped beside the code: the pins, the clips, the study files."""

import hashlib
import os
import re
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

from packaging.requirements import Requirement

ROOT = Path(__file__).parents[1]
CLIPS = sorted((ROOT / "studies/clips").glob("*.flac"))
VERBS = ("plan", "run", "status", "report")


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
