"""Tables take the window that they have, and say what it cuts."""

import io

import pytest
from rich.console import Console
from rich.table import Table

from analysis.reporting.tables import wide_table
from studies.command.tables import print_table

LONG = "a_recording_with_a_very_long_name_of_more_than_eighty_characters_in_one_column_x" * 2


NUMBERS = ["0.513", *(f"{number}.25" for number in range(8))]


def printed(table: Table, width: int) -> list[str]:
    console = Console(file=io.StringIO(), width=width, force_terminal=False)
    print_table(console, table)
    assert isinstance(console.file, io.StringIO)
    return console.file.getvalue().splitlines()


def named(name: str) -> Table:
    table = wide_table("caption", named="clip", numbers=["psi", *"abcdefgh"])
    table.add_row(name, *NUMBERS)
    return table


@pytest.mark.parametrize(("width", "is_whole"), [(80, False), (240, True)])
def test_a_name_is_whole_in_a_window_that_has_room_for_it(width, is_whole):
    lines = printed(named(LONG), width)
    assert any(LONG in line for line in lines) == is_whole
    assert any("\u2026" in line for line in lines) != is_whole
    assert any(line.startswith("Names") for line in lines) != is_whole
    assert max(map(len, lines)) <= width


@pytest.mark.parametrize(
    "name", [LONG, "a recording of a bird at dawn", "esc50_crickets_1-7456-A-13"]
)
def test_a_long_name_takes_no_room_from_the_numbers(name):
    (row,) = [line for line in printed(named(name), 60) if NUMBERS[0] in line]
    assert row.split()[-len(NUMBERS) :] == NUMBERS


def test_a_short_table_has_80_columns_in_any_window():
    widths = {max(map(len, printed(named("clip"), width))) for width in (80, 200)}
    assert widths == {80}
