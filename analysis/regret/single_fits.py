"""Hold a point's fits on the scoring seeds one by one, because a user trains once."""

import math
import statistics
from collections.abc import Mapping, Sequence
from typing import NamedTuple

import numpy as np

from studies.engine.outcomes.signal_state import SignalState
from studies.engine.planning.points import Point
from studies.engine.store.store import Curve

CAP_DB = 60.0
"""A capped regret counts a higher PSNR as this one, because nobody hears or sees the difference.
Networks that can interpolate reach 100 dB on some seeds, which would decide any mean."""

LEVELS_DB = (30, 40, 50)
"""Levels of PSNR: how many epochs does a fit take until it has reached them?"""


class SingleFits(NamedTuple):
    """Holds the fits of a point on the scoring seeds.

    Args:
        psnr: [seeds] peak PSNR in dB.
        epochs: The first recorded epoch by which half of the fits have reached a level of
            `LEVELS_DB`, by level. It is infinite where half of them never do.
    """

    psnr: tuple[float, ...]
    epochs: Mapping[int, float]

    @property
    def mean(self) -> float:
        """The mean PSNR in dB."""
        return statistics.fmean(self.psnr)

    @property
    def capped(self) -> tuple[float, ...]:
        """[seeds] the PSNR in dB, at most `CAP_DB`."""
        return tuple(min(psnr, CAP_DB) for psnr in self.psnr)

    @property
    def tenth_percentile(self) -> float:
        """The PSNR in dB that nine of ten fits exceed, linear between the fits."""
        return float(np.percentile(self.psnr, 10))


def single_fits(
    state: SignalState, point: Point, seeds: Sequence[int], curves: Mapping[str, Curve]
) -> SingleFits:
    """Return the fits of a point on some seeds, with the training curves that exist by key."""
    keys = state.keys(point, seeds)
    epochs = {level: _half_reach(level, [curves.get(key) for key in keys]) for level in LEVELS_DB}
    return SingleFits(tuple(state.scores(point, seeds)), epochs)


def _half_reach(level: float, curves: Sequence[Curve | None]) -> float:
    """Return the first recorded epoch by which half of the fits have reached a PSNR in dB."""
    reached = []
    for curve in curves:
        epochs = (
            [epoch for epoch, psnr in zip(*curve, strict=True) if psnr >= level] if curve else []
        )
        reached.append(min(epochs, default=math.inf))
    return statistics.median(reached)
