"""Add white noise to clean signals, so that a network can be asked to remove it."""

import dataclasses
import math

import numpy as np
from numpy.typing import NDArray

from inr_models.errors import InputError
from studies.engine.signals.measured import measured
from studies.engine.signals.signal import Signal


def deviation_for(values: NDArray[np.float32], snr_db: float) -> float:
    """Return the standard deviation of noise at a signal-to-noise ratio.

    The ratio is that of the mean squares. The signal's mean counts, as in psi.

    Args:
        values: The clean samples [n, c].
        snr_db: The ratio in dB.

    Example:
        >>> deviation_for(np.ones((4, 1), np.float32), 20.0)
        0.1
    """
    power = float(np.mean(np.square(values, dtype=np.float64)))
    return math.sqrt(power * 10 ** (-snr_db / 10))


def with_noise(clean: Signal, deviation: float, seed: int, label: str) -> Signal:
    """Return a signal with white Gaussian noise added, which knows nothing of the clean one.

    Every signal draws noise of its own, so that the noise of recordings is independent. Values
    may leave [-1, 1].

    Args:
        clean: The clean signal, with its samples.
        deviation: The standard deviation of the noise, in the units of the samples.
        seed: Seed of the noise.
        label: What the name of the noisy signal adds to that of the clean one.

    Raises:
        InputError: The deviation is not a positive finite number.
    """
    if not (math.isfinite(deviation) and deviation > 0):
        why = "give a noise of a positive finite deviation."
        raise InputError.of_value("out-of-range", "--sigma", deviation, why)
    assert clean.values is not None, "a clean signal is read with its samples"
    rng = np.random.default_rng([seed, int(clean.sha256[:8], 16)])
    noise = rng.standard_normal(clean.values.shape)
    values = (clean.values + deviation * noise).astype("<f4")
    name = f"{clean.name}{label}"
    return dataclasses.replace(clean, name=name, **measured(values, clean.shape))
