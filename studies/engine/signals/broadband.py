"""Generate broadband sounds with less and less low-frequency content (paper, Fig. 1).

The paper does not say how its signals were made. Here the magnitude of the spectrum is 1/f from a
cutoff on, and nothing lies below it:

    |X(f)| = 1/f for f >= cutoff, else 0;   f as a share of Nyquist

Phases are random. S1 has all frequencies, so most of its energy lies in the lowest ones.
"""

import numpy as np
from numpy.typing import NDArray

CUTOFFS = {
    "S1": 0.0, "S2": 0.005, "S3": 0.02, "S4": 0.08, "S5": 0.25, "S6": 0.4, "S7": 0.55, "S8": 0.7,
}  # fmt: skip
"""The cutoff of each sound, as a share of Nyquist.

At the small scale, plain SIREN fits the first four worse and worse, and none of the others
(`studies/bottleneck.py run --scale small`).
"""

SEED = 0


def broadband(name: str, num_samples: int) -> NDArray[np.float64]:
    """Return the samples [n] of one of these sounds, with a largest magnitude of 1.

    All have the same phases, so that they differ in their cutoff alone.

    Args:
        name: A key of `CUTOFFS`.
        num_samples: n.

    Example:
        >>> broadband("S5", 1024).shape
        (1024,)
    """
    shares = 2 * np.fft.rfftfreq(num_samples)
    magnitudes = np.zeros_like(shares)
    inside = (shares >= CUTOFFS[name]) & (shares > 0)
    magnitudes[inside] = 1 / shares[inside]
    phases = 2 * np.pi * np.random.default_rng(SEED).random(len(shares))
    samples = np.fft.irfft(magnitudes * np.exp(1j * phases), num_samples)
    return samples / np.abs(samples).max()
