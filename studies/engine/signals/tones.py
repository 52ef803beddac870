"""Generate sounds of three pure tones: the toy problem of Sec. 2.2 of the paper (Eqn. 5)."""

import numpy as np
from numpy.typing import NDArray

TONES = {"low_tones": (0.25, 0.5, 0.75), "high_tones": (0.85, 0.9, 0.95)}
"""The frequencies of each sound, as shares of Nyquist."""

AMPLITUDES = (1 / 7, 2 / 7, 4 / 7)


def tones(name: str, num_samples: int) -> NDArray[np.float64]:
    """Return the samples [n] of one of these sounds.

    Sample i is at t = i / n, in [0, 1) as in the paper, so that Nyquist is n / 2 periods.

    Args:
        name: A key of `TONES`.
        num_samples: n.

    Example:
        >>> tones("high_tones", 1024).shape
        (1024,)
    """
    periods = np.multiply(TONES[name], num_samples / 2)
    times = np.arange(num_samples) / num_samples
    return np.asarray(AMPLITUDES) @ np.sin(2 * np.pi * periods[:, None] * times)
