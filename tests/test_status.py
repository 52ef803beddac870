"""`status`: what it says of runs in every state, and that it waits for no heavy import."""

import argparse
import re
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from benchmarks.large_store import made_up_row, make_signals
from studies import audio_architectures, audio_grid, audio_search
from studies.command.stored_runs import newest_run
from studies.engine.outcomes.signal_state import SignalState
from studies.engine.planning.points import Point
from studies.engine.planning.resolving import flags_of, resolve
from studies.engine.planning.run import run_json
from studies.engine.planning.study import Study
from studies.engine.store.rows import Row, signal_row
from studies.engine.store.store import Store
from tests.commands import run as command
from tests.fakes.runs import make_signal

# SIREN, two rules and 20 cells on a seed; SIREN, the first rule and the best cell on two more.
MAP, WHOLE = 23, 29


def store_of(
    study: Study, results: Path, change: Callable[[Row, Point, int], Row | None], clips: int = 1
) -> None:
    """A stored run of which every fit that can be asked for has the row that `change` makes."""
    signals, store = make_signals(clips, num_samples=256), Store(str(results))
    asked = resolve(study, "small", signals)
    for signal in signals:
        state = SignalState(asked, signal)
        rows = [
            change(made_up_row(study.name, signal, state.trial(p, seed))[0], p, seed)
            for p in state.points
            for seed in asked.seeds
        ]
        store.append(list({row["key"]: row for row in rows if row}.values()))
    store.add_signals(map(signal_row, signals))
    store.write_bytes(f"{asked.folder}/study.json", run_json(asked))


def status_of(results: Path, script: str = audio_grid.__file__) -> list[list[str]]:
    """(done, of, dead, diverged, partial, failed, best) of each clip."""
    output = command(script, "status", results)
    lines = re.findall(r"^ clip \d +(.*?)(?: dB)? *$", output, re.MULTILINE)
    return [line.split() for line in lines]


def cell(row: Row, point: Point, at: tuple[int, int], **values: object) -> Row:
    """The row, with these values if it is of the cell `at` on the grid's seed."""
    return row | values if point.cell == at and row["seed"] == 0 else row


@pytest.mark.parametrize(
    ("state", "change", "expected"),
    [
        ("whole", lambda row, p, seed: row, [WHOLE, WHOLE, 0, 0, 0, 0]),
        ("a map", lambda row, p, seed: row if seed == 0 else None, [MAP, WHOLE, 0, 0, 0, 0]),
        ("nothing", lambda row, p, seed: None, [0, WHOLE, 0, 0, 0, 0]),
        (
            "one that failed is missing, so the best cell is not known for good",
            lambda row, p, seed: cell(row, p, (1, 1), status="failed", metric_psnr_peak=None),
            [WHOLE - 1 - 2, WHOLE, 0, 0, 0, 1],
        ),
        (
            "what a search stopped early is missing",
            lambda row, p, seed: cell(row, p, (1, 1), status="partial", metric_psnr_peak=1.0),
            [WHOLE - 1 - 2, WHOLE, 0, 0, 1, 0],
        ),
        (
            "dead and diverged fits are done",
            lambda row, p, seed: cell(
                cell(row, p, (0, 0), status="dead", metric_psnr_peak=5.0), p, (0, 1),
                status="diverged", metric_psnr_peak=7.0,
            ),
            [WHOLE, WHOLE, 1, 1, 0, 0],
        ),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)  # fmt: skip
def test_a_status_counts_what_is_done_of_a_grid(tmp_path, state, change, expected):
    store_of(audio_grid.STUDY, tmp_path / "results", change)
    [cells] = status_of(tmp_path / "results")
    assert [int(value) for value in cells[:6]] == expected
    assert (cells[6] == "-") == (state == "nothing")


def test_clips_are_counted_each_by_itself_and_the_best_is_of_whole_fits(tmp_path):
    def change(row: Row, point: Point, seed: int) -> Row | None:
        if row["signal"] == "clip 1":
            return row if point.kind != "grid" and seed == 0 else None
        if point.name == "siren":
            return row | {"metric_psnr_peak": 77.7}
        return cell(row, point, (2, 2), status="partial", metric_psnr_peak=99.9)

    store_of(audio_grid.STUDY, tmp_path / "results", change, clips=3)
    first, second, third = status_of(tmp_path / "results")
    assert first[6] == third[6] == "77.7"
    assert [int(value) for value in second[:2]] == [3, WHOLE]
    assert first[:6] == third[:6] == [str(WHOLE - 3), str(WHOLE), "0", "0", "1", "0"]


@pytest.mark.parametrize(
    ("study", "script", "needs"),
    [
        (audio_grid.STUDY, audio_grid.__file__, set()),
        (audio_architectures.STUDY, audio_architectures.__file__, set()),
        # Choosing an optimum needs a quantile of Student's t.
        (audio_search.STUDY, audio_search.__file__, {"optuna", "scipy"}),
    ],
    ids=["grid", "comparison", "search"],
)
def test_a_status_imports_nothing_that_fits_or_draws(tmp_path, study, script, needs):
    results = tmp_path / "results"
    store_of(study, results, lambda row, p, seed: row)
    heavy = {"torch", "ray", "mlflow", "optuna", "scipy", "sklearn", "matplotlib", "jinja2"}
    program = (
        "import runpy, sys\n"
        f"sys.argv = [{script!r}, 'status', '--results', {str(results)!r}]\n"
        "try:\n    runpy.run_path(sys.argv[0], run_name='__main__')\n"
        f"finally:\n    print('loaded', *sorted({heavy!r} & sys.modules.keys()))\n"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert "clip 0" in done.stdout
    assert set(done.stdout.splitlines()[-1].split()[1:]) == needs


def test_a_run_of_all_clips_that_are_named_comes_before_a_newer_one_of_some(tmp_path):
    store, a, b = Store(str(tmp_path)), make_signal("a"), make_signal("b")
    store.add_signals(map(signal_row, (a, b)))
    for signals in ([a, b], [a]):
        run = resolve(audio_grid.STUDY, "small", signals)
        store.write_bytes(f"{run.folder}/study.json", run_json(run))
        time.sleep(0.02)  # files of one moment have no newest
    settings = dict.fromkeys(flag.name for flag in flags_of(audio_grid.STUDY))
    for named, expected in ((["a.wav", "b.wav"], [a, b]), (["a.wav"], [a]), (None, [a])):
        flags = argparse.Namespace(scale=None, signals=named, **settings)
        assert newest_run(audio_grid.STUDY, flags, store)[1] == expected
