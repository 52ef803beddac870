"""Make the terminal's tables of `plan` and `status`, at most 80 columns wide."""

from collections.abc import Mapping, Sequence

from rich import box
from rich.table import Table

from studies.engine.outcomes.results import Progress, Results, statuses
from studies.engine.planning.run import Run
from studies.engine.signals.reading import signal_type
from studies.engine.signals.signal import Signal
from studies.engine.store.metrics import headline


def plan_table(run: Run, signals: Sequence[Signal], progress: Mapping[str, Progress]) -> Table:
    """Return the table of `plan`: each signal, and the number of its fits that are to run."""
    last = "Hz" if any(signal.sample_rate for signal in signals) else "size"
    table = _table(run.noun, "psi", "samples", "crop", "from", last, "to run")
    for signal in signals:
        if signal.sample_rate is None:
            size = " x ".join(map(str, signal.shape))
        else:
            size = f"{signal.sample_rate:,.0f}"
        table.add_row(
            signal.name,
            f"{signal.descriptors['psi']:.4f}",
            f"{signal.num_samples:,}",
            signal.crop,
            f"{signal.crop_start:,}",
            size,
            str(progress[signal.sha256].missing),
        )
    return table


def status_table(results: Results) -> Table:
    """Return the table of `status`: how many fits of each signal are done, and how they ended."""
    counted = {"dead": "dead", "diverged": "div.", "partial": "part.", "failed": "failed"}
    if signal_type(results.run.media).by_distance:
        counted = {"empty": "empty"} | counted
    table = _table(results.run.noun, "done", "of", *counted.values(), "best so far")
    for state in results.states:
        progress = results.progress[state.signal.sha256]
        peaks = [headline(row) for row in state.rows.values() if row["status"] == "ok"]
        numbers = statuses(state)
        table.add_row(
            state.signal.name,
            str(progress.done),
            str(progress.done + progress.missing),
            *(str(numbers[name]) for name in counted),
            f"{max(peaks):.1f} dB" if peaks else "-",
        )
    return table


def _table(first: str, *others: str) -> Table:
    """Return a table of these columns. The first one has names, the others have numbers."""
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False)
    table.add_column(first, no_wrap=True)
    for name in others:
        table.add_column(name, justify="right", no_wrap=True)
    return table
