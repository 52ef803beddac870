"""The pages of docs/ and README: links hold, commands take their flags, and snippets run."""

import argparse
import importlib
import os
import re
import shlex
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import matplotlib
import pandas as pd
import pytest
import torch

from studies.command.cli import parser
from studies.engine.store.schema import TABLES
from tests.docs_pages import PAGES, ROOT, blocks, commands, name_of

README = ROOT / "README.md"
OTHERS = [*ROOT.glob("analysis/**/*.md"), *ROOT.glob("benchmarks/*.md")]

# Fits of a second or more.
SLOW = {"represent.md", "python.md"}
TUTORIAL = ROOT / "docs/tutorial.md"
WITH_PYTHON = [
    pytest.param(page, marks=pytest.mark.slow) if name_of(page) in SLOW else page
    for page in PAGES
    if page != TUTORIAL and any(block.language == "python" for block in blocks(page))
]


@pytest.fixture
def checkout(tmp_path, monkeypatch) -> Path:
    """A folder with what the snippets read: the clips, the rules and a results folder."""
    for name in ("studies", "search_spaces"):
        (tmp_path / name).symlink_to(ROOT / name)
    (tmp_path / "results").mkdir()
    for name in ("fits", "_curves", "_signals"):
        (tmp_path / "results" / name).symlink_to(ROOT / "analysis/data" / name)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("noisescape.fitting.EPOCHS", 20)  # a twentieth of what `represent` takes
    matplotlib.use("agg")
    return tmp_path


def run_snippets(page: Path) -> dict[str, object]:
    """Run a page's blocks of Python from top to bottom, and return their variables."""
    variables: dict[str, object] = {}
    threads = torch.get_num_threads()
    for block in blocks(page):
        if block.language == "python":
            exec(compile(block.text, page.name, "exec"), variables)
    torch.set_num_threads(threads)
    return variables


def main_of(module: str) -> Callable[..., int]:
    """Return the function behind `python -m MODULE`."""
    is_package = hasattr(importlib.import_module(module), "__path__")
    return importlib.import_module(f"{module}.__main__" if is_package else module).main


@pytest.mark.parametrize("page", [README, *PAGES], ids=name_of)
def test_every_command_of_a_page_takes_its_flags(page, monkeypatch):
    text = re.sub(r"\\\n\s*", "", page.read_text())
    for script, flags in re.findall(
        r"^ *(?:ray submit .*|python )(studies/\w+\.py)(.*)$", text, re.M
    ):
        words = [word for word in shlex.split(flags, comments=True) if word not in ("--", "...")]
        if (ROOT / script).is_file():
            study = importlib.import_module(script[:-3].replace("/", ".")).STUDY
            parser(study).parse_args(words or ["run"])

    def parse(command: object, options: argparse.ArgumentParser, argv: list[str]) -> None:
        options.parse_args(argv)

    for module, flags in re.findall(r"^ *python -m (analysis\.\w+)(.*)$", text, re.M):
        main = main_of(module)
        assert "run" in main.__globals__
        monkeypatch.setitem(main.__globals__, "run", parse)
        main(shlex.split(flags, comments=True))


@pytest.mark.parametrize("page", [*ROOT.glob("*.md"), *PAGES, *OTHERS], ids=name_of)
def test_every_link_to_a_file_holds(page):
    text = re.sub(r"(?ms)^```.*?^```$|`[^`\n]+`", "", page.read_text())
    for target in re.findall(r"\]\(([^)#:]+)(?:#[^)]*)?\)", text):
        assert (page.parent / target).is_file(), target


@pytest.mark.parametrize("page", WITH_PYTHON, ids=name_of)
def test_the_snippets_of_a_page_run(page, checkout):
    run_snippets(page)


def test_the_best_cells_of_a_results_folder_are_compared_within_one_setting(checkout):
    variables = run_snippets(ROOT / "docs/studies.md")
    means, setting = variables["means"], variables["setting"]
    assert isinstance(means, pd.Series)
    assert isinstance(setting, list)
    widths = means.reset_index().groupby(setting, dropna=False).hp_width.nunique()
    assert (widths == 1).all()
    # The benchmark has signals that were mapped in several widths and lengths of training.
    assert len(widths) > means.reset_index().sha256.nunique()


@pytest.mark.parametrize("name", ["README.md", "docs/choosing.md"])
def test_the_intervals_of_a_page_are_measured_ones(name):
    measured = "".join(
        (ROOT / source).read_text()
        for source in ("analysis/FINDINGS.md", "docs/theory.md", "benchmarks/RESULTS.md")
    )
    text = " ".join((ROOT / name).read_text().split())
    intervals = re.findall(r"(\d+\.\d+)(?: dB)? (\[[-\d., ]+\])", text)
    assert intervals
    for number, interval in intervals:
        assert re.search(rf"{number}(?: dB)? {re.escape(interval)}", measured), (number, interval)


def test_the_page_of_studies_lists_every_study():
    text = (ROOT / "docs/studies.md").read_text()
    studies = {path.stem for path in (ROOT / "studies").glob("*.py")} - {"__init__"}
    assert {study for study in studies if f"`{study}`" not in text} == set()


def test_the_pages_of_the_reference_name_every_table_and_are_generated():
    text = (ROOT / "docs/reference/columns.md").read_text()
    assert re.findall(r"```\{generated\} columns (\w+)", text) == list(TABLES)


@pytest.mark.slow
def test_the_snippet_of_readme_runs(checkout):
    run_snippets(README)
    assert (checkout / "copy.wav").stat().st_size > 150_000


@pytest.mark.slow
@pytest.mark.long
def test_the_tutorial_runs_from_top_to_bottom(tmp_path, monkeypatch):
    """Its studies run at a small size, since the size of the page takes minutes."""
    (tmp_path / "studies").symlink_to(ROOT / "studies")
    monkeypatch.chdir(tmp_path)
    environment = os.environ | {"PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}"}
    ran = 0
    for command in commands(TUTORIAL):
        if command.startswith("python studies/"):
            command += " --max-samples 512 --width 8 --epochs 5"
        if command.startswith("python "):
            subprocess.run(["bash", "-c", command], env=environment, check=True, timeout=900)
            ran += 1
    assert ran > 3
    regrets = run_snippets(TUTORIAL)["regrets"]
    assert isinstance(regrets, pd.DataFrame)
    assert {"by_setting", "eqn11_length"} <= set(regrets.rule)
    assert (tmp_path / "regret.svg").stat().st_size > 5_000


@pytest.mark.slow
def test_the_site_is_built_without_a_warning_and_holds_what_the_code_says(tmp_path):
    site = tmp_path / "site"
    command = [sys.executable, "-m", "sphinx", "-q", "-W", "--keep-going", "-c", "docs", "."]
    done = subprocess.run([*command, site], cwd=ROOT, capture_output=True, text=True, timeout=900)
    assert done.returncode == 0, done.stderr
    reference = (site / "docs/reference/columns.html").read_text()
    assert all(column.name in reference for columns in TABLES.values() for column in columns)
    assert "--confirm-seeds" in (site / "docs/reference/commands.html").read_text()
    assert "noisescape.represent" in (site / "docs/reference/api.html").read_text()
    assert "power_psi_low_pass" in (site / "analysis/FINDINGS.html").read_text()
    external = re.compile(r'<(?:script|link)[^>]+(?:src|href)="(?:https?:)?//')
    pages = sorted(site.rglob("*.html"))
    assert len(pages) > 40
    assert not [page for page in pages if external.search(page.read_text())]
    shutil.rmtree(site)
