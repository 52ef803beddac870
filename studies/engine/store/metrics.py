"""Define the scores of a fit that the store keeps, one column each, and which is the headline.

A new metric is one line in `METRICS`, and the function that computes it.
"""

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from inr_models.fitting.metrics import psnr_db
from studies.engine.signals.signal import Signal

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from inr_models import FitResult


@dataclass(frozen=True)
class Scored:
    """What a metric may use of a fit.

    Args:
        signal: The signal, with its samples [n, c] in `values`.
        result: What the fit reached.
        best_output: Computes the output [n, c] of the best weights. It costs a forward pass.
    """

    signal: Signal
    result: "FitResult"
    best_output: "Callable[[], NDArray[np.float32]]"


@dataclass(frozen=True)
class Metric:
    """A score of a fit.

    Args:
        name: Name of the score. Its column is `metric_` and this name.
        unit: Unit of the column.
        meaning: Meaning of the column.
        compute: Returns the score of a fit, NaN if it has none.
    """

    name: str
    unit: str
    meaning: str
    compute: Callable[[Scored], float]

    @property
    def column(self) -> str:
        """Name of the column in the table of fits."""
        return f"metric_{self.name}"


PSNR_PEAK = Metric(
    "psnr_peak",
    "dB",
    "best PSNR over epochs, of the fitted samples, in a blind fit of those held out; null if none",
    lambda fit: fit.result.psnr_peak,
)

PSNR_HELD_OUT = Metric(
    "psnr_held_out",
    "dB",
    "PSNR at the peak over the samples that are held out; null if none are",
    lambda fit: float(psnr_db(fit.result.best_errors.get("held_out_mse", math.nan))),
)
"""The score of the samples that are held out."""

METRICS: list[Metric] = [
    PSNR_PEAK,
    Metric(
        "psnr_final",
        "dB",
        "PSNR after the last update; null if diverged",
        lambda fit: fit.result.psnr_final,
    ),
    Metric(
        "mse",
        "",
        "mean squared error at the peak, of the same samples",
        lambda fit: fit.result.mse_best,
    ),
    PSNR_HELD_OUT,
]
"""The scores of every fit that ended, in the order of their columns."""

HEADLINE = PSNR_PEAK
"""The score by which fits are compared, optima are chosen and regret is measured.

Everything that compares fits takes its higher values as better.
"""

ZERO_OUTPUT = "metric_psnr_zero"
"""The column with the headline of an all-zero output, which follows from the signal alone."""

BEST_CONSTANT = "metric_psnr_constant"
"""The column with the headline of the best constant output, which follows from the signal alone.

Earlier versions did not write it, so it is null in their rows.
"""

BAND_LIMIT = "metric_psnr_band_limit"
"""The column with the PSNR that a band-limited interpolation of the fitted samples can reach."""


def scores(fit: Scored) -> dict[str, float | None]:
    """Return every metric of a fit by column, None if the fit has no such score."""
    computed = {metric.column: metric.compute(fit) for metric in METRICS}
    return {column: None if math.isnan(score) else score for column, score in computed.items()}


def headline(row: Mapping[str, Any]) -> float:
    """Return the score by which a fit is compared with others.

    >>> headline({"metric_psnr_peak": 31.5})
    31.5

    Args:
        row: A row of the table of fits. A failed fit has no score, so its row gives None.
    """
    return row[HEADLINE.column]
