"""Estimate how far the seeds that signals share move the mean over signals."""

import math
from collections import Counter, defaultdict
from collections.abc import Hashable, Mapping, Sequence

import numpy as np
from numpy.typing import NDArray


def two_way(
    values: Sequence[Mapping[int, float]], recordings: Sequence[Hashable]
) -> NDArray[np.float64] | None:
    """Return [recording, seed] means of the largest group of recordings with equal seeds.

    None if no two recordings have the same two seeds.

    Example:
        >>> two_way([{0: 1.0, 1: 2.0}, {0: 3.0, 1: 4.0}], ["a", "b"]).tolist()
        [[1.0, 2.0], [3.0, 4.0]]
    """
    groups: dict[frozenset[int], dict[Hashable, list[list[float]]]] = {}
    for by_seed, recording in zip(values, recordings, strict=True):
        of_recording = groups.setdefault(frozenset(by_seed), defaultdict(list))
        of_recording[recording].append([by_seed[seed] for seed in sorted(by_seed)])
    sizes = Counter(
        {seeds: len(group) for seeds, group in groups.items() if len(seeds) > 1 and len(group) > 1}
    )
    if not sizes:
        return None
    seeds = max(sizes, key=lambda seeds: (sizes[seeds], len(seeds)))
    return np.array([np.mean(rows, axis=0) for rows in groups[seeds].values()])


def seeds_error(values: Sequence[Mapping[int, float]], table: NDArray[np.float64]) -> float:
    """Return the standard error of the mean over signals that comes from the seeds.

    The variance of a seed's effect comes from `table` [recording, seed]. All signals weigh in, by
    the seeds that they have.

    Example:
        >>> values = [{0: 1.0, 1: 2.0}, {0: 3.0, 1: 4.0}]
        >>> round(seeds_error(values, np.array([[1.0, 2.0], [3.0, 4.0]])), 9)
        0.5
    """
    a, b = table.shape
    effect = table.mean(axis=0)
    noise = table - table.mean(axis=1, keepdims=True) - effect + table.mean()
    noise_variance = (noise**2).sum() / ((a - 1) * (b - 1))
    variance = max(float(effect.var(ddof=1) - noise_variance / a), 0.0)
    # A seed moves the mean over signals by its weight: how many signals have it, among how many.
    weights: dict[int, float] = defaultdict(float)
    for by_seed in values:
        for seed in by_seed:
            weights[seed] += 1 / len(by_seed) / len(values)
    squares = sum(weight**2 for weight in weights.values())
    return math.sqrt(variance * squares)
