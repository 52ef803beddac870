"""Define what every kind of study has in common: the class that a new kind derives from.

A question is a value: its fields are the settings that a run stores. Its methods say which points
it asks for, how the fits of a signal follow from each other, and what it reports. A new kind is
one file with one class that is registered with `@kind("name")`.
"""

from __future__ import annotations

import dataclasses
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, ClassVar, NamedTuple, TypeVar

from inr_models import InputError
from studies.engine.planning.points import Point, Step
from studies.engine.planning.scale import Scale

if TYPE_CHECKING:
    import datetime

    from numpy.typing import NDArray

    from search_spaces.rules import Target
    from studies.engine.outcomes.report import Report
    from studies.engine.outcomes.results import Results
    from studies.engine.outcomes.signal_state import SignalState, Suggestion
    from studies.engine.planning.run import Run
    from studies.engine.planning.study import Study
    from studies.engine.signals.signal import Reader, Signal
    from studies.engine.store.rows import Row
    from studies.engine.store.store import Store

Steps = Iterator[Step]
"""The steps of one signal. The next step is taken when the fits of the last one have their rows."""

KINDS: dict[str, type[Question]] = {}
"""Every kind of study by name."""

Q = TypeVar("Q", bound="type[Question]")


def kind(name: str) -> Callable[[Q], Q]:
    """Register a class of questions under the name that stored runs have.

    Example:
        >>> @kind("spread")
        ... class Spread(Question): ...
    """

    def register(question: Q) -> Q:
        question.kind = name
        KINDS[name] = question
        return question

    return register


@dataclass(frozen=True, kw_only=True)
class Flag:
    """A setting that the command line can change.

    Args:
        name: Its name as a Python argument: `max_samples` is the flag `--max-samples`.
        read: Returns its value in a run.
        change: Returns the run with another value.
        help: What `--help` says of it.
        default: What `--help` shows instead of the default that it reads from the study's scales.
        names: The names that a value may have, for `--help` and for the completion of a shell.
        options: Further options of `ArgumentParser.add_argument`.
        agrees: Returns whether a run agrees with a given value. The default compares the two.
    """

    name: str
    read: Callable[[Run], Any]
    change: Callable[[Run, Any], Run]
    help: str
    default: str | None = None
    names: Sequence[str] = ()
    options: Mapping[str, Any] = field(default_factory=dict)
    agrees: Callable[[Run, Any], bool] | None = None

    def is_met_by(self, run: Run, value: Any) -> bool:
        """Return whether a run has this value. None agrees with every run."""
        if value is None:
            return True
        if self.agrees:
            return self.agrees(run, value)
        return self.read(run) == value


def field_flag(name: str, path: str, help: str, **options: Any) -> Flag:
    """Return a flag for the field of a run at `path`, such as "scale.fit.epochs"."""
    *_, last = path.split(".")
    names = options.pop("names", ())
    return Flag(
        name=name,
        read=lambda run: _at(run, path),
        change=lambda run, value: _replaced(run, path, last, value),
        help=help,
        names=names,
        options=options,
    )


def _at(value: Any, path: str) -> Any:
    for name in path.split("."):
        value = getattr(value, name)
    return value


def _replaced(value: Any, path: str, last: str, new: Any) -> Any:
    """Return a dataclass with the nested field at `path` replaced."""
    name, _, rest = path.partition(".")
    inner = _replaced(getattr(value, name), rest, last, new) if rest else new
    return dataclasses.replace(value, **{name: inner})


class Prepared(NamedTuple):
    """Hold what a run fits, and apart from it what no fit may see.

    Args:
        signals: The signals to fit.
        truths: The clean samples [n, c] of those that are noisy, by their sha256. They are stored
            for the report. Nothing that fits or chooses gets them.
    """

    signals: list[Signal]
    truths: Mapping[str, NDArray]


@dataclass(frozen=True, kw_only=True)
class Question(ABC):
    """A kind of study, with its settings. See the module's docstring."""

    kind: ClassVar[str]

    counts_at_most: ClassVar[bool] = False
    """Whether the number of fits is only bounded before the run."""

    keeps_targets: ClassVar[bool] = False
    """Whether the samples of the signals are stored beside the fits."""

    keeps_outputs: ClassVar[bool] = False
    """Whether the best output of every point that a search tries is stored."""

    stores_rules: ClassVar[bool] = False
    """Whether the rules' points are stored with the run, as where `rule_target` needs samples."""

    def check(self, scale: Scale) -> None:
        """Refuse a scale that the question cannot be asked at.

        Raises:
            InputError: The scale lacks something, or the settings contradict it.
        """
        return

    def check_signals(self, run: Run, signals: Sequence[Signal]) -> None:
        """Refuse signals that the question cannot be asked about.

        Raises:
            InputError: A setting does not work for a signal.
        """
        return

    def prepared(self, signals: Sequence[Signal], read: Reader) -> Prepared:
        """Return what is fitted in place of the signals that were read.

        Args:
            signals: The signals.
            read: Reads more files of their type in the same way.

        Raises:
            InputError: A file that belongs to a signal cannot be used.
        """
        return Prepared(list(signals), {})

    def rule_target(self, signal: Signal, scale: Scale) -> Target:
        """Return what a rule may know of a signal."""
        return scale.target(signal)

    def flags(self, study: Study) -> list[Flag]:
        """Return the flags that only this kind of study has."""
        return []

    def identity(self) -> Question:
        """Return the question without what may change while a run stays the same."""
        return self

    @abstractmethod
    def points(self, run: Run, signal: Signal) -> list[Point]:
        """Return every point that has a name before anything is fitted."""

    @abstractmethod
    def steps(self, state: SignalState) -> Steps:
        """Yield the steps of one signal. `state.rows` grow between the steps."""

    def all_steps(self, states: Sequence[SignalState], store: Store) -> list[Steps]:
        """Return the steps of every signal of a run that fits, in the order of the states."""
        return [self.steps(state) for state in states]

    def suggestions(
        self, run: Run, signals: Sequence[Signal], store: Store
    ) -> Mapping[str, Sequence[Suggestion]]:
        """Return what a search has suggested, by the signals' sha256."""
        return {}

    @abstractmethod
    def seed_groups(self, scale: Scale) -> dict[str, Sequence[int]]:
        """Return groups of seeds by the name of a point's mean over them.

        `psnr_peak` are the map's seeds. Those that choose and those that score follow.
        """

    def size(self, scale: Scale) -> str:
        """Return the size of the networks, as the first lines of a run show it."""
        return f"{scale.depth} x {scale.width}"

    def stored_where(self, run: Run) -> dict[str, Any]:
        """Return what the stored fits of this run have in common, by column."""
        return {"hp_depth": run.scale.depth, "fit_epochs": run.scale.fit.epochs}

    def reported_rows(self, state: SignalState, asked: set[str]) -> dict[str, Row]:
        """Return the rows that a report shows.

        `asked` are the keys that the steps have reached.
        """
        return {key: row for key, row in state.rows.items() if key in asked}

    def tracked_points(self, state: SignalState) -> Sequence[Point]:
        """Return the points that MLflow shows."""
        return state.points

    def num_together(self, scale: Scale, num_missing: int) -> int:
        """Return how many fits of one signal a worker can get at once."""
        return num_missing

    def notes(self, state: SignalState) -> list[str]:
        """Return what a reader of a signal's results must know, as why its search ended early."""
        return []

    @abstractmethod
    def facts(self, run: Run) -> dict[str, str]:
        """Return what the report says about the run's settings: {term: sentence}."""

    @abstractmethod
    def report(self, results: Results, now: datetime.datetime) -> Report:
        """Return tables, page, figures and files from all that is stored of a run."""


def question_of(value: Any) -> Question:
    """Return the question that a stored run holds. A question is returned as it is.

    Raises:
        InputError: There is no such kind of study, or its settings are damaged.
    """
    if isinstance(value, Question):
        return value
    from pydantic import TypeAdapter

    name = value.get("kind") if isinstance(value, dict) else None
    if name not in KINDS:
        names = ", ".join(KINDS)
        raise InputError.of_value(
            "unknown-name", "kind", repr(name), f"there is no such kind. Give one of {names}."
        )
    settings = {key: setting for key, setting in value.items() if key != "kind"}
    return TypeAdapter(KINDS[name]).validate_python(settings)


def question_json(question: Question) -> dict[str, Any]:
    """Return a question as plain values, the inverse of `question_of`."""
    from pydantic import TypeAdapter

    return {"kind": question.kind, **TypeAdapter(type(question)).dump_python(question, mode="json")}
