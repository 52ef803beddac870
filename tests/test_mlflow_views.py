"""The addresses, views and notes by which MLflow's pages show a study."""

import json

import pytest

from studies.engine.tracking.views import (
    ALL_STUDIES,
    MOST_CHARACTERS,
    Listed,
    experiment_tags,
    page_of_runs,
    signal_note,
    study_note,
)

VIEWS = ("points", "tree")


@pytest.mark.parametrize("page", [ALL_STUDIES, page_of_runs("7")])
def test_every_page_lands_on_training_runs(page):
    assert "workflowType=machine_learning" in page


@pytest.mark.parametrize("view", VIEWS)
def test_the_address_of_a_view_is_one_that_the_experiment_has(view):
    tags = experiment_tags("7", "psnr_confirmed")
    assert f"viewStateShareKey={view}" in page_of_runs("7", view)
    columns = json.loads(tags[f"mlflow.sharedViewState.{view}"])["selectedColumns"]
    assert columns[0] == "metrics.`psnr_confirmed`"
    assert len(columns) == len(set(columns))


def points(num: int) -> list[Listed]:
    return [Listed(f"{i:032x}", f"s0 {i}, s1 0.8", float(i)) for i in range(num)]


def test_a_note_lists_the_best_points_first_and_counts_the_others():
    lines = signal_note("7", points(40)).splitlines()[2:]
    assert lines[0].startswith("- 39.0 dB ")
    assert lines[-1] == "- and 10 more"


@pytest.mark.parametrize("num_signals", [1, 20, 40])
def test_the_note_of_a_study_names_every_signal_before_many_points_of_one(num_signals):
    by_signal = {(f"{i:032x}", f"clip_{i}"): points(9) for i in range(num_signals)}
    note = study_note("7", "title", by_signal)
    assert len(note) <= MOST_CHARACTERS
    assert all(f"clip_{i}]" in note for i in range(num_signals))


def test_a_note_of_very_many_signals_says_that_there_are_more():
    by_signal = {(f"{i:032x}", f"clip_{i}"): points(9) for i in range(500)}
    note = study_note("7", "title", by_signal)
    assert len(note) < 5000
    assert "clip_0]" in note
    assert "clip_499]" not in note


def test_a_name_cannot_make_a_link_of_its_own():
    note = signal_note("7", [Listed("0" * 32, "x](http://evil) [y", 1.0)])
    assert "](http://evil)" not in note
