"""Turn a study and the flags of a command into a run, with every choice made."""

import dataclasses
from collections.abc import Mapping, Sequence
from typing import Any

from inr_models import InputError
from inr_models.fitting.optimizers.catalog import OPTIMIZERS
from search_spaces.networks import Case, settled
from search_spaces.plugins import PluginRule
from search_spaces.rules import RULES, AnyRule
from search_spaces.rules.spectrum_matching import SpectrumMatching
from search_spaces.rules.table import Table
from studies.engine.planning.question import Flag, field_flag
from studies.engine.planning.run import Run, Skipped
from studies.engine.planning.scale import Scale, ScaleName
from studies.engine.planning.study import Study
from studies.engine.signals.reading import signal_type
from studies.engine.signals.signal import Signal, samples_of


def flags_of(study: Study) -> list[Flag]:
    """Return every setting of a study that the command line can change."""
    kind = signal_type(study.media)
    flags = [
        field_flag("seeds", "scale.seeds", "number of seeds for every point", **_NUMBER),
        *study.question.flags(study),
        field_flag("epochs", "scale.fit.epochs", "full-batch updates of a fit", **_NUMBER),
        field_flag("max_samples", "scale.max_samples", kind.size, **_NUMBER),
        field_flag(
            "precision",
            "scale.fit.precision",
            "float32, on GPUs also tf32",
            names=("float32", "tf32"),
            metavar="NAME",
        ),
        field_flag(
            "optimizer",
            "scale.fit.optimizer",
            ", ".join(OPTIMIZERS),
            names=tuple(OPTIMIZERS),
            metavar="NAME",
        ),
    ]
    if kind.by_distance:
        flags.append(
            field_flag(
                "points",
                "scale.signed_distance.points",
                "samples of the surface, near it and in the box in every update",
                **_NUMBER,
            )
        )
        return flags
    flags.append(
        field_flag(
            "hold_out",
            "scale.hold_out",
            "fit every K-th sample along each axis, or hold out a share, and score what is left "
            "out as well",
            metavar="K|P%",
        )
    )
    for name, settings in kind.options.items():
        flags.append(field_flag(name, f"scale.{name}", **settings))
    return flags


_NUMBER = {"type": int, "metavar": "N"}


def resolve(
    study: Study,
    scale_name: ScaleName,
    signals: Sequence[Signal],
    *,
    skipped: Sequence[Skipped] = (),
    notes: Sequence[str] = (),
    changes: Mapping[str, Any] | None = None,
) -> Run:
    """Return the run of a study on `signals`.

    Args:
        study: The study.
        scale_name: "small" or "paper".
        signals: The signals, empty to check the flags alone.
        skipped: The files that were left out.
        notes: Further sentences about the files.
        changes: Values by the name of the flag (`flags_of`). None changes nothing.

    Raises:
        InputError: A value is out of its range, or there is no such rule, network or setting.

    Example:
        >>> from studies.audio_grid import STUDY
        >>> resolve(STUDY, "small", (), changes={"epochs": 20}).scale.fit.epochs
        20
    """
    scale = study.scales[scale_name]
    run = Run(
        study=study.name,
        title=study.title,
        scale_name=scale_name,
        scale=scale,
        question=study.question,
        rules={name: RULES[name] for name in scale.rules},
        media=study.media,
        signals=tuple(signal.sha256 for signal in signals),
        sources=tuple(signal.source for signal in signals),
        skipped=tuple(skipped),
        notes=(*notes, *(note for signal in signals for note in signal.notes)),
    )
    unused = {name: value for name, value in (changes or {}).items() if value is not None}
    for flag in flags_of(study):
        if flag.name in unused:
            run = flag.change(run, unused.pop(flag.name))
    if unused:
        names = ", ".join(unused)
        raise InputError.at("unknown-name", names, f"{study.name} has no such setting.")
    for signal in signals:
        _check_hold_out(run.scale, signal)
    notes = [
        f"rule {name}: its points were computed by {rule.given} (SHA-256 {rule.source}...)."
        for name, rule in run.rules.items()
        if isinstance(rule, PluginRule)
    ]
    rules = {name: _settled(rule, signals, run) for name, rule in run.rules.items()}
    scale = dataclasses.replace(run.scale, cases=_settled_cases(run.scale, signals))
    return dataclasses.replace(run, rules=rules, scale=scale, notes=(*run.notes, *notes))


def _settled_cases(scale: Scale, signals: Sequence[Signal]) -> tuple[Case, ...]:
    """Return the cases, with the networks of those that come from a file computed once."""
    targets = [scale.target(signal) for signal in signals]
    rule = scale.rules[0] if scale.rules else ""
    return tuple(settled(case, targets, scale.parameters, rule) for case in scale.cases)


def _check_hold_out(scale: Scale, signal: Signal) -> None:
    if scale.hold_out and signal.values is not None:
        try:
            scale.objective.scored(*samples_of(signal))
        except InputError as error:
            raise error.within(f"{signal.source}: --hold-out {scale.hold_out}") from error


def _settled(rule: AnyRule | PluginRule, signals: Sequence[Signal], run: Run) -> AnyRule:
    """Return a rule that needs no network, with its points on the signals computed once."""
    if not (isinstance(rule, SpectrumMatching | PluginRule) or run.question.stores_rules):
        return rule
    targets = {s.sha256: run.question.rule_target(s, run.scale) for s in signals}
    return Table(points={sha256: rule(target) for sha256, target in targets.items()})
