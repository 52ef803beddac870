"""From a study and the flags of a command to a run: every choice made."""

import dataclasses
from collections.abc import Mapping, Sequence
from typing import Any, TypeVar

from inr_models import FitConfig, InputError
from search_spaces.networks import Case
from search_spaces.rules import RULES, AnyRule, named_rule
from search_spaces.rules.spectrum_matching import SpectrumMatching
from search_spaces.rules.table import Table
from studies.engine.planning.study import (
    FIRST_CHOOSING_SEED,
    Run,
    Scale,
    ScaleName,
    Search,
    Study,
    check_name,
    confirming_seeds,
)
from studies.engine.signals.signal import Signal

FLAGS = (
    "seeds", "epochs", "max_samples", "precision", "confirm_seeds", "trials", "sampler",
    "early_stopping", "networks", "tune", "rules", "width",
    "depth", "zero_output_bias", "learning_rate",
)  # fmt: skip
"""The settings that the command line can change, of the studies that have them."""

T = TypeVar("T", Scale, FitConfig, Search)


def resolve(
    study: Study,
    scale_name: ScaleName,
    signals: Sequence[Signal],
    *,
    skipped: Sequence[str] = (),
    changes: Mapping[str, Any] | None = None,
) -> Run:
    """The run of a study on `signals`, with the fields that `changes` names changed.

    `changes` are fields of the scale, its fit and the search by name, and `confirm_seeds`: the
    number of choosing and of scoring seeds; `rules`, names or files of further rules; of a
    comparison also `networks`, the names of the cases that are wanted, and `tune`. A grid keeps its
    gains at another `width`. A value of None changes nothing.

    Raises:
        InputError: a value out of its range, or no such rule.
    """
    given = {name: value for name, value in (changes or {}).items() if value is not None}
    rules = {name: RULES[name] for name in study.scales[scale_name].rules}
    rules |= _named_rules(given.pop("rules", ()))
    scale = study.scales[scale_name]
    width = given.get("width", scale.width)
    if scale.grid and width != scale.width:
        if width < 1:
            raise InputError("out-of-range", "--width", f"--width {width}: give 1 or more.")
        given["grid"] = scale.grid.at_width(scale.width, width)
    scale = dataclasses.replace(
        _changed(scale, given), fit=_changed(scale.fit, given), rules=tuple(rules)
    )
    choosing, scoring = study.choosing_seeds, study.scoring_seeds
    if (count := given.get("confirm_seeds")) is not None:
        choosing, scoring = confirming_seeds(count)
        choosing = choosing if study.choosing_seeds else ()
    if scale.cases:
        scale = dataclasses.replace(scale, cases=_chosen(scale.cases, given.get("networks")))
        # A seed that no score is on.
        choosing, scoring = (FIRST_CHOOSING_SEED,) * bool(given.get("tune")), ()
    return Run(
        study=study.name,
        question=study.question,
        scale_name=scale_name,
        scale=scale,
        choosing_seeds=choosing,
        scoring_seeds=scoring,
        top=study.top,
        rules={name: _settled(rule, signals, scale) for name, rule in rules.items()},
        search=study.search and _changed(study.search, given),
        media=study.media,
        signals=tuple(signal.sha256 for signal in signals),
        sources=tuple(signal.source for signal in signals),
        skipped=tuple(skipped),
    )


def _settled(rule: AnyRule, signals: Sequence[Signal], scale: Scale) -> AnyRule:
    """A rule whose points need no network: what untrained ones have to say is asked once."""
    if not isinstance(rule, SpectrumMatching):
        return rule
    targets = {s.sha256: s.target(scale.width, scale.depth) for s in signals}
    return Table(points={sha256: rule(target) for sha256, target in targets.items()})


def _named_rules(given: Sequence[str]) -> dict[str, AnyRule]:
    """Rules by name or from JSON files, which are named after their files."""
    found: dict[str, AnyRule] = {}
    for each in given:
        name, rule = named_rule(each, "--rules")
        check_name("--rules", name)
        if found.get(name, rule) != rule:
            raise InputError(
                "taken",
                "--rules",
                f"--rules {each}: another rule is named {name}; rename the file.",
            )
        found[name] = rule
    return found


def _chosen(cases: tuple[Case, ...], names: Sequence[str] | None) -> tuple[Case, ...]:
    """The cases of these names, in the study's order; all without names."""
    known = [case.name for case in cases]
    for name in names or ():
        if name not in known:
            raise InputError(
                "unknown-name",
                "--networks",
                f"--networks {name}: this study has none of that name; give some of "
                f"{', '.join(known)}.",
            )
    return tuple(case for case in cases if names is None or case.name in names)


def _changed(value: T, given: Mapping[str, Any]) -> T:
    names = {field.name for field in dataclasses.fields(value)}
    return dataclasses.replace(value, **{k: v for k, v in given.items() if k in names})
