"""Judge which fits are dead, whenever they were stored.

Earlier versions wrote rows without the score of the best constant, and compared a fit with zero
output alone. Such a row is judged again whenever the store is read, if the table of signals has the
score of the best constant. If it does not, the row keeps the status that it was written with. No
file is changed.
"""

# pyarrow.compute creates its functions at import, so pyright does not know them.
# pyright: reportAttributeAccessIssue=false

from collections.abc import Callable

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import ArrayLike, NDArray

from studies.engine.store.metrics import BEST_CONSTANT, HEADLINE, ZERO_OUTPUT

DEAD_WITHIN_DB = 1.0
"""A fit that is less than this above what needs no network is dead."""

JUDGED_BY = ("sha256", "status", HEADLINE.column, ZERO_OUTPUT, BEST_CONSTANT)
"""The columns that `judged` reads."""


def is_dead(
    peak: ArrayLike, zero: ArrayLike | None, constant: ArrayLike | None
) -> NDArray[np.bool_]:
    """Return whether fits learned nothing: whether a fixed output is as good.

    A fit is dead if its peak is less than `DEAD_WITHIN_DB` above the better of zero output and the
    best constant. A fit below them is dead too. All scores are in dB. None or NaN stands for a
    score that is not known. A peak that is not known is not dead.

    >>> bool(is_dead(28.7, zero=1.3, constant=28.7))
    True

    Args:
        peak: The headline score of each fit.
        zero: The score of an all-zero output.
        constant: The score of the best constant output.
    """
    peaks, zeros, constants = (
        np.asarray(score, dtype=np.float64) for score in (peak, zero, constant)
    )
    # `fmax` ignores NaN.
    return peaks - np.fmax(zeros, constants) < DEAD_WITHIN_DB


def judged(fits: pa.Table, signals: Callable[[], pa.Table]) -> pa.Table:
    """Return fits with the best constant's score and the status of rows of earlier versions.

    A row is changed if it lacks the score of the best constant and the table of signals has it.
    Then `ok` becomes `dead` where `is_dead` says so.

    Args:
        fits: Rows of fits, with the columns `JUDGED_BY`.
        signals: Returns the table of signals. It is called only if a row lacks the score.
    """
    if not fits[BEST_CONSTANT].null_count:
        return fits
    known = signals().select(["sha256", "psnr_constant"]).drop_null().combine_chunks()
    if not known.num_rows:
        return fits
    of_signal = known["psnr_constant"].take(pc.index_in(fits["sha256"], known["sha256"]))
    constant = pc.coalesce(fits[BEST_CONSTANT], of_signal)
    is_old = pc.and_(pc.is_null(fits[BEST_CONSTANT]), pc.equal(fits["status"], "ok"))
    peak, zero = (fits[name].to_numpy() for name in (HEADLINE.column, ZERO_OUTPUT))
    dead = pa.array(is_dead(peak, zero, constant.to_numpy()))
    status = pc.if_else(pc.and_(is_old, dead), "dead", fits["status"])
    for name, column in ((BEST_CONSTANT, constant), ("status", status)):
        fits = fits.set_column(fits.schema.get_field_index(name), fits.schema.field(name), column)
    return fits
