"""Say what a reader of a run's numbers must know of its signals."""

from collections.abc import Sequence

from inr_models.shown import count
from studies.engine.planning.run import Run
from studies.engine.signals.reading import signal_type
from studies.engine.signals.signal import Signal
from studies.engine.store.dead import DEAD_WITHIN_DB

MOST_NAMES = 8
"""The most signals that a note names."""


def notes_on(run: Run, signals: Sequence[Signal]) -> list[str]:
    """Return what the run says of its files, and what the means of its signals do to it.

    The mean of a signal is large if the best constant scores more than `DEAD_WITHIN_DB` above zero
    output. It is not known if an earlier version stored the signal.

    Args:
        run: The run.
        signals: Its signals.
    """
    large, unknown = [], []
    for signal in signals:
        if signal.psnr_constant is None:
            unknown.append(signal.name)
        elif (gain := signal.psnr_constant - signal.psnr_zero) > DEAD_WITHIN_DB:
            large.append(f"{signal.name} (+{gain:.1f} dB)")
    notes = list(run.notes)
    # A distance is not shifted by the mean, and no rule takes psi from it.
    if large and not signal_type(run.media).by_distance:
        notes.append(
            f"{_listed(run, large)}: the best constant scores this much more than zero output. "
            f"Fits less than {DEAD_WITHIN_DB:g} dB above it are dead, and the mean lowers psi. See "
            '"Best constant" in docs/glossary.md.'
        )
    if unknown:
        notes.append(
            f"{_listed(run, unknown)}: the score of the best constant is not known, because an "
            "earlier version stored the signal. So fits count as dead by zero output alone. `run` "
            "with the same flags adds the score."
        )
    return notes


def _listed(run: Run, names: Sequence[str]) -> str:
    """Return the number of signals and the names of the first."""
    more = len(names) - MOST_NAMES
    listed = [*names[:MOST_NAMES], *([f"{more:,} more"] if more > 0 else [])]
    return f"{count(len(names), run.noun)}, {', '.join(listed)}"
