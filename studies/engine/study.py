"""A study as a value: what is asked, and at which sizes."""

import dataclasses
import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from pydantic import TypeAdapter

from inr_models import FitConfig, InputError
from search_spaces.audio import NoiseGrid
from studies.engine.signals import Signal

ScaleName = Literal["small", "paper"]

FIRST_CONFIRM_SEED = 100
"""Grids and searches use the seeds below; what is compared is fitted on others from here on."""


@dataclass(frozen=True, kw_only=True)
class Scale:
    """The sizes of a run. `rules` are names of `search_spaces.rules.RULES`; the first one is
    the study's "Eqn. 11", the one that the best cell is compared with.
    """

    max_samples: int
    width: int
    depth: int
    fit: FitConfig
    seeds: int
    grid: NoiseGrid
    rules: tuple[str, ...]

    def __post_init__(self) -> None:
        if self.max_samples < 256:
            raise InputError(f"max_samples = {self.max_samples}: give 256 or more.")
        if not 1 <= self.seeds <= FIRST_CONFIRM_SEED:
            raise InputError(f"seeds = {self.seeds}: give a count from 1 to {FIRST_CONFIRM_SEED}.")


@dataclass(frozen=True, kw_only=True)
class GridStudy:
    """A study of SIREN² over a grid of (s0, s1), at two recorded scales.

    `confirm_seeds` are those on which the best cell, Eqn. 11 and SIREN are fitted again and
    compared; the grid, which chooses the cell, never uses them.
    """

    name: str
    question: str
    signals: tuple[str, ...]
    small: Scale
    paper: Scale
    confirm_seeds: tuple[int, ...] = (105, 106)

    @property
    def scales(self) -> dict[str, Scale]:
        """The two scales by name."""
        return {"small": self.small, "paper": self.paper}


@dataclass(frozen=True, kw_only=True)
class Run:
    """A study with every choice made: stored with the results, and enough to repeat them."""

    study: str
    question: str
    scale_name: ScaleName
    scale: Scale
    confirm_seeds: tuple[int, ...]
    signals: tuple[str, ...]
    """sha256 of every signal, in order."""
    sources: tuple[str, ...]
    """Their paths, as they were given."""
    skipped: tuple[str, ...]
    """A sentence for every file that was left out."""

    @property
    def id(self) -> str:
        """8 hex digits that tell runs of one study apart, wherever their files lay."""
        content = RUN_JSON.dump_json(dataclasses.replace(self, sources=(), skipped=()))
        return hashlib.sha256(content).hexdigest()[:8]

    @property
    def folder(self) -> str:
        """Where the run's value and report are, under the results."""
        return f"_studies/{self.study}-{self.scale_name}-{self.id}"


RUN_JSON: TypeAdapter[Run] = TypeAdapter(Run)


def resolve(
    study: GridStudy,
    scale_name: ScaleName,
    scale: Scale,
    signals: Sequence[Signal],
    skipped: Sequence[str] = (),
) -> Run:
    """The run of a study on `signals` at `scale`, one of the study's own or overridden."""
    return Run(
        study=study.name,
        question=study.question,
        scale_name=scale_name,
        scale=scale,
        confirm_seeds=study.confirm_seeds,
        signals=tuple(signal.sha256 for signal in signals),
        sources=tuple(signal.source for signal in signals),
        skipped=tuple(skipped),
    )


def override(
    scale: Scale, *, seeds: int | None, epochs: int | None, max_samples: int | None
) -> Scale:
    """`scale` with what is given changed.

    Raises:
        InputError: a value out of its range.
    """
    if epochs is not None:
        scale = dataclasses.replace(scale, fit=dataclasses.replace(scale.fit, epochs=epochs))
    given = {"seeds": seeds, "max_samples": max_samples}
    return dataclasses.replace(scale, **{k: v for k, v in given.items() if v is not None})
