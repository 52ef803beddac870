"""The diffs of docs/extending apply to this code, and what they add works."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.docs_pages import ROOT, blocks

PACKAGES = ("analysis", "inr_models", "noisescape", "search_spaces", "studies")
# What each page adds, as its commands print it.
ADDED = {
    "network": " sinc ",
    "rule": " line ",
    "descriptor": "strongest_line 0.",
    "metric": "metric_largest_error",
    "signal_type": " hills ",
    "study": " guit_em9 ",
}


def test_every_page_is_tried():
    pages = {path.stem for path in (ROOT / "docs/extending").glob("*.md")}
    assert pages == {*ADDED, "index"}


@pytest.mark.parametrize("name", ADDED)
def test_the_diff_of_a_page_applies(name):
    diffs = [b.text for b in blocks(ROOT / f"docs/extending/{name}.md") if b.language == "diff"]
    assert diffs
    for diff in diffs:
        check = ["git", "apply", "--check", "--whitespace=error-all", "-"]
        done = subprocess.run(check, input=diff, text=True, cwd=ROOT, capture_output=True)
        assert done.returncode == 0, done.stderr


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """A copy of the packages, without the data of `analysis`."""
    for name in PACKAGES:
        ignored = shutil.ignore_patterns("__pycache__", "*.parquet", "*.svg")
        shutil.copytree(ROOT / name, tmp_path / name, ignore=ignored)
    return tmp_path


@pytest.mark.slow
@pytest.mark.long
@pytest.mark.parametrize("name", ADDED)
def test_the_diff_of_a_page_adds_what_it_says(name, checkout):
    page = ROOT / f"docs/extending/{name}.md"
    environment = os.environ | {
        "PYTHONPATH": str(checkout),
        "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}",
    }
    for block in blocks(page):
        if block.file:
            (checkout / block.file).write_text(block.text)
        if block.language == "diff":
            apply = ["git", "apply", "--whitespace=error-all", "-"]
            subprocess.run(apply, input=block.text, text=True, cwd=checkout, check=True)
    printed = ""
    for block in blocks(page):
        if block.language != "bash":
            continue
        done = subprocess.run(
            ["bash", "-e", "-c", block.text],
            cwd=checkout,
            env=environment,
            capture_output=True,
            text=True,
            timeout=600,
        )
        assert done.returncode == 0, done.stdout + done.stderr
        printed += done.stdout
    assert ADDED[name] in printed, printed
