"""A study as a value: what is asked, and at which sizes."""

import dataclasses
import hashlib
import re
from dataclasses import dataclass
from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, TypeAdapter

from inr_models import FitConfig, InputError
from search_spaces.networks import Case
from search_spaces.noise_grid import NoiseGrid
from search_spaces.rules import AnyRule, rule_of
from studies.engine.signals.signal import Media

ScaleName = Literal["small", "paper"]

FIRST_CHOOSING_SEED = 100
"""Grids and searches use the seeds below; what is compared is fitted on others from here on."""

FIRST_SCORING_SEED = 105


@dataclass(frozen=True, kw_only=True)
class Scale:
    """The sizes of a run. `rules` are names of `search_spaces.rules.RULES`; the first one is
    the study's "Eqn. 11", the one that comes first in every comparison.

    A study maps a `grid` or searches in it, of SIREN² whose output bias may begin at zero, or it
    compares `cases`: networks of `parameters` numbers, about, each.
    """

    max_samples: int
    width: int
    depth: int
    fit: FitConfig
    seeds: int
    rules: tuple[str, ...]
    grid: NoiseGrid | None = None
    zero_output_bias: bool = False
    cases: tuple[Case, ...] = ()
    parameters: int = 0

    def __post_init__(self) -> None:
        if (self.grid is None) != bool(self.cases):
            raise InputError("a scale has a grid or cases, one of the two.")
        names = [case.name for case in self.cases]
        for name in names:
            check_name("cases", name)
        if twice := [name for name in names if names.count(name) > 1]:
            raise InputError(f"cases: two are named {twice[0]!r}; give each a name of its own.")
        if self.max_samples < 256:
            raise InputError(f"max_samples = {self.max_samples}: give 256 or more.")
        if not 1 <= self.seeds <= FIRST_CHOOSING_SEED:
            raise InputError(f"seeds = {self.seeds}: give a count from 1 to {FIRST_CHOOSING_SEED}.")


@dataclass(frozen=True, kw_only=True)
class Search:
    """A search with Optuna over the rectangle that the scale's grid spans, signal by signal.

    `trials` suggestions a signal by a sampler of `samplers.SAMPLERS`, asked and
    told in rounds of `round_size`, so that they do not depend on what finishes first.
    `early_stopping` ends fits that are behind at a rung.
    """

    trials: int = 60
    sampler: str = "tpe"
    round_size: int = 4
    early_stopping: bool = False
    seed: int = 0

    def __post_init__(self) -> None:
        for field in ("trials", "round_size"):
            if getattr(self, field) < 1:
                raise InputError(f"{field} = {getattr(self, field)}: give 1 or more.")
        if self.early_stopping and self.sampler == "gp":
            raise InputError(
                "--early-stopping: Optuna's gp learns nothing from stopped fits; use --sampler tpe."
            )


@dataclass(frozen=True, kw_only=True)
class Study:
    """A question at two recorded scales: SIREN² over (s0, s1) by a grid or a search, or networks
    beside each other.

    The optimum is chosen on `choosing_seeds` among the candidates: the `top` points that were tried
    and the rules' (without such seeds it is the grid's best cell, by the grid's own). It is
    compared with the rules on `scoring_seeds`, which had no say in the choice. A comparison scores
    its cases on the scale's seeds; if it is to `tune` them, the best of each network's search space
    is chosen on `choosing_seeds` and scored like the others.
    """

    name: str
    question: str
    signals: tuple[str, ...]
    small: Scale
    paper: Scale
    media: Media = "sound"
    choosing_seeds: tuple[int, ...] = ()
    scoring_seeds: tuple[int, ...] = (105, 106)
    top: int = 3
    default_scale: ScaleName = "paper"
    search: Search | None = None

    def __post_init__(self) -> None:
        check_name("name", self.name)
        for name, scale in self.scales.items():
            maps = scale.grid is not None and self.search is None and not self.choosing_seeds
            if maps and not (scale.rules and self.scoring_seeds):
                raise InputError(
                    f"{self.name}, {name} scale: a grid needs a rule and scoring_seeds, which "
                    "compare its best cell with the first of the rules; or choosing_seeds."
                )

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
    choosing_seeds: tuple[int, ...]
    scoring_seeds: tuple[int, ...]
    top: int
    rules: dict[str, Annotated[AnyRule, BeforeValidator(rule_of)]]
    """Those of the scale: what a name stands for may be fitted anew some day."""
    search: Search | None
    media: Media
    signals: tuple[str, ...]
    """sha256 of every signal, in order."""
    sources: tuple[str, ...]
    """Their paths, as they were given."""
    skipped: tuple[str, ...]
    """A sentence for every file that was left out."""

    def __post_init__(self) -> None:
        check_name("study", self.study)
        for sha256 in self.signals:  # files are named by it
            if not re.fullmatch("[0-9a-f]{64}", sha256):
                raise InputError(f"signals: {sha256!r} is no SHA-256 of 64 hex digits.")

    @property
    def id(self) -> str:
        """8 hex digits that tell runs of one study apart, wherever their files lay.

        A search that is asked for more trials is the same run, going on.
        """
        same = dataclasses.replace(self, sources=(), skipped=())
        if same.search:
            same = dataclasses.replace(same, search=dataclasses.replace(same.search, trials=1))
        return hashlib.sha256(RUN_JSON.dump_json(same)).hexdigest()[:8]

    @property
    def noun(self) -> str:
        """What its signals are called in tables."""
        return "image" if self.media == "image" else "clip"

    @property
    def compares(self) -> bool:
        """Whether it is networks that are compared."""
        return bool(self.scale.cases)

    @property
    def confirms(self) -> bool:
        """Whether an optimum is chosen on fresh seeds, and every rule's regret measured."""
        return bool(self.choosing_seeds and not self.compares)

    @property
    def grid(self) -> NoiseGrid:
        """Of a run that maps or searches."""
        assert self.scale.grid is not None, "a comparison has none"
        return self.scale.grid

    @property
    def settings(self) -> dict[str, Any]:
        """What flags can change, by name: see `resolve`."""
        parts = (self.scale, self.scale.fit, *([self.search] if self.search else []))
        found = {k: v for part in parts for k, v in vars(part).items()}
        found |= {"networks": [case.name for case in self.scale.cases]}
        found |= {"rules": list(self.rules)}
        found |= {"tune": bool(self.compares and self.choosing_seeds)}
        return found | {"confirm_seeds": len(self.scoring_seeds)}

    @property
    def folder(self) -> str:
        """Where the run's value and report are, under the results."""
        return f"_studies/{self.study}-{self.scale_name}-{self.id}"


RUN_JSON: TypeAdapter[Run] = TypeAdapter(Run)


def confirming_seeds(count: int) -> tuple[tuple[int, ...], tuple[int, ...]]:
    """`count` choosing seeds from 100 on, and as many scoring seeds from 105 on or later.

    Raises:
        InputError: fewer than 2, of which no interval can be had.
    """
    if count < 2:
        raise InputError(f"--confirm-seeds {count}: give 2 or more, an interval needs them.")
    first = max(FIRST_SCORING_SEED, FIRST_CHOOSING_SEED + count)
    choosing = range(FIRST_CHOOSING_SEED, FIRST_CHOOSING_SEED + count)
    return tuple(choosing), tuple(range(first, first + count))


def check_name(field: str, name: str) -> None:
    """Names of studies and cases are parts of paths and of MLflow's names."""
    if not re.fullmatch(r"\w[\w .-]{0,79}", name, re.ASCII):
        raise InputError(
            f"{field} = {name!r}: give up to 80 letters, digits, blanks and the signs _ . and -, "
            "a letter or digit first."
        )
