"""The space of a search: which points it has, and which spaces and settings are refused."""

import dataclasses

import pytest

from search_spaces.axes import Linear, Values
from search_spaces.noise_grid import NoiseGrid
from studies.audio_search import STUDY
from studies.engine.outcomes.results import progress
from studies.engine.planning.resolving import resolve
from studies.engine.search import signal_search as suggestions
from studies.engine.search.space import space
from tests.fakes.runs import make_search, make_signal
from tests.fakes.searches import Search, cells_of, noisy
from tests.refusals import refused

A = make_signal("a", 0.1)


@pytest.mark.parametrize("n", [260, 1000, 5000, 8191])
def test_cells_on_the_rim_are_in_the_space(n):
    signal = make_signal(n=n)
    run = make_search([signal])
    bounds = space(run, signal)
    cells = cells_of(run, signal)
    assert len(cells) == 20
    for s0, s1 in cells:
        assert bounds["s0"].low <= s0 <= bounds["s0"].high
        assert bounds["s1"].low <= s1 <= bounds["s1"].high


def test_a_space_of_one_axis_has_a_rim_and_no_other(tmp_path):
    grid = NoiseGrid(s0=Values(values=(3000,)), s1=Linear(low=0, high=3, num=4))
    study = dataclasses.replace(STUDY, small=dataclasses.replace(STUDY.small, grid=grid))
    run = resolve(study, "small", [A], changes={"trials": 6})
    search = Search(run, [A], tmp_path, lambda fit: 30 + fit.point.scales.s1).to_the_end()
    regret = search.regrets(A)
    assert [r.rule for r in regret] == list(run.rules)
    # PSNR grows with s1, so the best suggestion is the nearest to the rim.
    assert {r.at_rim for r in regret} == {regret[0].optimum.scales.s1 > 2.85}


def test_a_space_of_few_points_ends_before_its_trials(tmp_path, monkeypatch):
    run = make_search([A], trials=8, sampler="random")
    # All of the space counts as one of two points.
    monkeypatch.setattr(suggestions, "stable", lambda v: 200.0 if v > 3 else float(v > 1.5))
    search = Search(run, [A], tmp_path, noisy(0))
    fits = list(search.fits())
    assert len(fits) == len({fit.trial.key for fit in fits})
    assert len(search.suggested()[A.sha256]) == 2, "of the 8 trials"


@pytest.mark.parametrize("few", [True, False])
def test_a_search_that_ends_early_says_so_and_lacks_nothing(tmp_path, monkeypatch, few):
    run = make_search([A], trials=8, sampler="random")
    if few:
        monkeypatch.setattr(suggestions, "stable", lambda v: 200.0 if v > 3 else float(v > 1.5))
    search = Search(run, [A], tmp_path, noisy(0)).to_the_end()
    state = search.state(A)
    assert progress(state, run.question.steps(state)).missing == 0
    notes = run.question.notes(state)
    assert bool(notes) == few
    if few:
        assert "2 of 8" in notes[0]


def test_what_cannot_be_searched_is_refused_in_a_sentence(tmp_path):
    with refused("unknown-name", "--sampler", "nosuch", "tpe, gp, random, prior"):
        make_search([A], sampler="nosuch")
    with refused("out-of-range", "trials", 0, 1):
        make_search([A], trials=0)
    point = NoiseGrid(s0=Values(values=(400,)), s1=Values(values=(1,)))
    study = dataclasses.replace(STUDY, small=dataclasses.replace(STUDY.small, grid=point))
    run = resolve(study, "small", [A])
    with refused("out-of-range", "grid"):
        run.question.check_signals(run, [A])


def test_early_stopping_wants_a_sampler_that_learns_from_it():
    with refused("conflict", "--early-stopping", "gp", "--sampler tpe"):
        make_search([A], sampler="gp", early_stopping=True)
