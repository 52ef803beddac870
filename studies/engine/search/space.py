"""Define the space of a search: the rectangle of (s0, s1) that the scale's grid spans."""

from collections.abc import Mapping

from optuna.distributions import FloatDistribution

from inr_models import InputError
from search_spaces.networks import stable
from studies.engine.planning.run import Run
from studies.engine.signals.signal import Signal


def space(run: Run, signal: Signal) -> dict[str, FloatDistribution]:
    """Return the rectangle of the scale's grid as Optuna's distributions. s0 is logarithmic.

    Raises:
        InputError: The grid is a single point.
    """
    bounds = run.grid.bounds(max(signal.shape))
    # Cells are rounded. Bounds are rounded likewise, so that cells on the rim are inside.
    (s0_low, s0_high), (s1_low, s1_high) = ((stable(low), stable(high)) for low, high in bounds)
    if s0_low == s0_high and s1_low == s1_high:
        raise InputError.of_value("out-of-range", "grid", run.grid, "a single point. Give a range.")
    return {
        "s0": FloatDistribution(s0_low, s0_high, log=s0_low > 0),
        "s1": FloatDistribution(s1_low, s1_high),
    }


def space_text(space: Mapping[str, FloatDistribution]) -> str:
    """Return a space in words, to compare it with another.

    >>> space_text({"s1": FloatDistribution(0.0, 3.0)})
    's1 FloatDistribution(high=3.0, log=False, low=0.0, step=None)'
    """
    return "; ".join(f"{name} {distribution}" for name, distribution in space.items())
