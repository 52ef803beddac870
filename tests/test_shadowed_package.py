"""A study with the name of a package that Ray's workers import: pandas looks for `bottleneck`."""

from pathlib import Path

import pytest

from studies import audio_grid, bottleneck
from tests.commands import num_rows
from tests.commands import run as command

pytestmark = pytest.mark.slow
BELL = Path(audio_grid.__file__).parent / "clips" / "perc_bell.flac"
SIZES = ("--signals", BELL, "--scale", "small", "--max-samples", 512, "--epochs", 2)
STUDY = """
from studies.audio_grid import STUDY
from studies.command.cli import main

if __name__ == "__main__":
    main(STUDY)
"""


def test_workers_that_cannot_start_end_the_run_with_one_sentence(tmp_path):
    script = tmp_path / "bottleneck.py"
    script.write_text(STUDY)
    output = command(str(script), "run", tmp_path / "results", *SIZES, code=2)
    errors = [line for line in output.splitlines() if line.startswith("error: ray: ")]
    assert len(errors) == 1
    assert "bottleneck" in errors[0]
    assert "Traceback" not in output
    assert num_rows(tmp_path / "results") == 0


def test_our_own_study_of_that_name_runs_in_its_folder_and_on_a_clusters_head(tmp_path):
    # On the head, `ray submit` has copied the file into the home folder, where it runs.
    head = tmp_path / "bottleneck.py"
    head.write_text(Path(bottleneck.__file__).read_text())
    for script in (bottleneck.__file__, str(head)):
        results = tmp_path / f"results of {Path(script).parent.name}"
        command(script, "run", results, *SIZES, "--networks", "siren", "finer")
        assert num_rows(results) == 2 * 5
