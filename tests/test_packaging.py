"""What is shipped beside the code: the cluster's recipe, the pins, the clips, the study files."""

import hashlib
import os
import re
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest
import yaml
from packaging.requirements import Requirement

ROOT = Path(__file__).parents[1]
CLIPS = sorted((ROOT / "studies/clips").glob("*.flac"))
CLUSTER = ROOT / "cluster.yaml"
VERBS = ("plan", "run", "status", "report")


@pytest.fixture
def cluster():
    return yaml.safe_load(CLUSTER.read_text())


def test_ray_accepts_the_cluster_file(cluster):
    util = pytest.importorskip("ray.autoscaler._private.util")
    util.validate_config(util.prepare_config(cluster))


def test_the_lines_marked_for_change_are_those_of_the_account_and_the_budget():
    marked = re.findall(r"^ *(\w+):.*# <- change", CLUSTER.read_text(), re.MULTILINE)
    assert marked == ["max_workers", "region", "ImageId", "max_workers"]


def test_one_image_and_one_number_of_gpus_serve_the_whole_cluster(cluster):
    head, gpu = (cluster["available_node_types"][name] for name in ("head", "gpu"))
    assert head["node_config"]["ImageId"] == gpu["node_config"]["ImageId"]
    assert cluster["max_workers"] == gpu["max_workers"]


def test_no_fit_runs_on_the_head(cluster):
    assert cluster["available_node_types"][cluster["head_node_type"]]["resources"] == {"CPU": 0}


def test_the_notice_names_every_clip_with_its_sha256():
    notice = dict(
        re.findall(r"^(\S+\.flac) +([0-9a-f]{64}) ", (CLIPS[0].parent / "NOTICE").read_text(), re.M)
    )
    assert notice == {clip.name: hashlib.sha256(clip.read_bytes()).hexdigest() for clip in CLIPS}


def test_every_dependency_is_pinned_within_its_bound():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    wanted = map(Requirement, [*project["dependencies"], *project["optional-dependencies"]["dev"]])
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
