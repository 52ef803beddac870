"""Make the terminal's tables of `plan` and `status`, at most 80 columns wide."""

from collections.abc import Mapping, Sequence

from rich import box
from rich.console import Console
from rich.measure import Measurement
from rich.table import Table

from inr_models.shown import count
from studies.engine.outcomes.results import Progress, Results, statuses
from studies.engine.planning.run import Run
from studies.engine.signals.reading import signal_type
from studies.engine.signals.signal import Signal
from studies.engine.store.metrics import headline

ANY_WIDTH = 10_000
"""More columns than any table has."""


def plan_table(run: Run, signals: Sequence[Signal], progress: Mapping[str, Progress]) -> Table:
    """Return the table of `plan`: each signal, and the number of its fits that are to run."""
    table = _table(run.noun, "psi", "samples", "part of file", "from", "crop", "to run")
    for signal in signals:
        size = " x ".join(f"{num:,}" for num in signal.shape)
        start = f"{signal.crop_start:,}"
        if signal.sample_rate:
            start = f"{_seconds(signal.crop_start / signal.sample_rate)} s"
        table.add_row(
            signal.name,
            f"{signal.descriptors['psi']:.3f}",
            size,
            _part(signal),
            start,
            signal.crop,
            str(progress[signal.sha256].missing),
        )
    return table


def _part(signal: Signal) -> str:
    """Return how much of its file a signal is: "0.68 of 4.20 s", or "all"."""
    if signal.num_samples >= signal.file_samples:
        return "all"
    if not signal.sample_rate:
        return f"{signal.num_samples:,} of {signal.file_samples:,}"
    seconds = [num / signal.sample_rate for num in (signal.num_samples, signal.file_samples)]
    return f"{' of '.join(map(_seconds, seconds))} s"


def _seconds(seconds: float) -> str:
    return f"{seconds:.2f}" if seconds < 100 else f"{seconds:,.0f}"


def part_sentence(run: Run, signals: Sequence[Signal]) -> str:
    """Return which part of the files is fitted, in words. "" where all of them are whole."""
    parts = [s for s in signals if s.sample_rate and s.num_samples < s.file_samples]
    if not parts:
        return ""
    samples = _range([s.num_samples for s in parts], "{:,.0f}")
    fitted = _range([s.num_samples / (s.sample_rate or 1) for s in parts], "{:.2f}")
    whole = _range([s.file_samples / (s.sample_rate or 1) for s in parts], "{:,.1f}")
    sentence = f"{count(len(parts), run.noun)} fitted in part: {samples} samples, {fitted} s of "
    sentence += f"{whole} s."
    if "crop" in signal_type(run.media).options:
        sentence += " See --crop and --max-samples."
    return sentence


def _range(values: Sequence[float], form: str) -> str:
    """Return the least and the largest value, or one where they are the same."""
    texts = dict.fromkeys(form.format(value) for value in (min(values), max(values)))
    return " to ".join(texts)


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


def print_table(console: Console, table: Table) -> None:
    """Print a table in the width of the window, and say so if the window cuts names."""
    console.print(table)
    whole = Measurement.get(console, console.options.update(max_width=ANY_WIDTH), table).maximum
    if whole > console.width:
        console.print(
            f"Names that end in \u2026 are cut: a window of {whole} columns shows them whole."
        )


def _table(first: str, *others: str) -> Table:
    """Return a table of these columns. The first one has names, the others have numbers."""
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False)
    table.add_column(first, overflow="ellipsis")  # it may wrap, so that numbers stay whole
    for name in others:
        table.add_column(name, justify="right", no_wrap=True)
    return table
