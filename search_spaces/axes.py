"""Define the axes of a search space: frozen values that list their grid points."""

import math
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import Literal

import numpy as np

from inr_models.errors import InputError


@dataclass(frozen=True, kw_only=True)
class Linear:
    """`num` points from `low` to `high`, both included, at equal distances.

    Example:
        >>> Linear(low=0, high=1, num=3).grid()
        (0.0, 0.5, 1.0)
    """

    kind: Literal["linear"] = "linear"
    low: float
    high: float
    num: int

    def __post_init__(self) -> None:
        _check_bounds(self.low, self.high, self.num)

    def grid(self) -> tuple[float, ...]:
        return tuple(np.linspace(self.low, self.high, self.num).tolist())

    def scaled(self, factor: float) -> "Linear":
        """Return the axis with every point multiplied by a factor."""
        return replace(self, low=self.low * factor, high=self.high * factor)


@dataclass(frozen=True, kw_only=True)
class Log:
    """`num` points from `low` to `high`, both included, at equal ratios."""

    kind: Literal["log"] = "log"
    low: float
    high: float
    num: int

    def __post_init__(self) -> None:
        if not self.low > 0:
            raise InputError.of_value("out-of-range", "low", self.low, "a log axis starts above 0.")
        _check_bounds(self.low, self.high, self.num)

    def grid(self) -> tuple[float, ...]:
        return tuple(np.geomspace(self.low, self.high, self.num).tolist())

    def scaled(self, factor: float) -> "Log":
        """Return the axis with every point multiplied by a factor."""
        return replace(self, low=self.low * factor, high=self.high * factor)


@dataclass(frozen=True, kw_only=True)
class Values:
    """A list of points in increasing order."""

    kind: Literal["values"] = "values"
    values: tuple[float, ...]

    def __post_init__(self) -> None:
        if not self.values:
            raise InputError.of_value("empty", "values", (), "an axis needs at least one point.")
        if not all(map(math.isfinite, self.values)) or any(
            high <= low for low, high in pairwise(self.values)
        ):
            raise InputError.of_value(
                "out-of-range", "values", self.values, "give finite numbers in increasing order."
            )

    def grid(self) -> tuple[float, ...]:
        return self.values

    def scaled(self, factor: float) -> "Values":
        """Return the axis with every point multiplied by a factor."""
        return replace(self, values=tuple(value * factor for value in self.values))


Axis = Linear | Log | Values


def _check_bounds(low: float, high: float, num: int) -> None:
    if not (isinstance(num, int) and num >= 2):
        raise InputError.of_value(
            "out-of-range", "num", num, "an axis needs its two ends; give a whole number from 2 on."
        )
    if not (math.isfinite(low) and math.isfinite(high) and low < high):
        why = "give finite bounds with low < high."
        raise InputError.of_value("out-of-range", "low", f"{low}, high = {high}", why)
