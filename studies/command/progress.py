"""Show in the terminal how fits proceed, and what was left out."""

import math
import time
from collections.abc import Iterable, Sequence
from types import TracebackType
from typing import Self

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TaskID, TextColumn
from rich.text import Text

from inr_models.shown import shown
from studies.engine.outcomes.notes import notes_on
from studies.engine.planning.run import Run
from studies.engine.signals.signal import Signal
from studies.engine.store.metrics import headline
from studies.engine.store.rows import Row

PLAIN_EVERY_SECONDS = 15.0


class FitProgress:
    """A live line in a terminal, or plain lines every 15 s where output goes to a file.

    Args:
        console: Where the progress is printed.
        total: Number of fits to run.
        seconds_left: The expected time until all are done, in s.
    """

    def __init__(self, console: Console, total: int, seconds_left: float) -> None:
        self.console, self.total, self.done = console, total, 0
        self.expected = total
        self.estimate = seconds_left
        self.best = (float("-inf"), "")
        self.started = self.printed = time.monotonic()
        self.live = Progress(
            TextColumn("fits"),
            BarColumn(bar_width=20),
            MofNCompleteColumn(),
            TextColumn("{task.description}", markup=False),
            console=console,
            transient=True,
            disable=not console.is_terminal,
        )
        self.task: TaskID = self.live.add_task(self._text(), total=total)

    def __enter__(self) -> Self:
        self.live.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.live.stop()

    def on_row(self, row: Row) -> None:
        """Count one fit that has its row."""
        self.done += 1
        self.total = max(self.total, self.done)
        if row["status"] == "ok":
            self.best = max(self.best, (headline(row), row["signal"]))
        self.live.update(self.task, completed=self.done, total=self.total, description=self._text())
        now = time.monotonic()
        if not self.console.is_terminal and (
            now - self.printed >= PLAIN_EVERY_SECONDS or self.done == self.expected
        ):
            self.printed = now
            self.console.print(f"fits {self.done}/{self.total} {self._text()}", highlight=False)

    def _text(self) -> str:
        best = f"best {self.best[0]:.1f} dB {self.best[1][:18]}, " if self.best[1] else ""
        return f"{best}{duration(self._seconds_left())} left"

    def _seconds_left(self) -> float:
        if not self.done:
            return self.estimate
        return (time.monotonic() - self.started) / self.done * (self.total - self.done)


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


def end(console: Console, skipped: Sequence[str], failed: Sequence[str]) -> int:
    """Print what was left out. Return the exit code: 3 if anything was, else 0."""
    say(console, "skipped", skipped)
    say(console, "failed", dict.fromkeys(failed))
    return 3 if skipped or failed else 0


def say(console: Console, word: str, sentences: Iterable[str]) -> None:
    """Print sentences, each after a coloured word."""
    for sentence in sentences:
        console.print(Text.assemble((word, "yellow"), " ", shown(sentence)), soft_wrap=True)


def say_notes(console: Console, run: Run, signals: Sequence[Signal]) -> None:
    """Print what a reader of a run's numbers must know of its signals."""
    say(console, "note", notes_on(run, signals))
