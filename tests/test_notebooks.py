"""Notebooks run from top to bottom, show figures, and are stored with their output."""

import re
from pathlib import Path

import nbformat
import numpy as np
import pytest
from nbclient import NotebookClient

from analysis.regret.stored import RuleRegret, of_rules
from analysis.surfaces.stored import BENCHMARK
from studies.engine.store.store import Store
from tests.refusals import refused

FOLDER = Path(BENCHMARK).parent / "notebooks"
NOTEBOOKS = sorted(FOLDER.glob("*.ipynb"))


def test_the_three_of_them_are_there():
    assert [path.stem for path in NOTEBOOKS] == ["descriptors", "landscape", "regret"]


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_a_notebook_is_stored_with_its_output_and_without_anybodys_paths(path):
    cells = nbformat.read(path, as_version=4).cells
    for cell in cells:
        text = cell.source
        if cell.cell_type == "code":
            assert cell.execution_count, cell.source
            text += "".join(o.get("text", "") for o in cell.outputs)
            assert not any(o.output_type == "error" for o in cell.outputs)
        words = text.replace('"', " ").split()
        assert not any(word.startswith(("/", "C:\\")) for word in words)
    assert sum("image/png" in data for data in _shown(cells)) == 3
    assert path.stat().st_size < 500_000


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_one_variable_of_a_notebook_names_the_results(path):
    code = [c.source for c in nbformat.read(path, as_version=4).cells if c.cell_type == "code"]
    assert re.search(r"^RESULTS = ", code[0], re.M)
    assert not any("BENCHMARK" in source for source in code[1:])


def test_a_rule_that_is_not_in_the_data_is_said_to_be_missing():
    def of(name: str) -> RuleRegret:
        return RuleRegret(name, ("a",), [{105: 1.0}], ("a",), np.array([0.3]))

    regrets = [of("held_out_x"), of("x"), of("y")]
    assert [r.rule for r in of_rules(regrets, ["y", "x"])] == ["y", "held_out_x"]
    with refused("unknown-name", "rule", "z"):
        of_rules(regrets, ["x", "z"])


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_a_notebook_runs_wherever_it_is_opened(path, tmp_path):
    if not Store(BENCHMARK, create=False).parts("fits"):
        pytest.skip("analysis/data holds no fits")
    notebook = nbformat.read(path, as_version=4)
    client = NotebookClient(notebook, timeout=300, resources={"metadata": {"path": str(tmp_path)}})
    client.execute()
    assert sum("image/png" in data for data in _shown(notebook.cells)) == 3


def _shown(cells: list) -> list[dict]:
    return [output.get("data", {}) for cell in cells for output in cell.get("outputs", [])]
