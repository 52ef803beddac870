"""Notebooks run from top to bottom, show figures, and are stored without output."""

import json
from pathlib import Path

import nbformat
import pytest
from nbclient import NotebookClient

from analysis.surfaces.stored import BENCHMARK
from studies.engine.store.store import Store

FOLDER = Path(BENCHMARK).parent / "notebooks"
NOTEBOOKS = sorted(FOLDER.glob("*.ipynb"))


def test_the_three_of_them_are_there():
    assert [path.stem for path in NOTEBOOKS] == ["descriptors", "landscape", "regret"]


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_a_notebook_is_stored_without_output_and_without_anybodys_paths(path):
    content = json.loads(path.read_text())
    assert content["cells"]
    for cell in content["cells"]:
        assert not cell.get("outputs")
        assert cell.get("execution_count") is None
        for line in cell["source"]:
            assert not any(
                word.startswith(("/", "C:\\")) for word in line.replace('"', " ").split()
            )


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_a_notebook_runs_wherever_it_is_opened(path, tmp_path):
    if not Store(BENCHMARK, create=False).parts("fits"):
        pytest.skip("analysis/data holds no fits")
    notebook = nbformat.read(path, as_version=4)
    client = NotebookClient(notebook, timeout=300, resources={"metadata": {"path": str(tmp_path)}})
    client.execute()
    shown = [output.get("data", {}) for c in notebook.cells for output in c.get("outputs", [])]
    assert sum("image/png" in data for data in shown) == 3
