"""Add what other recordings prefer to a predictor's scores, with a weight that they choose.

The score of a point is the mean landscape of the other recordings, in dB, plus a weight in dB times
the predictor, standardized over points. Both the landscape and the weight come from recordings and
seeds other than those that the scores are judged on. Axes of arrays: s signal, p point, k seed.
"""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from analysis.rules.families import recording_weights

Array = NDArray[np.float64]

WEIGHTS = (0.0, 0.25, 0.5, 1.0, 2.0, 4.0, 8.0, 16.0, 32.0)
"""The weights to choose from, in dB for a standard deviation of the predictor over points.

With 0 the prior is alone.
"""


class WithPrior(NamedTuple):
    """Holds scores with a prior.

    Attributes:
        scores: [s, p, k] in dB, for the seed k.
        weights: [s, k] the weight in dB that the other recordings chose on the other seeds.
    """

    scores: Array
    weights: Array


def standardized(scores: Array) -> Array:
    """Return scores [s, p] with mean 0 and standard deviation 1 over points; 0 if all are equal.

    Example:
        >>> standardized(np.array([[1.0, 3.0], [2.0, 2.0]])).tolist()
        [[-1.0, 1.0], [0.0, 0.0]]
    """
    away = scores - scores.mean(axis=1, keepdims=True)
    deviation = away.std(axis=1, keepdims=True)
    return np.divide(away, deviation, out=np.zeros_like(away), where=deviation > 0)


def with_prior(
    scores: Array,
    psnr: Array,
    recordings: Sequence[str],
    weights: Sequence[float] = WEIGHTS,
) -> WithPrior:
    """Return a predictor's scores with the prior of the other recordings, for every seed.

    The weight has the least mean regret over the other recordings. For each of these the prior is
    the mean over the rest, so that no recording is judged by a prior that knows it. Of equal
    weights the first counts. If there is one seed, it stays in.

    Args:
        scores: [s, p] of the predictor.
        psnr: [s, p, k] of fits in dB.
        recordings: [s] at least three different ones.
        weights: the candidates in dB.

    Example:
        >>> psnr = np.array([[[1.0], [2.0], [9.0]]] * 3)
        >>> with_prior(np.zeros((3, 3)), psnr, ["a", "b", "c"]).scores[0, :, 0].tolist()
        [-3.0, -2.0, 5.0]
    """
    names = sorted(set(recordings))
    place = np.array([names.index(recording) for recording in recordings])
    size = np.array(weights)[:, None]
    shifts = standardized(scores)
    total, chosen = np.empty(psnr.shape), np.empty((len(psnr), psnr.shape[2]))
    for seed in range(psnr.shape[2]):
        seeds = [k for k in range(psnr.shape[2]) if k != seed] or [seed]
        known = psnr[:, :, seeds].mean(axis=2)
        centered = known - known.mean(axis=1, keepdims=True)
        landscapes = _by_recording(centered, place, recordings)
        for out in range(len(names)):
            lost = np.zeros(len(weights))
            for signal in np.flatnonzero(place != out):
                others = np.delete(landscapes, [out, place[signal]], axis=0)
                candidates = others.mean(axis=0) + size * shifts[signal]
                regrets = known[signal].max() - known[signal][candidates.argmax(axis=1)]
                lost += regrets / (place == place[signal]).sum()
            prior = np.delete(landscapes, out, axis=0).mean(axis=0)
            for signal in np.flatnonzero(place == out):
                weight = weights[int(lost.argmin())]
                total[signal, :, seed] = prior + weight * shifts[signal]
                chosen[signal, seed] = weight
    return WithPrior(total, chosen)


def _by_recording(landscapes: Array, place: NDArray[np.int_], recordings: Sequence[str]) -> Array:
    """Return the mean landscape [r, p] of each recording."""
    of_recordings = np.zeros((place.max() + 1, landscapes.shape[1]))
    # The weights of a recording's signals sum to 1 / r.
    shares = recording_weights(recordings) * len(of_recordings)
    np.add.at(of_recordings, place, shares[:, None] * landscapes)
    return of_recordings
