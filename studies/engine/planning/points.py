"""Define points and the fits that they need: what a question asks of one signal."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import lru_cache
from typing import Literal, NamedTuple

from inr_models import FitConfig, NetworkConfig, Siren2Config
from search_spaces.networks import network_for, stable
from search_spaces.noise_grid import NoiseGrid
from search_spaces.rules import NoiseScales
from studies.engine.planning.scale import Scale
from studies.engine.planning.trial import Trial, trial_keys
from studies.engine.signals.signal import Signal

CHOOSING_STAGE, SCORING_STAGE = 10_000, 10_001
"""The last stages of a run, after every stage of a grid or a search."""


@dataclass(frozen=True, kw_only=True)
class Point:
    """A network to try on a signal.

    Args:
        name: What tables call it.
        kind: Where it comes from.
        network: The network, with its noise scales where it has any.
        cell: Its (row, column) in the grid, if it is a cell.
        case: The name of its case, in a comparison.
        fit: How it is trained, where that differs from the scale's `fit`.
    """

    name: str
    kind: Literal["network", "rule", "grid", "search", "tuning"]
    network: NetworkConfig
    cell: tuple[int, int] | None = None
    case: str = ""
    fit: FitConfig | None = None

    @property
    def scales(self) -> NoiseScales | None:
        """(s0, s1) of a SIREN². None for other networks."""
        if isinstance(self.network, Siren2Config):
            return NoiseScales(self.network.s0, self.network.s1)
        return None


@dataclass(frozen=True, kw_only=True)
class PlannedFit:
    """A trial and its place in the order of a run.

    Args:
        signal: The signal that is fitted.
        point: The point that the trial is of.
        trial: The trial: network, signal, training and seed.
        stage: Fits of lower stages run first.
        rungs: {epoch: PSNR in dB}. The fit stops at an epoch where it is below that PSNR.
        keep: Whether the network's best output is stored beside the row.
        snapshots: The epochs whose outputs are stored as well.
    """

    signal: Signal
    point: Point
    trial: Trial
    stage: int
    rungs: Mapping[int, float] = field(default_factory=dict)
    keep: bool = False
    snapshots: tuple[int, ...] = ()


class Ahead(NamedTuple):
    """Say what may follow a step: `fits` in any case, and how many others at most."""

    fits: Sequence[PlannedFit] = ()
    at_most: int = 0


class Step(NamedTuple):
    """Fits that a question wants of a signal before it decides what comes next.

    `ahead` says what may follow. Only a count of the remaining work calls it. `is_open` marks a
    step whose successors cannot be known yet, even when all of its fits are done.
    """

    fits: Sequence[PlannedFit]
    ahead: Callable[[], Ahead] = Ahead
    is_open: bool = False


NUM_SNAPSHOTS = 8
"""The largest number of epochs whose outputs a fit keeps."""


def snapshot_epochs(epochs: int) -> tuple[int, ...]:
    """Return the epochs whose outputs a fit keeps: all, half of them, a quarter, and so on.

    Example:
        >>> snapshot_epochs(400)
        (3, 6, 12, 25, 50, 100, 200, 400)
    """
    return tuple(sorted({max(1, epochs >> k) for k in range(NUM_SNAPSHOTS)}))


class Place(NamedTuple):
    """A point on one seed, at a stage."""

    stage: int
    point: Point
    seed: int


def siren2_at(scale: Scale, scales: NoiseScales) -> Siren2Config:
    """Return the SIREN² of a scale at (s0, s1)."""
    # Processors differ in the last bits of exp and log. The keys of trials must not.
    s0, s1 = map(stable, scales)
    return Siren2Config(
        width=scale.width,
        depth=scale.depth,
        s0=s0,
        s1=s1,
        zero_output_bias=scale.zero_output_bias,
    )


@lru_cache(maxsize=256)  # signals of one length share their cells
def cells_of(scale: Scale, grid: NoiseGrid, side: int) -> tuple[Point, ...]:
    """Return the grid's cells for a signal of `side` samples along its longest axis."""
    return tuple(
        Point(name=f"cell {i},{j}", kind="grid", network=siren2_at(scale, scales), cell=(i, j))
        for (i, j), scales in grid.cells(side)
    )


def points_of_cases(scale: Scale, signal: Signal) -> list[Point]:
    """Return a comparison's networks for a signal, at their published settings."""
    points = []
    for case in scale.cases:
        fit = None
        if case.learning_rate is not None:
            fit = replace(scale.fit, learning_rate=case.learning_rate)
        if case.decay is not None:
            fit = replace(fit or scale.fit, decay=case.decay)
        target = replace(scale.target(signal), fit=fit or scale.fit)
        network = network_for(case, target, scale.parameters, scale.rules[0])
        point = Point(name=case.name, kind="network", network=network, case=case.name, fit=fit)
        points.append(point)
    return points


def trial_of(scale: Scale, signal: Signal, point: Point, seed: int) -> Trial:
    """Return the trial of a point on one seed. See `Scale.drawn_seed`."""
    fit = point.fit or scale.fit
    drawn = scale.drawn_seed(signal.sha256, seed)
    return Trial(
        signal=signal.sha256,
        network=point.network,
        fit=fit,
        seed=drawn,
        objective=scale.objective,
    )


def keys_of(scale: Scale, signal: Signal, point: Point, seeds: Sequence[int]) -> list[str]:
    """Return the keys of a point's trials, in the order of the seeds."""
    fit = point.fit or scale.fit
    drawn = tuple(scale.drawn_seed(signal.sha256, seed) for seed in seeds)
    return trial_keys(signal.sha256, point.network, fit, drawn, objective=scale.objective)


def planned(
    scale: Scale,
    signal: Signal,
    places: Sequence[Place],
    keep: Callable[[Place], bool] = lambda _: False,
    snapshots: tuple[int, ...] = (),
) -> list[PlannedFit]:
    """Return the fits at `places` in the order of their stages, every trial once.

    Args:
        keep: Says whether the best output of the fit at a place is stored.
        snapshots: The epochs whose outputs are stored as well.
    """
    fits: dict[str, PlannedFit] = {}
    for place in sorted(places, key=lambda place: place.stage):
        trial = trial_of(scale, signal, place.point, place.seed)
        fit = PlannedFit(
            signal=signal,
            point=place.point,
            trial=trial,
            stage=place.stage,
            keep=keep(place),
            snapshots=snapshots,
        )
        # Rules may agree with each other or with a cell: the first one stands for all.
        fits.setdefault(trial.key, fit)
    return list(fits.values())
