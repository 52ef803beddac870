"""Cut a signal into overlapping segments, and blend what networks make of them."""

from collections.abc import Sequence
from itertools import pairwise, product

import numpy as np
from numpy.typing import NDArray

Span = tuple[int, int]
"""The first sample of a segment along an axis, and the first one behind it."""

LENGTH, SIDE = 8_192, 96
"""Samples of a segment of a sound, and pixels on a side of a segment of an image."""

OVERLAP = 32
"""Neighbouring segments share one part in so many of their length."""


def spans(num: int, length: int) -> list[Span]:
    """Return overlapping spans of nearly equal lengths that cover `num` samples.

    >>> spans(100, 60)
    [(0, 51), (49, 100)]

    Args:
        num: Samples along the axis.
        length: The longest span.
    """
    if num <= length:
        return [(0, num)]
    shared = max(2, length // OVERLAP)
    count = -(-(num - shared) // (length - shared))
    edges = np.linspace(0, num, count + 1).round().astype(int).tolist()
    half = shared // 2
    return [(max(0, first - half), min(num, last + half)) for first, last in pairwise(edges)]


def segments_of(shape: Sequence[int]) -> list[tuple[Span, ...]]:
    """Return the spans of every segment of a signal, one for each axis.

    Args:
        shape: Samples along each axis.
    """
    length = LENGTH if len(shape) == 1 else SIDE
    return list(product(*(spans(num, length) for num in shape)))


def weights(places: NDArray[np.float64], span: Span, num: int) -> NDArray[np.float64]:
    """Return how much a segment counts at places along an axis, 0 outside.

    It rises from 0 at an end that it shares with a neighbour to 1. Where two segments overlap,
    neither decides alone, so that their border is not heard or seen.

    Args:
        places: Positions in samples [m].
        span: The segment's.
        num: Samples along the axis.
    """
    first, last = span[0], span[1] - 1
    ramp = max(1, (span[1] - span[0]) // OVERLAP)
    up = np.ones_like(places) if first == 0 else np.clip((places - first) / ramp, 0, 1)
    down = np.ones_like(places) if last == num - 1 else np.clip((last - places) / ramp, 0, 1)
    # Coordinates beyond the signal belong to the segments at its ends.
    inside = (places >= (first if first else -np.inf)) & (
        places <= (last if last < num - 1 else np.inf)
    )
    return np.where(inside, np.maximum(np.minimum(up, down), 1e-6), 0.0)
