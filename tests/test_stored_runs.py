"""Which stored run a new one continues, and what makes two runs the same."""

import dataclasses
import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest

from search_spaces.rules.bandwidth_matching import Constant
from studies import audio_architectures, audio_grid, audio_search, rule_check
from studies.command.stored_runs import as_stored
from studies.engine.planning.question import KINDS, Question, question_of
from studies.engine.planning.resolving import resolve
from studies.engine.planning.run import Run, Skipped, read_run, run_json
from studies.engine.planning.scale import Scale
from studies.engine.planning.study import Study
from studies.engine.search.search_id import search_id
from studies.engine.search.settings import SearchSettings
from studies.engine.store.store import Store
from studies.questions import Comparison, Grid, RuleCheck, Search
from tests.fakes.runs import SOUND, make_signal
from tests.refusals import refused

OLD_ID = "0123abcd"
SKIPPED = (Skipped("clips/a.wav", "cut short."), Skipped("c.wav", "silent: 0 everywhere."))
OLD_FIELDS = [
    "study", "question", "scale_name", "scale", "choosing_seeds", "scoring_seeds", "top", "rules",
    "search", "media", "signals", "sources", "skipped",
]  # fmt: skip


def old_json(run: Run) -> bytes:
    """Return a run as it was stored before its kind was a class.

    What the study asks was its `question`, in words. Its kind followed from which of the other
    fields were set. A file that was left out was one sentence.
    """
    value = json.loads(run_json(run))
    settings = value["question"]
    tuning = settings.get("tuning_seeds", [])
    value |= {
        "question": value.pop("title"),
        "choosing_seeds": settings.get("choosing_seeds", tuning),
        "scoring_seeds": settings.get("scoring_seeds", []),
        "top": settings.get("top", 3),
        "search": settings.get("settings"),
        "skipped": [str(skipped) for skipped in run.skipped],
    }
    return json.dumps({name: value[name] for name in OLD_FIELDS}, indent=1).encode()


def old_folder(run: Run) -> str:
    return f"{run.study}-{run.scale_name}-{OLD_ID}"


RULES = ("eqn11_length_width", "constant")
CHECK = dataclasses.replace(
    rule_check.STUDY, small=dataclasses.replace(rule_check.STUDY.small, rules=RULES)
)
"""rule_check without the rules that need more of a signal than made-up ones have."""


@pytest.fixture
def store(tmp_path) -> Store:
    return Store(str(tmp_path))


def new_run(study: Study, **changes: object) -> Run:
    return resolve(study, "small", [SOUND], changes=changes)


@dataclass(frozen=True)
class Case:
    """Holds a run of one kind, the question that it stored, and choices that make another run."""

    study: Study
    changes: dict[str, object]
    question: Question
    others: list[dict[str, object]]


CASES = {
    "grid": Case(
        audio_grid.STUDY,
        {"confirm_seeds": 3},
        Grid(scoring_seeds=(105, 106, 107)),
        [{"seeds": 2}, {"width": 60}, {"confirm_seeds": 4}, {"rules": ["constant"]}],
    ),
    "search": Case(
        audio_search.STUDY,
        {"confirm_seeds": 2, "trials": 12, "sampler": "gp"},
        Search(
            choosing_seeds=(100, 101),
            scoring_seeds=(105, 106),
            settings=SearchSettings(trials=12, sampler="gp"),
        ),
        [{"seeds": 1}, {"width": 60}, {"confirm_seeds": 4}, {"sampler": "random"}],
    ),
    "rule check": Case(
        CHECK,
        {"confirm_seeds": 2, "depth": 3},
        RuleCheck(choosing_seeds=(100, 101), scoring_seeds=(105, 106)),
        [{"seeds": 2}, {"width": 60}, {"depth": 4}, {"learning_rate": 1e-3}],
    ),
    "comparison": Case(
        audio_architectures.STUDY,
        {"networks": ["siren", "siren2"]},
        Comparison(),
        [{"seeds": 9}, {"networks": ["siren"]}, {"tune": True}, {"epochs": 7}],
    ),
    "tuned comparison": Case(
        audio_architectures.STUDY,
        {"networks": ["siren", "siren2"], "tune": True},
        Comparison(tuning_seeds=(100,)),
        [{"seeds": 9}, {"networks": ["siren"]}, {"tune": False}, {"epochs": 7}],
    ),
}
EVERY_KIND = pytest.mark.parametrize("case", CASES.values(), ids=CASES)


def test_there_is_a_case_of_every_kind_of_study():
    kinds = {Grid, Search, RuleCheck, Comparison}
    assert {type(case.question) for case in CASES.values()} == kinds
    assert kinds <= set(KINDS.values())


@EVERY_KIND
def test_a_run_that_was_stored_before_kinds_were_classes_is_read_as_its_kind(case):
    run = dataclasses.replace(new_run(case.study, **case.changes), skipped=SKIPPED)
    assert json.loads(old_json(run)).keys() == set(OLD_FIELDS)
    again = read_run(old_json(run), old_folder(run))
    assert type(again.question) is type(case.question)
    assert again.question == case.question
    assert again.id == OLD_ID
    assert again.folder == f"_studies/{old_folder(run)}"
    assert dataclasses.replace(again, stored_id=None) == run


@EVERY_KIND
def test_a_run_of_the_same_choices_continues_a_stored_one_of_the_first_version(case, store):
    run = new_run(case.study, **case.changes)
    store.write_bytes(f"_studies/{old_folder(run)}/study.json", old_json(run))
    assert run.id != OLD_ID
    assert as_stored(run, store).id == OLD_ID
    assert as_stored(run, store).folder == f"_studies/{old_folder(run)}"
    for other in case.others:
        another = new_run(case.study, **(case.changes | other))
        assert as_stored(another, store) == another, other
        assert another.id not in (OLD_ID, run.id), other


def test_a_run_whose_rule_has_another_constant_continues_no_stored_one(store):
    run = new_run(CHECK)
    store.write_bytes(f"_studies/{old_folder(run)}/study.json", old_json(run))
    rule = run.rules["constant"]
    assert isinstance(rule, Constant)
    other = dataclasses.replace(rule, gain=rule.gain + 0.5)
    refitted = dataclasses.replace(run, rules=run.rules | {"constant": other})
    assert as_stored(run, store).id == OLD_ID
    assert as_stored(refitted, store) == refitted


def test_a_run_of_other_signals_or_of_another_study_continues_no_stored_one(store):
    run = new_run(audio_grid.STUDY)
    store.write_bytes(f"_studies/{old_folder(run)}/study.json", old_json(run))
    for study, signals in (
        (audio_grid.STUDY, [make_signal("another")]),
        (audio_grid.STUDY, [SOUND, make_signal("another")]),
        (dataclasses.replace(audio_grid.STUDY, name="another"), [SOUND]),
    ):
        other = resolve(study, "small", signals)
        assert as_stored(other, store) == other


def test_a_search_of_more_trials_continues_a_stored_one(store):
    run = new_run(audio_search.STUDY, trials=12)
    store.write_bytes(f"_studies/{old_folder(run)}/study.json", old_json(run))
    question = dataclasses.replace(run.question, settings=SearchSettings(trials=30))
    more = as_stored(new_run(audio_search.STUDY, trials=30), store)
    assert (more.id, more.question) == (OLD_ID, question)


@pytest.mark.parametrize(("sampler", "is_same"), [("tpe", True), ("gp", True), ("prior", False)])
def test_a_round_of_four_is_the_same_search_where_it_still_is_the_samplers_own(
    store, sampler, is_same
):
    run = new_run(audio_search.STUDY, sampler=sampler)
    value = json.loads(run_json(run))
    value["question"]["settings"]["round_size"] = 4  # every run stored its rounds
    content = json.dumps(value).encode()
    store.write_bytes(f"_studies/{old_folder(run)}/study.json", content)
    assert (as_stored(run, store).id == OLD_ID) == is_same
    earlier = read_run(content, old_folder(run))
    assert earlier.question.settings.together == 4
    ids = {search_id(each, each.question.settings, SOUND) for each in (run, earlier)}
    assert (len(ids) == 1) == is_same


@EVERY_KIND
def test_neither_words_nor_paths_are_part_of_a_runs_id(case):
    run = new_run(case.study, **case.changes)
    others = {"title": "Why?", "sources": ("elsewhere.wav",), "skipped": SKIPPED}
    for name, value in others.items():
        other = dataclasses.replace(run, **{name: value})
        assert other != run
        assert other.id == run.id, name


def test_notes_of_signals_are_stored_with_a_run_and_are_no_part_of_its_id():
    plain = resolve(audio_grid.STUDY, "small", [SOUND])
    signal = dataclasses.replace(SOUND, notes=("a.wav: b.", "a.wav: c."))
    noted = resolve(audio_grid.STUDY, "small", [signal, SOUND])
    assert noted.notes == ("a.wav: b.", "a.wav: c.")
    assert read_run(run_json(noted), noted.folder).notes == noted.notes
    assert resolve(audio_grid.STUDY, "small", [signal]).id == plain.id


@EVERY_KIND
def test_a_new_setting_at_its_default_is_no_part_of_a_runs_id(case):
    run = new_run(case.study, **case.changes)

    def with_new_field(value: Any, base: type) -> Callable[[int], object]:
        fields = {field.name: getattr(value, field.name) for field in dataclasses.fields(value)}
        wider = dataclasses.make_dataclass(
            base.__name__,
            [("new_setting", int, 7)],
            bases=(base,),
            frozen=True,
            kw_only=True,
        )
        return lambda setting: wider(**fields, new_setting=setting)

    makers = {
        "scale": with_new_field(run.scale, Scale),
        "question": with_new_field(run.question, type(run.question)),
    }
    for name, make in makers.items():
        assert dataclasses.replace(run, **{name: make(7)}).id == run.id, name
        assert dataclasses.replace(run, **{name: make(8)}).id != run.id, name


@pytest.mark.parametrize("value", [{"kind": "nosuch"}, {}, None, "grid"])
def test_a_kind_that_does_not_exist_is_refused_with_those_that_do(value):
    with refused("unknown-name", "kind", *KINDS):
        question_of(value)
