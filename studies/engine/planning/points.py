"""From a run to its points, and to its trials in the order in which they are worth having."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import lru_cache
from typing import Literal

from inr_models import FitConfig, InputError, NetworkConfig, Siren2Config
from search_spaces.networks import Case, network_for, space_of, stable
from search_spaces.noise_grid import NoiseGrid
from search_spaces.rules import NoiseScales, Target
from studies.engine.planning.study import Run, Scale
from studies.engine.planning.trial import Trial, trial_keys
from studies.engine.signals.signal import Signal

CHOOSING_STAGE, SCORING_STAGE = 10_000, 10_001


@dataclass(frozen=True, kw_only=True)
class Point:
    """A network to try on a signal. `cell` is its (row, column) where it is of the grid.

    A point of a comparison has its `case`, and its `fit` where that is another than the run's.
    """

    name: str
    kind: Literal["network", "rule", "grid", "search", "tuning"]
    network: NetworkConfig
    cell: tuple[int, int] | None = None
    case: str = ""
    fit: FitConfig | None = None

    @property
    def scales(self) -> NoiseScales | None:
        """(s0, s1) of a SIREN², None of a network without them."""
        if isinstance(self.network, Siren2Config):
            return NoiseScales(self.network.s0, self.network.s1)
        return None


@dataclass(frozen=True, kw_only=True)
class PlannedFit:
    """A trial, and the place it has in the order: lower stages first.

    `rungs` are {epoch: PSNR in dB} below which it ends early, see `inr_models.fit`. Its output is
    kept beside its row if `keep`.
    """

    signal: Signal
    point: Point
    trial: Trial
    stage: int
    rungs: Mapping[int, float] = field(default_factory=dict)
    keep: bool = False


def points(run: Run, signal: Signal) -> list[Point]:
    """Every named point of a signal: of a comparison its cases and what tunes them, else the rules'
    points, then the grid's cells; plain SIREN first where nothing is confirmed.
    """
    scale = run.scale
    target = signal.target(scale.width, scale.depth)
    if run.compares:
        return _compared(run, target)
    siren = Case(name="siren", network="siren", width=scale.width)
    plain = [Point(name="siren", kind="network", network=network_for(siren, target, 0, ""))]
    return [
        *([] if run.confirms else plain),
        *(
            Point(name=name, kind="rule", network=_at_rule(run, name, target, signal))
            for name in run.rules
        ),
        *_cells(scale, run.grid, target.side),
    ]


def _at_rule(run: Run, name: str, target: Target, signal: Signal) -> Siren2Config:
    try:
        return siren2_at(run, run.rules[name](target))
    except InputError as error:
        raise InputError(f"{signal.source}: rule {name}: {error}") from error


def _compared(run: Run, target: Target) -> list[Point]:
    scale, found, tuned = run.scale, [], []
    for case in scale.cases:
        network = network_for(case, target, scale.parameters, scale.rules[0])
        given = {name: getattr(case, name) for name in ("learning_rate", "decay")}
        given = {name: value for name, value in given.items() if value is not None}
        common = {"case": case.name, "fit": replace(scale.fit, **given) if given else None}
        found.append(Point(name=case.name, kind="network", network=network, **common))
        if run.choosing_seeds:
            tuned += [
                Point(name=f"{case.name}, {what}", kind="tuning", network=changed, **common)
                for what, changed in space_of(network)
            ]
    return found + tuned


@lru_cache(maxsize=256)
def _cells(scale: Scale, grid: NoiseGrid, side: int) -> tuple[Point, ...]:
    return tuple(
        Point(name=f"cell {i},{j}", kind="grid", network=_siren2(scale, scales), cell=(i, j))
        for (i, j), scales in grid.cells(side)
    )


def siren2_at(run: Run, scales: NoiseScales) -> Siren2Config:
    """The run's SIREN² at (s0, s1)."""
    return _siren2(run.scale, scales)


def _siren2(scale: Scale, scales: NoiseScales) -> Siren2Config:
    s0, s1 = map(stable, scales)
    return Siren2Config(
        width=scale.width,
        depth=scale.depth,
        s0=s0,
        s1=s1,
        zero_output_bias=scale.zero_output_bias,
    )


def rule_points(run: Run, signal: Signal) -> list[Point]:
    """The rules' points, each once: rules may agree."""
    by_network = {p.network: p for p in reversed(points(run, signal)) if p.kind == "rule"}
    return list(reversed(by_network.values()))


def trial_of(run: Run, signal: Signal, point: Point, seed: int) -> Trial:
    """The trial of a point on one seed."""
    fit = point.fit or run.scale.fit
    return Trial(signal=signal.sha256, network=point.network, fit=fit, seed=seed)


def keys_of(run: Run, signal: Signal, point: Point, seeds: Sequence[int]) -> list[str]:
    """The keys of a point's trials, seed by seed."""
    fit = point.fit or run.scale.fit
    return trial_keys(signal.sha256, point.network, fit, tuple(seeds))


def all_seeds(run: Run) -> tuple[int, ...]:
    """The map's or the search's own seeds, then those that confirm."""
    return (*range(run.scale.seeds), *run.choosing_seeds, *run.scoring_seeds)


def plan(run: Run, signals: Iterable[Signal]) -> list[PlannedFit]:
    """Every fit that is known beforehand, coarse to fine.

    Of a search these are the rules' points on its seeds. Of a grid, on the first seed: SIREN, the
    rules and every other cell of all signals, then the other cells; then seed after seed; then
    the scoring seeds of SIREN and the first rule, where no optimum is confirmed. An interrupted run
    is already a whole map. Of a comparison: its cases seed after seed, then what tunes them on the
    choosing seeds.
    """
    fits = []
    for signal in signals:
        for point in points(run, signal):
            if run.compares:
                own = [] if point.kind == "tuning" else range(run.scale.seeds)
                fits += [(seed, signal, point, seed) for seed in own]
                fits += [(CHOOSING_STAGE, signal, point, seed) for seed in run.choosing_seeds]
                continue
            if run.search and point.kind != "rule":
                continue
            odd = sum(point.cell) % 2 if point.cell else 0
            for seed in range(run.scale.seeds):
                stage = 0 if run.search else odd if seed == 0 else seed + 1
                fits.append((stage, signal, point, seed))
            if not run.confirms and point.name in ("siren", run.scale.rules[0]):
                fits += [(run.scale.seeds + 1, signal, point, s) for s in run.scoring_seeds]
    return planned(run, fits)


def planned(run: Run, fits: Sequence[tuple[int, Signal, Point, int]]) -> list[PlannedFit]:
    """(stage, signal, point, seed) as fits in the order of their stages, every trial once."""
    found: dict[str, PlannedFit] = {}
    for stage, signal, point, seed in sorted(fits, key=lambda fit: fit[0]):
        trial = trial_of(run, signal, point, seed)
        # Pictures of a comparison are of its first seed.
        keep = run.compares and seed == 0
        fit = PlannedFit(signal=signal, point=point, trial=trial, stage=stage, keep=keep)
        # Rules may agree with each other or with a cell.
        found.setdefault(trial.key, fit)
    return list(found.values())
