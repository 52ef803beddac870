"""Stored landscapes become surfaces, and the commands that fit rules to them write and refuse."""

import numpy as np
import pytest

from analysis.rules import fitting as rule_fitting
from analysis.rules import sufficiency as sufficiency_command
from analysis.rules.families import (
    bandwidth,
    constant,
)
from analysis.statistics.recordings import write_recordings
from analysis.surfaces.smoothing import Fit, surfaces_through
from analysis.surfaces.stored import over_seeds, stored_maps, stored_surfaces
from search_spaces.rules import NoiseScales, named_rule, read_rule
from studies.engine.store.folder import Folder
from tests.fakes.maps import FACTOR, GAIN, fill, planted_signals

FAMILIES = (constant("constant"), bandwidth("psi", "psi"), bandwidth("low_pass", "low_pass_40"))


def test_surfaces_of_a_store_have_their_top_where_it_was_planted(tmp_path):
    signals = planted_signals(4)
    fill(tmp_path, signals, noise=0.3)
    surfaces = stored_surfaces(str(tmp_path))
    wanted = [FACTOR * target.descriptors["low_pass_40"] for target in surfaces.targets]
    assert surfaces.regret_at(np.array(wanted), np.full(4, GAIN)).max() < 0.6
    assert surfaces.regret_at(np.array(wanted) * 4, np.full(4, GAIN)).min() > 3


def test_points_are_means_over_the_seeds_that_most_of_a_signals_points_have():
    cells = [NoiseScales(float(k), 0.3) for k in range(1, 20)]
    everywhere = {at: {0: 30.0 + at.s0, 1: 32.0 + at.s0} for at in cells}
    # A rule's point on the first seed alone, and a cell that a later study fitted once more.
    points = {**everywhere, NoiseScales(0.5, 0.2): {0: 50.0}}
    points[cells[0]] = {**points[cells[0]], 2: 90.0}
    assert over_seeds(points) == [Fit(at, {0: 30.0 + at.s0, 1: 32.0 + at.s0}) for at in cells]
    first = {at: {0: score[0]} for at, score in everywhere.items()}
    assert over_seeds({**first, cells[1]: everywhere[cells[1]]}) == [
        Fit(at, {0: 30.0 + at.s0}) for at in cells
    ]


def test_more_seeds_bring_a_surfaces_top_nearer_to_the_truth(tmp_path):
    signals = planted_signals(8)
    one = fill(tmp_path / "one", signals, noise=1.5)
    for seed in range(5):
        five = fill(tmp_path / "five", signals, seed=seed, noise=1.5)
    few, many = (stored_maps(store.results) for store in (one, five))
    assert {one.seeds for one in few.maps} == {frozenset([0])}
    assert {one.seeds for one in many.maps} == {frozenset(range(5))}
    assert many.num_fits == 5 * few.num_fits
    smooth = [surfaces_through(stored.maps) for stored in (few, many)]
    wanted = np.array([FACTOR * t.descriptors["low_pass_40"] for t in smooth[0].targets])
    lost = [surfaces.regret_at(wanted, np.full(8, GAIN)).mean() for surfaces in smooth]
    assert lost[1] < 0.7 * lost[0]


@pytest.mark.parametrize("command", [rule_fitting.main, sufficiency_command.main])
def test_results_without_maps_are_refused_in_a_sentence(command, tmp_path, capsys):
    assert command([str(tmp_path / "none")]) == 2
    assert capsys.readouterr().err.startswith(f"error: {tmp_path / 'none'}: ")
    fill(tmp_path, planted_signals(1))
    assert command([str(tmp_path)]) == 2
    error = capsys.readouterr().err
    assert error.startswith(f"error: {tmp_path}: 1 ")


def test_rules_are_left_under_names_that_the_registry_has_not(tmp_path, capsys, monkeypatch):
    monkeypatch.setattr(rule_fitting, "FAMILIES", FAMILIES)
    fill(tmp_path, planted_signals(3))
    assert rule_fitting.main([str(tmp_path)]) == 0
    files = {path.stem: path for path in (tmp_path / "_rules").glob("*.json")}
    assert set(files) == {f"fitted_{family.name}" for family in FAMILIES}
    for name, path in files.items():
        assert named_rule(str(path), "--rules") == (name, read_rule(path))
    assert f"rules    {tmp_path}/_rules\n" in capsys.readouterr().out
    texts = {name: path.read_text() for name, path in files.items()}
    for path in files.values():
        path.unlink()
    assert rule_fitting.main([f"file://{tmp_path}"]) == 0, "results may be on any storage"
    assert {path.stem: path.read_text() for path in (tmp_path / "_rules").glob("*.json")} == texts
    assert rule_fitting.main([str(tmp_path), "--write", str(tmp_path / "mine")]) == 0
    assert len(list((tmp_path / "mine").glob("fitted_*.json"))) == len(files)


@pytest.mark.parametrize("command", [rule_fitting.main, sufficiency_command.main])
def test_clips_of_two_recordings_are_too_few(command, tmp_path, capsys):
    fill(tmp_path, planted_signals(4))
    (tmp_path / "_recordings.csv").write_text(
        "signal,recording\n" + "".join(f"clip{i},tape {i % 2}\n" for i in range(4))
    )
    assert command([str(tmp_path)]) == 2
    error = capsys.readouterr().err
    assert error.startswith("error: recording: 4 ")
    assert " 2;" in error


def test_results_of_a_storage_have_their_recordings(tmp_path):
    fill(tmp_path, planted_signals(4))
    write_recordings(Folder(str(tmp_path)), {f"clip{i}": f"tape {i % 2}" for i in range(4)})
    stored = stored_maps(f"file://{tmp_path}")
    assert {one.recording for one in stored.maps} == {"tape 0", "tape 1"}


@pytest.mark.parametrize(
    "content", [None, b"signal;recording\n", b"signal,recording\n\xff\xfe,a\n", b"clip0\n\x00"]
)
def test_unreadable_recordings_are_refused_in_a_sentence(content, tmp_path, capsys):
    fill(tmp_path, planted_signals(2))
    file = tmp_path / "recordings.csv"
    if content is None:
        file.mkdir()
    else:
        file.write_bytes(content + b"clip0,a\n")
    arguments = [str(tmp_path), "--recordings", str(file)]
    assert rule_fitting.main(arguments) == 2
    error = capsys.readouterr().err
    assert "recordings.csv" in error
    assert error.count("\n") == 1
