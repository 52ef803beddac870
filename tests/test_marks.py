"""The rules on a map can be told apart, however many and near they are."""

import dataclasses
import itertools

import matplotlib
import pytest
from matplotlib.figure import Figure
from matplotlib.text import Annotation

from analysis.reporting.marks import Mark, draw_marks, legend_of_marks, marks
from analysis.reporting.style import STYLE
from search_spaces.rules import RECOMMENDED, NoiseScales
from studies.engine.outcomes.signal_state import SignalState
from tests.fakes.runs import SOUND, make_search


def test_every_rule_has_a_number_and_the_recommended_one_is_marked():
    signal = dataclasses.replace(SOUND, descriptors={"psi": 0.3, "low_pass_40": 0.2})
    run = make_search([signal], rules=["eqn11_length", RECOMMENDED])
    all_marks = marks(SignalState(run, signal))
    assert [name for mark in all_marks for name in mark.names] == list(run.scale.rules)
    assert [mark.number for mark in all_marks] == list(range(1, len(all_marks) + 1))
    (recommended,) = (mark for mark in all_marks if mark.is_recommended)
    assert "(recommended)" in recommended.text
    assert recommended.color not in {m.color for m in all_marks if not m.is_recommended}


def test_rules_with_one_point_share_a_number():
    state = SignalState(make_search([SOUND]), SOUND)
    first, second = state.rule_points[:2]
    state.points = [first, dataclasses.replace(first, name="twin"), second]
    assert [mark.names for mark in marks(state)] == [(first.name, "twin"), (second.name,)]


@pytest.mark.parametrize("spread", [0.3, 0.03])
def test_no_number_covers_another(spread):
    rules = [Mark(n, (f"rule {n}",), NoiseScales(n, n)) for n in range(1, 11)]
    places = [(0.5 + spread * (n % 3 - 1), 0.5 + spread * (n // 3 - 1)) for n in range(10)]
    with matplotlib.rc_context(STYLE):
        figure = Figure(figsize=(5.4, 4), layout="constrained")
        axes = figure.add_subplot()
        axes.set(xlim=(0, 1), ylim=(0, 1))
        legend_of_marks(figure, rules)
        figure.draw_without_rendering()
        draw_marks(axes, rules, places, [])
        figure.draw_without_rendering()
    numbers = [child for child in axes.get_children() if isinstance(child, Annotation)]
    assert [number.get_text() for number in numbers] == [str(n) for n in range(1, 11)]
    boxes = [number.get_bbox_patch().get_window_extent().padded(-1) for number in numbers]
    assert not any(a.overlaps(b) for a, b in itertools.combinations(boxes, 2))
    (legend,) = figure.legends
    assert len(legend.get_texts()) == 10
