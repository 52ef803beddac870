"""Show in the terminal how fits proceed, and what was left out."""

import math
import time
from collections.abc import Iterable, Sequence

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn
from rich.text import Text

from inr_models.shown import shown
from studies.engine.outcomes.notes import notes_on
from studies.engine.outcomes.results import Results
from studies.engine.planning.run import Run, Skipped
from studies.engine.signals.signal import Signal
from studies.engine.store.metrics import headline
from studies.engine.store.rows import Row

PLAIN_EVERY_SECONDS = 15.0


class FitProgress(Progress):
    """Shows a live line in a terminal. Elsewhere it prints a plain line every 15 s.

    Args:
        console: Where the progress is printed.
        total: Number of fits to run.
        seconds_left: The expected time until all are done, in s.
    """

    def __init__(self, console: Console, total: int, seconds_left: float) -> None:
        super().__init__(
            TextColumn("fits"),
            BarColumn(bar_width=20),
            MofNCompleteColumn(),
            TextColumn("{task.description}", markup=False),
            console=console,
            transient=True,
            disable=not console.is_terminal,
        )
        self.expected, self.num_done = total, 0
        self.best = (float("-inf"), "")
        self.started = self.printed = time.monotonic()
        self.fits = self.add_task(f"{duration(seconds_left)} left", total=total)

    def on_row(self, row: Row) -> None:
        """Count one fit that has its row."""
        self.num_done += 1
        total = max(self.expected, self.num_done)
        if row["status"] == "ok":
            self.best = max(self.best, (headline(row), row["signal"]))
        psnr, signal = self.best
        best = f"best {psnr:.1f} dB {signal[:18]}, " if signal else ""
        now = time.monotonic()
        seconds_left = (now - self.started) / self.num_done * (total - self.num_done)
        text = f"{best}{duration(seconds_left)} left"
        self.update(self.fits, completed=self.num_done, total=total, description=text)
        is_due = now - self.printed >= PLAIN_EVERY_SECONDS or self.num_done == self.expected
        if is_due and not self.console.is_terminal:
            self.printed = now
            self.console.print(f"fits {self.num_done}/{total} {text}", highlight=False)


def duration(seconds: float) -> str:
    """Return seconds in the largest unit that keeps about two digits.

    Example:
        >>> duration(45), duration(700), duration(12_000)
        ('45 s', '12 min', '3.3 h')
    """
    for limit, unit, size in ((100, "s", 1), (6000, "min", 60), (172_800, "h", 3600)):
        if seconds < limit:
            value = seconds / size
            return f"{value:.1f} {unit}" if unit == "h" else f"{math.ceil(value)} {unit}"
    return f"{seconds / 86_400:,.0f} days"


def end(console: Console, skipped: Sequence[Skipped], failed: Sequence[str] = ()) -> int:
    """Print what was left out.

    Args:
        console: Where it is printed.
        skipped: The files that were skipped.
        failed: A sentence for each fit that failed.

    Returns:
        The exit code: 3 if anything was left out, else 0.
    """
    say(console, "skipped", skipped)
    say(console, "failed", dict.fromkeys(failed))
    return 3 if skipped or failed else 0


def say(console: Console, word: str, sentences: Iterable[object]) -> None:
    """Print sentences, each after a coloured word.

    Args:
        console: Where they are printed.
        word: What kind of sentences they are: "note", "skipped".
        sentences: The sentences. They are made fit to be shown.
    """
    for sentence in sentences:
        console.print(Text.assemble((word, "yellow"), " ", shown(str(sentence))), soft_wrap=True)


def say_outcome_notes(console: Console, results: Results) -> None:
    """Print what the kind of study says of the results of its signals."""
    for state in results.states:
        say(console, "note", results.run.question.notes(state))


def say_notes(console: Console, run: Run, signals: Sequence[Signal]) -> None:
    """Print what a reader of a run's numbers must know of its signals."""
    say(console, "note", notes_on(run, signals))
