"""Fill the gaps of a series with what a network puts there."""

import numpy as np
import pandas as pd

from analysis.grid.summary import Summary
from studies.engine.outcomes.signal_state import SignalState
from studies.engine.store.store import Store, output_path, target_path


def filled_series(
    state: SignalState, summary: Summary, store: Store, seed: int
) -> pd.DataFrame | None:
    """Return a series with its gaps filled by the best cell, in the units of its file.

    The columns are `value` and `is_filled`. A row is a sample of the crop.

    Args:
        state: The series.
        summary: What the grid says of it.
        store: The results.
        seed: The scoring seed whose output was stored.

    Returns:
        The table. None if the series has no gap, or no output is stored.
    """
    samples = store.read_array(target_path(state.signal.sha256))
    if summary.best is None or samples is None or not np.isnan(samples).any():
        return None
    output = store.read_array(output_path(state.trial(summary.best.point, seed).key))
    if output is None or output.shape != samples.shape:
        return None
    is_filled = np.isnan(samples[:, 0])
    scaled = np.where(is_filled, output[:, 0], samples[:, 0]).astype(np.float64)
    values = scaled * state.signal.peak + state.signal.offset
    return pd.DataFrame({"value": values, "is_filled": is_filled})
