"""From a run to its points, and to its trials in the order in which they are worth having."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Literal

from inr_models import NetworkConfig, Siren2Config, SirenConfig
from search_spaces.audio import siren_omega_first
from search_spaces.rules import RULES, NoiseScales, Target
from studies.engine.signals import Signal
from studies.engine.study import Run, Scale
from studies.engine.trial import Trial

CHOOSING_STAGE, SCORING_STAGE = 10_000, 10_001


@dataclass(frozen=True, kw_only=True)
class Point:
    """A network to try on a signal. `cell` is its (row, column) where it is of the grid."""

    name: str
    kind: Literal["network", "rule", "grid", "search"]
    network: NetworkConfig
    cell: tuple[int, int] | None = None

    @property
    def scales(self) -> NoiseScales | None:
        """(s0, s1) of a SIREN², None of a network without them."""
        if isinstance(self.network, Siren2Config):
            return NoiseScales(self.network.s0, self.network.s1)
        return None


@dataclass(frozen=True, kw_only=True)
class PlannedFit:
    """A trial, and the place it has in the order: lower stages first.

    `rungs` are {epoch: PSNR in dB} below which it ends early, see `inr_models.fit`.
    """

    signal: Signal
    point: Point
    trial: Trial
    stage: int
    rungs: Mapping[int, float] = field(default_factory=dict)


def points(run: Run, signal: Signal) -> list[Point]:
    """Every named point of a signal: plain SIREN, the rules' points, then the grid's cells."""
    scale, n = run.scale, signal.num_samples
    siren = SirenConfig(
        width=scale.width, depth=scale.depth, omega_first=stable(siren_omega_first(n))
    )
    target = Target(
        descriptors=signal.descriptors,
        num_samples=n,
        width=scale.width,
        channels=signal.channels,
    )
    return [
        Point(name="siren", kind="network", network=siren),
        *(
            Point(name=rule, kind="rule", network=siren2_at(run, RULES[rule](target)))
            for rule in scale.rules
        ),
        *_cells(scale, n),
    ]


@lru_cache(maxsize=256)
def _cells(scale: Scale, num_samples: int) -> tuple[Point, ...]:
    return tuple(
        Point(name=f"cell {i},{j}", kind="grid", network=_siren2(scale, scales), cell=(i, j))
        for (i, j), scales in scale.grid.cells(num_samples)
    )


def siren2_at(run: Run, scales: NoiseScales) -> Siren2Config:
    """The run's SIREN² at (s0, s1)."""
    return _siren2(run.scale, scales)


def _siren2(scale: Scale, scales: NoiseScales) -> Siren2Config:
    s0, s1 = map(stable, scales)
    return Siren2Config(width=scale.width, depth=scale.depth, s0=s0, s1=s1)


def stable(value: float) -> float:
    """Nine digits: processors differ in the last bits of exp, log and FFT; keys must not."""
    return float(f"{value:.9g}")


def rule_points(run: Run, signal: Signal) -> list[Point]:
    """The rules' points, each once: rules may agree."""
    by_network = {p.network: p for p in reversed(points(run, signal)) if p.kind == "rule"}
    return list(reversed(by_network.values()))


def trial_of(run: Run, signal: Signal, point: Point, seed: int) -> Trial:
    """The trial of a point on one seed."""
    return Trial(signal=signal.sha256, network=point.network, fit=run.scale.fit, seed=seed)


def all_seeds(run: Run) -> tuple[int, ...]:
    """The map's or the search's own seeds, then those that confirm."""
    return (*range(run.scale.seeds), *run.choosing_seeds, *run.scoring_seeds)


def plan(run: Run, signals: Iterable[Signal]) -> list[PlannedFit]:
    """Every fit that is known beforehand, coarse to fine.

    Of a search these are the rules' points on its seeds. Of a grid, on the first seed: SIREN, the
    rules and every other cell of all signals, then the other cells; then seed after seed; then
    the scoring seeds of SIREN and the first rule. An interrupted run is already a whole map.
    """
    fits = []
    for signal in signals:
        for point in points(run, signal):
            if run.search and point.kind != "rule":
                continue
            odd = sum(point.cell) % 2 if point.cell else 0
            for seed in range(run.scale.seeds):
                stage = 0 if run.search else odd if seed == 0 else seed + 1
                fits.append((stage, signal, point, seed))
            if not run.search and point.name in ("siren", run.scale.rules[0]):
                fits += [(run.scale.seeds + 1, signal, point, s) for s in run.scoring_seeds]
    return planned(run, fits)


def planned(run: Run, fits: Sequence[tuple[int, Signal, Point, int]]) -> list[PlannedFit]:
    """(stage, signal, point, seed) as fits in the order of their stages, every trial once."""
    found: dict[str, PlannedFit] = {}
    for stage, signal, point, seed in sorted(fits, key=lambda fit: fit[0]):
        trial = trial_of(run, signal, point, seed)
        # Rules may agree with each other or with a cell.
        found.setdefault(
            trial.key, PlannedFit(signal=signal, point=point, trial=trial, stage=stage)
        )
    return list(found.values())
