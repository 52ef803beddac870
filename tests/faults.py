"""The table of faults: what was injected, and what it cost."""

from collections.abc import Callable

import pytest

COLUMNS = ("fault", "injected", "recovered after (s)", "fits begun again")
found: list[tuple[str, ...]] = []


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    if found:
        terminalreporter.section("faults, as in benchmarks/RESULTS.md")
        for line in (COLUMNS, ("---",) * len(COLUMNS), *found):
            terminalreporter.write_line(f"| {' | '.join(line)} |")


@pytest.fixture
def record() -> Callable[..., None]:
    """A line of the table of faults."""

    def add(fault: str, injected: str, seconds: float | None, repeated: int | str) -> None:
        found.append((fault, injected, "" if seconds is None else f"{seconds:.0f}", str(repeated)))

    return add
