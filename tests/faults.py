"""The table of faults: what was injected, and what it cost."""

from collections.abc import Callable

import pytest

COLUMNS = ("fault", "injected", "recovered after (s)", "fits begun again")
recorded: list[tuple[str, ...]] = []


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    if recorded:
        terminalreporter.section("faults, as in benchmarks/RESULTS.md")
        for line in (COLUMNS, ("---",) * len(COLUMNS), *recorded):
            terminalreporter.write_line(f"| {' | '.join(line)} |")


@pytest.fixture
def record() -> Callable[..., None]:
    """A line of the table of faults."""

    def add(fault: str, injected: str, seconds: float | None, repeated: int | str) -> None:
        after = "" if seconds is None else f"{seconds:.0f}"
        recorded.append((fault, injected, after, str(repeated)))

    return add
