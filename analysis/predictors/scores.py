"""Score all points of the maps by all predictors, and measure what that costs.

Axes of arrays: s signal, p point.
"""

import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray

from analysis.benchmark.replay import FIRST_BUDGET
from analysis.predictors.maps import Maps
from analysis.predictors.predictors import PREDICTORS, Predictor, draw, view_of
from analysis.theory.subjects import samples_of
from inr_models import FitConfig, fit, make_network
from search_spaces.rules import NoiseScales
from studies.engine.signals.signal import coordinates

Array = NDArray[np.float64]

Steps = Callable[[Sequence[NoiseScales]], Iterable[NoiseScales]]
"""Passes points on, and may show how many are done."""

NUM_TIMED = 3
"""Short fits whose time is measured."""


class Scores(NamedTuple):
    """Holds the scores of a predictor.

    Attributes:
        scores: [s, p] of each point for each signal. Higher is better.
        seconds: what one point of one signal costs in seconds.
    """

    scores: Array
    seconds: float


def scores_of(
    maps: Maps, predictors: Mapping[str, Predictor] = PREDICTORS, steps: Steps = iter
) -> dict[str, Scores]:
    """Return the scores of every predictor, by its name. They are computed on one core.

    Predictors of the same `look` share it, and each counts its whole time. The networks of a point
    are looked at once for all signals, so a point of further signals costs less than `seconds`.

    Args:
        maps: The maps, for their signals and points.
        predictors: By name.
        steps: Passes the points on, see `Steps`.
    """
    torch.set_num_threads(1)
    coords = torch.from_numpy(coordinates(maps.signals[0].shape))
    views = []
    for signal, short_fits in zip(maps.signals, maps.short_fits.tolist(), strict=True):
        views.append(view_of(signal, dict(zip(maps.points, short_fits, strict=True))))
    by_point: dict[str, list[list[float]]] = {name: [] for name in predictors}
    seconds = dict.fromkeys(predictors, 0.0)
    for scales in steps(maps.points):
        start = time.perf_counter()
        drawn = draw(maps.config(scales), coords)
        drawing = time.perf_counter() - start
        for look in dict.fromkeys(predictor.look for predictor in predictors.values()):
            start = time.perf_counter()
            seen = look(drawn)
            looking = time.perf_counter() - start
            for name, predictor in predictors.items():
                if predictor.look is not look:
                    continue
                start = time.perf_counter()
                by_point[name].append([predictor.score(seen, view) for view in views])
                scoring = (time.perf_counter() - start) / len(views)
                seconds[name] += (drawing + looking + scoring) / len(maps.points)
    if any(predictor.is_trained for predictor in predictors.values()):
        training = seconds_of_short_fits(maps)
        for name, predictor in predictors.items():
            if predictor.is_trained:
                seconds[name] = training
    return {name: Scores(np.array(by_point[name]).T, seconds[name]) for name in predictors}


def seconds_of_short_fits(maps: Maps) -> float:
    """Return the mean time in seconds of a fit of `FIRST_BUDGET` epochs on this machine.

    `NUM_TIMED` fits of the first signal are measured, at points that are spread over the map. One
    more goes before them, because the first fit of a process takes longer.
    """
    torch.set_num_threads(1)
    coords, values = samples_of(maps.signals[0])
    of_fits: dict[str, Any] = {"epochs": FIRST_BUDGET}
    for name in ("learning_rate", "decay", "decay_every", "optimizer"):
        of_fits[name] = maps.setting[f"fit_{name}"]
    how = FitConfig(**of_fits)
    places = np.linspace(0, len(maps.points) - 1, NUM_TIMED).round().astype(int)
    seconds = []
    for place in (places[0], *places):
        network = make_network(
            maps.config(maps.points[place]), in_features=1, out_features=1, seed=0
        )
        start = time.perf_counter()
        list(fit([network], coords, values, how))
        seconds.append(time.perf_counter() - start)
    return float(np.mean(seconds[1:]))
