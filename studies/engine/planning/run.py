"""Define a run: a study with every choice made, as it is stored with the results."""

import dataclasses
import hashlib
import json
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated, Any

from pydantic import BeforeValidator, PlainSerializer, PlainValidator, TypeAdapter

from inr_models import InputError
from search_spaces.noise_grid import NoiseGrid
from search_spaces.rules import AnyRule, rule_of
from studies.engine.planning.question import Question, question_json, question_of
from studies.engine.planning.scale import Scale, ScaleName, check_name, seeds_text
from studies.engine.signals.reading import reader, signal_type


@dataclass(frozen=True)
class Skipped:
    """A file that was left out, and why."""

    source: str
    why: str

    def __str__(self) -> str:
        return f"{self.source}: {self.why}"


@dataclass(frozen=True, kw_only=True)
class Run:
    """A study with every choice made. It is enough to repeat the study.

    Args:
        study: Name of the study.
        title: What the study asks, in words.
        scale_name: "small" or "paper".
        scale: The sizes.
        question: The kind of study, with its settings.
        rules: The rules of the scale by name, with their constants, because a later version may
            change the constants of a name.
        media: The type of the signals.
        signals: The signals' sha256, in order.
        sources: Their paths as the user gave them.
        skipped: The files that were left out.
        notes: What readers say about the files that were read, see `Signal.notes`.
        stored_id: The id of the stored run that this one continues. None for a new run.
    """

    study: str
    title: str
    scale_name: ScaleName
    scale: Scale
    question: Annotated[Question, PlainValidator(question_of), PlainSerializer(question_json)]
    rules: dict[str, Annotated[AnyRule, BeforeValidator(rule_of)]]
    media: str
    signals: tuple[str, ...]
    sources: tuple[str, ...]
    skipped: tuple[Skipped, ...] = ()
    notes: tuple[str, ...] = ()
    stored_id: str | None = None

    def __post_init__(self) -> None:
        check_name("study", self.study)
        reader(self.media, **self.scale.reading)
        self.question.check(self.scale)
        for sha256 in self.signals:  # files are named by it
            if not re.fullmatch("[0-9a-f]{64}", sha256):
                raise InputError.at(
                    "wrong-kind", "signals", f"{sha256!r} is no SHA-256 of 64 hex digits."
                )

    @property
    def id(self) -> str:
        """8 hex digits that differ between runs of one study. They do not depend on paths."""
        return self.stored_id or hashlib.sha256(self.identity.encode()).hexdigest()[:8]

    @property
    def identity(self) -> str:
        """Canonical JSON of the fields that make two runs the same.

        Fields at their default are left out, so that a new field leaves every old run as it was. So
        the default of a field must never change: a study that wants another value names it.
        A search that is asked for more trials is the same run.
        """
        content = {
            "study": self.study,
            "scale_name": self.scale_name,
            "scale": named_fields(self.scale),
            "question": [self.question.kind, named_fields(self.question.identity())],
            "rules": named_fields(self.rules),
            "media": self.media,
            "signals": list(self.signals),
        }
        return json.dumps(content, sort_keys=True, separators=(",", ":"))

    @property
    def noun(self) -> str:
        """The word for one of its signals in tables, such as "clip"."""
        return signal_type(self.media).noun

    @property
    def first_rule(self) -> str:
        """What reports call the rule that the others are compared with: Eqn. 11, or its name."""
        name = self.scale.rules[0]
        return "Eqn. 11" if name.startswith("eqn11") else name

    @property
    def grid(self) -> NoiseGrid:
        """The grid of a run that has one."""
        assert self.scale.grid is not None, "a comparison has no grid"
        return self.scale.grid

    @property
    def seeds(self) -> tuple[int, ...]:
        """All seeds: those of the map or search, then those that choose and score."""
        groups = self.question.seed_groups(self.scale).values()
        return tuple(seed for group in groups for seed in group)

    def confirming_text(self, seeds: Sequence[int]) -> str:
        """Return the seeds that choose or score in words, and whether signals have their own."""
        text = seeds_text(seeds)
        return f"{text} (every {self.noun} draws its own)" if self.scale.own_seeds else text

    @property
    def folder(self) -> str:
        """The folder of the run and its report, relative to the results."""
        return f"_studies/{self.study}-{self.scale_name}-{self.id}"


_RUN: TypeAdapter[Run] = TypeAdapter(Run)


def run_json(run: Run) -> bytes:
    """Return a run as it is stored."""
    return _RUN.dump_json(run, indent=1, exclude={"stored_id"})


def read_run(content: bytes, folder: str) -> Run:
    """Return a stored run.

    Args:
        content: The bytes of its study.json.
        folder: The name of its folder, which ends with its id.

    Raises:
        ValueError: The content is damaged or of another version. pydantic's ValidationError is one.
    """
    value = json.loads(content)
    if not isinstance(value, dict):
        raise ValueError("a run is a JSON object")
    if "title" not in value:
        value = _from_first_version(value)
    return _RUN.validate_python(value | {"stored_id": folder.rpartition("-")[2]})


def _from_first_version(value: dict[str, Any]) -> dict[str, Any]:
    """Return a run that was stored before questions were classes in today's form.

    Its kind followed from which of its fields were set.
    """
    value = dict(value)
    title, search = value.pop("question"), value.pop("search")
    choosing, scoring, top = (value.pop(k) for k in ("choosing_seeds", "scoring_seeds", "top"))
    confirming = {"choosing_seeds": choosing, "scoring_seeds": scoring, "top": top}
    if value["scale"]["cases"]:
        question: dict[str, Any] = {"kind": "comparison", "tuning_seeds": choosing}
    elif search:
        question = {"kind": "search", **confirming, "settings": search}
    elif choosing:
        question = {"kind": "rule_check", **confirming}
    else:
        question = {"kind": "grid", "scoring_seeds": scoring}
    skipped = []
    for sentence in value["skipped"]:
        source, _, why = sentence.partition(": ")
        skipped.append({"source": source, "why": why})
    return value | {"title": title, "question": question, "skipped": skipped}


def named_fields(value: Any) -> Any:
    """Return a value as plain JSON: the fields of dataclasses that are not at their default.

    Fields that do not decide which run this is are left out as well (`networks.ASIDE`).
    """
    if dataclasses.is_dataclass(value):
        content = {}
        for field in dataclasses.fields(value):
            if field.metadata.get("is_aside"):
                continue
            own = getattr(value, field.name)
            # The kind distinguishes an axis or a rule from others with the same fields.
            if own != field.default or field.name == "kind":
                content[field.name] = named_fields(own)
        return content
    if isinstance(value, dict):
        return {name: named_fields(own) for name, own in value.items()}
    if isinstance(value, tuple | list):
        return [named_fields(own) for own in value]
    if isinstance(value, int) and not isinstance(value, bool):
        return float(value)  # a study may say 3000 where a stored run has 3000.0
    return value
