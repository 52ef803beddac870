"""Measure the samples of a signal: all fields of a `Signal` that follow from them."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from inr_models.fitting.metrics import psnr_of_constant_db, psnr_of_zero_db
from inr_models.shown import shown
from search_spaces.descriptors import describe
from search_spaces.descriptors.bands import bands
from studies.engine.signals.signal import is_present, sha256_of


def measured(
    values: NDArray[np.float32], shape: tuple[int, ...], complete: NDArray | None = None
) -> dict[str, Any]:
    """Return the fields of a `Signal` that its samples decide, by name.

    Args:
        values: The samples [n, c], NaN in gaps.
        shape: Samples along each axis.
        complete: The samples [n] of a series without its gaps. None if it has none.

    Example:
        >>> fields = measured(np.array([[0.5], [-1.0], [0.25]] * 100, np.float32), (300,))
        >>> fields["channels"], round(fields["psnr_zero"], 2)
        (1, 3.59)
    """
    present = values if complete is None else values[is_present(values)]
    samples = complete
    if samples is None:
        samples = values[:, 0] if len(shape) == 1 else values.reshape(*shape, -1)
    return {
        "sha256": sha256_of(values, shape),
        "shape": shape,
        "channels": values.shape[1],
        "psnr_zero": psnr_of_zero_db(present),
        "psnr_constant": psnr_of_constant_db(present),
        "descriptors": describe(samples),
        "bands": bands(samples),
        "values": values,
    }


def notes_about(source: object, notes: list[str]) -> tuple[str, ...]:
    """Return notes as sentences that begin with the file.

    >>> notes_about("a.wav", ["it was cut short"])
    ('a.wav: it was cut short.',)
    """
    return tuple(f"{shown(str(source))}: {note}." for note in notes)
