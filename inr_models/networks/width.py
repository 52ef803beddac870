"""Change a network's width, and find the width that a budget of parameters allows."""

from __future__ import annotations

from bisect import bisect_left
from dataclasses import replace
from typing import TypeVar

from inr_models.checks import check_whole
from inr_models.errors import InputError
from inr_models.networks.network_config import MOST_BYTES, MOST_UNITS, NetworkConfig

T = TypeVar("T", bound=NetworkConfig)

MAX_WIDTH = 1 << 14
NEAR = 8


def with_width(config: T, width: int) -> T:
    """Return the network at another width, with every field that follows from the width.

    >>> with_width(SirenConfig(), 64).width
    64

    Raises:
        InputError: `width` is below 1.
    """
    return replace(config, **config.fields_at(width))


def width_for(
    config: NetworkConfig, parameters: int, *, in_features: int = 1, out_features: int = 1
) -> int:
    """Return the width at which the network's number of parameters is nearest to `parameters`.

    >>> width_for(WireConfig(), 149_185)  # as in Table 1
    157

    Args:
        config: the network. Its own width does not matter.
        parameters: the budget, in trainable numbers. A complex number counts as two.
        in_features: coordinates of a sample.
        out_features: values of a sample.

    Raises:
        InputError: a number is no count; or the network has more parameters at width 1, or fewer
            at the largest width.
    """

    check_whole("parameters", parameters, 1, MOST_BYTES)
    check_whole("in_features", in_features, 1, MOST_UNITS)
    check_whole("out_features", out_features, 1, MOST_UNITS)

    def count(width: int) -> int:
        sized = with_width(config, width)
        return sized.num_parameters(in_features=in_features, out_features=out_features)

    if not count(1) <= parameters <= count(MAX_WIDTH):
        fix = (
            f"a {config.network} of depth {config.depth} has {count(1):,} at width 1 and "
            f"{count(MAX_WIDTH):,} at width {MAX_WIDTH:,}; give a budget between these."
        )
        raise InputError.of_value("out-of-range", "parameters", f"{parameters:,}", fix)
    widths = range(1, MAX_WIDTH + 1)
    enough = widths[bisect_left(widths, parameters, key=count)]
    # The count of a tensor train does not rise evenly, because it depends on the divisors of the
    # width. So the nearest count may be a few widths away.
    near = range(max(1, enough - 1 - NEAR), enough + NEAR)
    return min(near, key=lambda width: abs(count(width) - parameters))
