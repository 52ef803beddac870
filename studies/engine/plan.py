"""From a run to its points, and to its trials in the order in which they are worth having."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

from inr_models import NetworkConfig, Siren2Config, SirenConfig
from search_spaces.audio import siren_omega_first
from search_spaces.rules import RULES, NoiseScales, Target
from studies.engine.signals import Signal
from studies.engine.study import Run
from studies.engine.trial import Trial


@dataclass(frozen=True, kw_only=True)
class Point:
    """A network to try on a signal. `cell` is its (row, column) where it is of the grid."""

    name: str
    kind: Literal["grid", "network", "rule"]
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
    """A trial, and the place it has in the order: lower stages first."""

    signal: Signal
    point: Point
    trial: Trial
    stage: int


def points(run: Run, signal: Signal) -> list[Point]:
    """Every point of a signal: plain SIREN, the rules' points, then the grid's cells."""
    scale, n = run.scale, signal.num_samples
    size = {"width": scale.width, "depth": scale.depth}
    siren = SirenConfig(**size, omega_first=_stable(siren_omega_first(n)))
    target = Target(
        descriptors=signal.descriptors,
        num_samples=n,
        width=scale.width,
        channels=signal.channels,
    )

    def at(scales: NoiseScales) -> Siren2Config:
        return Siren2Config(**size, s0=_stable(scales.s0), s1=_stable(scales.s1))

    return [
        Point(name="siren", kind="network", network=siren),
        *(Point(name=r, kind="rule", network=at(RULES[r](target))) for r in scale.rules),
        *(
            Point(name=f"cell {i},{j}", kind="grid", network=at(scales), cell=(i, j))
            for (i, j), scales in scale.grid.cells(n)
        ),
    ]


def trial_of(run: Run, signal: Signal, point: Point, seed: int) -> Trial:
    """The trial of a point on one seed."""
    return Trial(signal=signal.sha256, network=point.network, fit=run.scale.fit, seed=seed)


def _stable(value: float) -> float:
    # Processors differ in the last bits of exp, log and FFT; the keys must not.
    return float(f"{value:.9g}")


def every_trial(run: Run, signals: Iterable[Signal]) -> Iterator[tuple[Signal, Point, int, str]]:
    """(signal, point, seed, key) of every trial that a row of this run may be of."""
    for signal in signals:
        for point in points(run, signal):
            for seed in (*range(run.scale.seeds), *run.confirm_seeds):
                yield signal, point, seed, trial_of(run, signal, point, seed).key


def plan(run: Run, signals: Iterable[Signal]) -> list[PlannedFit]:
    """Every fit but the confirmation of the best cells, coarse to fine.

    Of the first seed: SIREN, the rules and every other cell of all signals, then the other
    cells; then seed after seed; then the confirming seeds of SIREN and the first rule. An
    interrupted run is already a whole map.
    """
    fits = []
    for signal in signals:
        for point in points(run, signal):
            odd = sum(point.cell) % 2 if point.cell else 0
            for seed in range(run.scale.seeds):
                stage = odd if seed == 0 else seed + 1
                fits.append((stage, signal, point, seed))
            if point.name in ("siren", run.scale.rules[0]):
                fits += [(run.scale.seeds + 1, signal, point, seed) for seed in run.confirm_seeds]
    return _planned(run, fits)


def confirmation(run: Run, best: Iterable[tuple[Signal, Point]]) -> list[PlannedFit]:
    """The fits that score the best cell of each signal on the confirming seeds."""
    stage = run.scale.seeds + 2
    return _planned(run, [(stage, s, p, seed) for s, p in best for seed in run.confirm_seeds])


def _planned(run: Run, fits: Sequence[tuple[int, Signal, Point, int]]) -> list[PlannedFit]:
    planned: dict[str, PlannedFit] = {}
    for stage, signal, point, seed in sorted(fits, key=lambda fit: fit[0]):
        trial = trial_of(run, signal, point, seed)
        # Rules may agree with each other or with a cell: one trial, planned once.
        planned.setdefault(
            trial.key, PlannedFit(signal=signal, point=point, trial=trial, stage=stage)
        )
    return list(planned.values())
