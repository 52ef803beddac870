"""Define what a claim of the paper is, what is found of it, and when it holds."""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, NamedTuple

from analysis.statistics.intervals import Interval, mark

if TYPE_CHECKING:
    from analysis.claims.data import Data


class Verdict(StrEnum):
    """Says what became of a claim.

    It is open if it holds or not, within what chance allows.
    """

    HOLDS = "holds"
    IN_PART = "holds in part"
    OPEN = "is open"
    FAILS = "does not hold"
    UNTESTED = "is not tested"


class Finding(NamedTuple):
    """Holds what was found of a claim.

    Attributes:
        verdict: What became of it.
        figure: The numbers with their intervals, or why it is not tested.
        scale: The sizes that it was tested at.
    """

    verdict: Verdict
    figure: str
    scale: str = ""


MISSING = "no data; run the command"


@dataclass(frozen=True)
class Evidence:
    """Finds what the data say of a claim.

    Attributes:
        find: Returns what the data say, None if they say nothing.
        command: The command that measures these data.

    Example:
        >>> Evidence(lambda data: None, "python -m analysis.measured")(None).figure
        'no data; run the command'
    """

    find: Callable[["Data"], Finding | None]
    command: str = ""

    def __call__(self, data: "Data") -> Finding:
        return self.find(data) or Finding(Verdict.UNTESTED, MISSING)


class Claim(NamedTuple):
    """Holds a claim of the paper, and how it is tested.

    Attributes:
        place: Where the paper says it.
        claim: What it says, in our words.
        evidence: Finds the numbers and the verdict.
    """

    place: str
    claim: str
    evidence: Evidence


class Section(NamedTuple):
    """Holds the claims of a section of the paper.

    Attributes:
        title: A heading of the page.
        claims: Its claims, in the order of the paper.
    """

    title: str
    claims: tuple[Claim, ...]


Criterion = Callable[[Interval], Verdict]
"""Judges the interval of one number."""


def at_least(bound: float) -> Criterion:
    """Return the criterion that a number is not below a bound.

    It holds if the whole interval fulfills it, fails if nothing of the interval does, and is open
    if the bound lies inside.

    Example:
        >>> at_least(1.0)(Interval(2.0, 1.5, 2.5)).value
        'holds'
    """

    def judge(interval: Interval) -> Verdict:
        low, high = _bounds(interval)
        if low >= bound:
            return Verdict.HOLDS
        return Verdict.FAILS if high < bound else Verdict.OPEN

    return judge


def at_most(bound: float) -> Criterion:
    """Return the criterion that a number is not above a bound, see `at_least`.

    Example:
        >>> at_most(1.0)(Interval(2.0, 1.5, 2.5)).value
        'does not hold'
    """
    return lambda interval: at_least(-bound)(-interval)


def near(value: float, within: float) -> Criterion:
    """Return the criterion that a number is a value, to a tolerance, see `at_least`.

    Args:
        value: The value that is claimed.
        within: The tolerance, in the number's unit.

    Example:
        >>> near(1.0, 0.1)(Interval(1.05, 0.8, 1.2)).value
        'is open'
    """

    def judge(interval: Interval) -> Verdict:
        sides = {at_least(value - within)(interval), at_most(value + within)(interval)}
        if Verdict.FAILS in sides:
            return Verdict.FAILS
        return Verdict.OPEN if Verdict.OPEN in sides else Verdict.HOLDS

    return judge


def joint(verdicts: Sequence[Verdict]) -> Verdict:
    """Return the verdict of a claim of several parts.

    A claim holds if all parts do, fails if all fail, and is open if some are and none fails. Parts
    that are not tested do not count.

    Example:
        >>> joint([Verdict.HOLDS, Verdict.FAILS]).value
        'holds in part'
    """
    tested = {verdict for verdict in verdicts if verdict != Verdict.UNTESTED}
    if not tested:
        return Verdict.UNTESTED
    if len(tested) == 1:
        return tested.pop()
    return Verdict.OPEN if tested == {Verdict.HOLDS, Verdict.OPEN} else Verdict.IN_PART


def untested(why: str, command: str = "") -> Evidence:
    """Return the evidence of a claim that cannot be tested, not even by the command for its kind.

    Args:
        why: The reason, for the page.
        command: The command that tests claims of this kind.

    Example:
        >>> untested("its data are not public")(None).verdict.value
        'is not tested'
    """
    return Evidence(lambda _: Finding(Verdict.UNTESTED, why), command)


def shown(interval: Interval, unit: str = "", digits: int = 1) -> str:
    """Return a number with its interval and unit, as a cell of the page has it.

    Args:
        interval: The number and its interval.
        unit: Its unit, with a space before it.
        digits: Digits after the point.

    Example:
        >>> shown(Interval(2.04, 1.0, 3.0), " dB")
        '2.0 [1.0, 3.0] dB'
    """

    form = f",.{digits}f"
    if 0 < abs(interval.mean) < 10.0**-digits / 2:
        form = ".0e"

    def number(value: float) -> str:
        return format(value + 0.0, form)

    if math.isnan(interval.low):
        return f"{number(interval.mean)}{unit}"
    bounds = f"[{number(interval.low)}, {number(interval.high)}]"
    return f"{number(interval.mean)} {bounds}{mark(interval)}{unit}"


def _bounds(interval: Interval) -> tuple[float, float]:
    if math.isnan(interval.low):
        return interval.mean, interval.mean
    return interval.low, interval.high
